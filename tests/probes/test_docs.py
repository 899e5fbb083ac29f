"""What a probe can say is documented."""

import json
import re
from pathlib import Path

import pytest
from typer import Typer
from typer.main import get_command

from prober.cli.probe import probe
from prober.core.model import Outcome, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions
from prober.probes import KINDS, kind
from prober.probes.reach import ReachOptions
from tests.probes.scene import probed
from tests.wire.hostile import answers, serving

COMMON = {*CheckOptions.model_fields, *ReachOptions.model_fields}
PAGE = (Path(__file__).parents[2] / "docs" / "probes.md").read_text()


def section(name: str) -> str:
    """What the page says of that kind."""
    found = re.search(rf"^## Kind `{name}`$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/probes.md has no section for {name}"
    return found[1]


def test_every_kind_has_its_section() -> None:
    assert re.findall(r"^## Kind `(\w+)`$", PAGE, re.MULTILINE) == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_every_key_of_every_kind_has_its_row(name: str) -> None:
    own = [key for key in kind(name).options.model_fields if key not in COMMON]
    assert re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE) == own


@pytest.mark.parametrize("name", KINDS)
def test_every_default_is_told_as_it_is(name: str) -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| `([^`|]+)` \|", section(name), re.MULTILINE))
    own = {key: field for key, field in kind(name).options.model_fields.items() if key not in COMMON}
    has_default = {key: field.default for key, field in own.items() if not field.is_required()}
    defaults = {key: json.dumps(value) for key, value in has_default.items() if value is not None}
    assert defaults
    assert {key: told.get(key) for key in defaults} == defaults


def test_what_all_that_connect_have_in_common_has_its_rows() -> None:
    own = [key for key in ReachOptions.model_fields if key not in CheckOptions.model_fields]
    names = PAGE.partition("## Looking up names")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \| `[^`]+` \| ", names, re.MULTILINE) == own


def test_every_option_of_the_command_has_its_row() -> None:
    app = Typer()
    app.command()(probe)
    options = [word for parameter in get_command(app).params for word in parameter.opts if word.startswith("--")]
    documented = re.findall(r"^\| `(--\w+)", PAGE, re.MULTILINE)
    assert documented == [word for word in options if not word.endswith("-completion")]


def test_every_reason_has_its_row_with_its_owner() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (target|self|config) \|", PAGE, re.MULTILINE)
    assert rows == [(reason.value, reason.owner.value) for reason in Reason]


def test_every_outcome_and_phase_has_its_row() -> None:
    assert [word for word in (*Outcome, *Phase) if f"\n| `{word}` |" not in PAGE] == []


@pytest.mark.anyio
async def test_every_fact_is_named() -> None:
    async with serving(answers(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        seen = await probed("http", url=f"http://127.0.0.1:{port}/")
    assert [
        name for name in (*seen.facts, "tls_version", "tls_cipher", "cert_expiry_s") if f"`{name}`" not in PAGE
    ] == []
