"""The `up` format, field by field."""

import json
from typing import Any

import pytest

from prober.core.model import Impact, IncidentStatus, Indicator, MaintenanceStatus, Status
from prober.notifiers import up_format
from prober.notifiers.up_format import payload
from tests.notifiers.parcels import PARCELS

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
