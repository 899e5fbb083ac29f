"""The `up` format, field by field. `RENEW_GOLDEN=1` writes the golden answers anew, to be reviewed as a diff."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from prober.core.model import Impact, IncidentStatus, Indicator, MaintenanceStatus, NoticeReason, Status
from prober.notifiers import up_format
from prober.notifiers.up_format import payload
from tests.notifiers.parcels import OPEN, PARCELS, parcel

GOLDEN = Path(__file__).parent / "golden" / "up"


@pytest.mark.parametrize("name", PARCELS)
def test_the_bodies_are_as_written_down(name: str) -> None:
    body = json.dumps(json.loads(payload(PARCELS[name])), indent=2, ensure_ascii=False) + "\n"
    golden = GOLDEN / f"{name}.json"
    if os.environ.get("RENEW_GOLDEN"):
        golden.write_text(body)
    assert body == golden.read_text()


PUBLISHED: dict[str, dict[str, Any]] = {
    "incident_opened": {
        "meta": ["unsubscribe", "documentation"],
        "page": ["id", "status_indicator", "status_description", "url"],
        "incident": [
            *("backfilled", "created_at", "impact", "name", "resolved_at", "status", "updated_at", "id", "url"),
            "incident_updates",
        ],
        "incident.incident_updates": ["id", "incident_id", "body", "status", "created_at", "updated_at"],
    },
    "maintenance_started": {
        "maintenance": [
            *("backfilled", "created_at", "impact", "name", "resolved_at", "status", "updated_at", "id", "url"),
            *("duration", "maintenance_updates"),
        ],
        "maintenance.maintenance_updates": ["id", "maintenance_id", "body", "status", "created_at", "updated_at"],
    },
    "component": {
        "component_update": ["created_at", "new_status", "component_id"],
        "component": ["created_at", "id", "name", "status"],
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_key_is_there_and_in_its_order(name: str) -> None:
    body = json.loads(payload(PARCELS[name]))
    for path, keys in PUBLISHED[name].items():
        found = body
        for part in path.split("."):
            found = found[part]
        for entry in found if isinstance(found, list) else [found]:
            assert [key for key in entry if key in keys] == keys


@pytest.mark.parametrize("name", PARCELS)
def test_the_bytes_are_those_of_stringify(name: str) -> None:
    body = payload(PARCELS[name])
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    without_texts = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', body)
    assert not re.search(rb"[\s.]", without_texts)


def test_a_repeated_attempt_sends_the_same_bytes() -> None:
    first, third = (parcel(NoticeReason.OPENED, attempt=n, incident=OPEN) for n in (1, 3))
    assert payload(first) == payload(third)


def test_a_component_that_is_no_longer_configured_is_named_by_its_id() -> None:
    orphan = PARCELS["component"]._replace(components={})
    assert json.loads(payload(orphan))["component"]["name"] == "shop"


def test_every_word_of_ours_has_a_word_of_the_format() -> None:
    tables = {
        Indicator: "PAGE",
        Status: "COMPONENT",
        Impact: "IMPACT",
        IncidentStatus: "INCIDENT",
        MaintenanceStatus: "MAINTENANCE",
    }
    for ours, table in tables.items():
        assert set(getattr(up_format, table)) == set(ours)
