"""The schema for editors takes what the daemon takes, and knows the names, choices and ranges."""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from prober.config.schema import config_schema
from tests.config.kinds import Pager, Ping

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "config.schema.json").read_text())
START = '[checks.shop]\nkind = "tcp"\nhost = "shop"\nport = 80\n'


def refusals(text: str, schema: dict[str, Any] = SCHEMA) -> list[str]:
    data = json.loads(json.dumps(tomllib.loads(text), default=_moment))
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(data)]


def _moment(value: datetime) -> str:
    return value.isoformat()


@pytest.mark.parametrize("file", ["config.example.toml", "prober/demo/demo.toml"])
def test_a_good_file_is_good(file: str) -> None:
    assert refusals((ROOT / file).read_text()) == []


GOOD = [
    'host = {file = "name"}',
    'interval = "${EVERY}"',
    "degraded_over = {credential = 'x'}",
    "retry_interval = '1h30m'",
]
BAD = ["intervall = '5s'", "interval = '5 s'", "interval = 5", "failures = 0", "vouches_for = 'us'", "url = 'http://x'"]


@pytest.mark.parametrize("line", GOOD)
def test_what_may_stand_there_is_taken(line: str) -> None:
    assert refusals(START.replace('host = "shop"\n', "" if "host" in line else 'host = "shop"\n') + line) == []


@pytest.mark.parametrize("line", BAD)
def test_what_may_not_is_refused(line: str) -> None:
    assert len(refusals(START + line)) == 1


def test_tables_and_kinds_are_known() -> None:
    assert len(refusals("[checkz.a]")) == 1
    assert len(refusals("[checks.a]\nkind = 'tpc'")) == 1
    assert len(refusals(START.replace("port = 80\n", ""))) == 1


def test_it_is_made_of_the_models_of_the_kinds() -> None:
    made = config_schema({"checks": {"ping": Ping}, "channels": {"pager": Pager}})
    assert refusals('[checks.a]\nkind = "ping"\nhost = "a"\nport = 9', made) == []
    assert len(refusals('[checks.a]\nkind = "ping"\nhost = "a"\nport = 0', made)) == 1
