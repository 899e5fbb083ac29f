"""The served OpenAPI document against a real daemon: every answer is one that it describes, and none is a fault."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from statusapi.dialects.native_openapi import OPERATIONS, PREFIX, Operation
from tests.acceptance.scene import Daemon, alive, eventually, served

EXAMPLES = 20  # of each operation
KEY = "admin-secret-0123456789"
MORE = """
[components.job]
[checks.job]
kind = "tcp"
host = "127.0.0.1"
port = 9
[maintenance.upgrade]
name = "Upgrade"
site = "main"
components = ["job"]
start = 2026-01-01T00:00:00
zone = "UTC"
duration = "1h"
rrule = "FREQ=WEEKLY"
[alerts.all]
component = "job"
match = { alertname = "*" }
"""
PROMISES: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SETTINGS = {"checks": {"negative_data_rejection": {"expected-statuses": [400, 404, 409, 412, 413, 422]}}}
ENDING = [one for one in OPERATIONS if one.path != "/stream"]
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


class Scene:
    """A daemon with an incident, planned work, notices and a key, and its document."""

    def __init__(self, one: Daemon) -> None:
        self.one = one
        self.url = f"http://127.0.0.1:{one.public}"
        eventually(lambda: self.asked("get", "/incidents")["incidents"], "an incident")
        eventually(lambda: self.asked("get", "/notices")["notices"], "a notice")
        self.asked("post", "/components/job/pin", {"status": "degraded", "duration": "1h"})
        work = self.asked("post", "/maintenances", {"site": "main", "name": "Work", "duration": "1h"})
        key = self.asked("post", "/keys", {"name": "reader", "scope": "read"})
        notice = self.asked("get", "/notices")["notices"][0]
        self.there = {
            "checks": ["shop", "job"],
            "components": ["shop", "job"],
            "incidents": [incident["num"] for incident in self.asked("get", "/incidents")["incidents"]],
            "maintenances": ["upgrade", work["id"]],
            "channels": ["ops"],
            "notices": [notice["id"]],
            "keys": [key["id"]],
            "subscribers": [],  # who has confirmed a mail: none here
        }

    def schema(self, *, is_known: bool) -> OpenApiSchema:
        """What it serves. is_known: with what there is in place of everything that there may be."""
        document = self.asked("get", "/openapi.json")
        for operation in (one for methods in document["paths"].values() for one in methods.values()):
            operation["responses"] = closed(operation["responses"])
        del document["security"]  # the key is always right: what comes of others is asked elsewhere
        document = known(document, self.there) if is_known else document
        found = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(SETTINGS))
        found.config.update(base_url=self.url)
        return found

    def asked(self, method: str, path: str, fields: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}{PREFIX}{path}",
            method=method.upper(),
            data=None if fields is None else json.dumps(fields).encode(),
            headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def closed(schema: Any) -> Any:
    """What is answered, but nothing may be there that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    return (
        {"additionalProperties": False, **found} if found.get("type") == "object" and "properties" in found else found
    )


def known(document: Any, there: dict[str, list[Any]]) -> Any:
    """The same, asking for what there is: things, moments around now, durations."""
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for one in operation["parameters"]:
                named = there[path.removeprefix(PREFIX).split("/")[1]] if one["in"] == "path" else []
                one["schema"] = {"enum": named} if named else plausible(one["schema"])
            for body in operation.get("requestBody", {}).get("content", {}).values():
                body["schema"] = plausible(body["schema"])
    document["components"]["schemas"] = plausible(document["components"]["schemas"])
    return document


def plausible(schema: Any) -> Any:
    if isinstance(schema, list):
        return [plausible(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "date-time":
        now = datetime.now(UTC)
        return {"enum": [(now + timedelta(minutes=minutes)).isoformat() for minutes in (-90, -1, 2, 30)]}
    if schema.get("examples") == ["30s", "1h30m"]:
        return {"enum": ["1ms", "1m", "2h"]}
    if schema.get("title") == "Site":
        return {"const": "main"}
    if schema.get("title") == "Components":
        return {"type": "array", "items": {"enum": ["shop", "job"]}, "maxItems": 2}
    return {key: plausible(value) for key, value in schema.items()}


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("openapi")
    with served() as target, served() as receiver:
        target.status = 503
        one = Daemon(folder, target.server_address[1], receiver.server_address[1])
        text = one.config.read_text().replace("[prober]", "[prober]\nrate_per_key = 0\nrate_per_address = 0")
        one.config.write_text(text + MORE)
        with alive(one):
            yield Scene(one)
            assert "Traceback" not in one.log()
            assert one.stop() == 0


@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE, None], ids=["described", "otherwise", "known"])
@pytest.mark.parametrize("operation", ENDING, ids=lambda it: f"{it.method} {it.path}")
def test_every_answer_is_described(it: Scene, operation: Operation, mode: GenerationMode | None) -> None:
    described = it.schema(is_known=mode is None)[PREFIX + operation.path][operation.method.upper()]
    strategy = described.as_strategy(generation_mode=mode or POSITIVE)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: schemathesis.Case[Any]) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {KEY}"}, timeout=10)
        case.validate_response(answer, checks=PROMISES)

    try:
        ask()
    except Unsatisfiable:
        assert mode is NEGATIVE  # it takes nothing that could be wrong
