"""The `statuspage` format has every field of the original, its words and its order."""

import json
from typing import Any

import pytest

from prober.core.model import IncidentStatus, MaintenanceStatus, Status
from prober.notifiers import statuspage_format
from prober.notifiers.statuspage_format import payload
from tests.builders import component
from tests.notifiers.parcels import PARCELS

KEYS = {
    "meta": "unsubscribe documentation generated_at",
    "page": "id status_indicator status_description",
    "incident": """name status created_at updated_at monitoring_at resolved_at impact shortlink postmortem_ignored
        postmortem_body postmortem_body_last_updated_at postmortem_published_at postmortem_notified_subscribers
        postmortem_notified_twitter backfilled scheduled_for scheduled_until scheduled_remind_prior
        scheduled_reminded_at impact_override scheduled_auto_in_progress scheduled_auto_completed id page_id
        incident_updates components""",
    "incident.incident_updates": """status body created_at wants_twitter_update twitter_updated_at updated_at
        display_at affected_components custom_tweet deliver_notifications id incident_id""",
    "incident.components": """status name created_at updated_at position description showcase id page_id group_id""",
    "component": """status name created_at updated_at position description showcase id page_id group_id""",
    "component_update": "old_status new_status created_at component_type id component_id",
}


def said(about: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(payload(PARCELS[about]))
    return body


@pytest.mark.parametrize("about", PARCELS)
def test_every_field_of_the_original_is_there(about: str) -> None:
    body = said(about)
    for path, keys in KEYS.items():
        found: Any = body
        for part in path.split("."):
            found = found.get(part, []) if isinstance(found, dict) else found
        for entry in found if isinstance(found, list) else [found]:
            assert set(keys.split()) <= entry.keys(), path


@pytest.mark.parametrize("about", PARCELS)
def test_what_is_missing_is_null(about: str) -> None:
    assert '""' not in payload(PARCELS[about]).decode()


@pytest.mark.parametrize("about", [name for name in PARCELS if name != "component"])
def test_updates_stand_newest_first(about: str) -> None:
    incident = said(about)["incident"]
    moments = [update["created_at"] for update in incident["incident_updates"]]
    assert moments == sorted(moments, reverse=True)
    assert incident["incident_updates"][0]["status"] == incident["status"]


def test_planned_work_is_an_incident_with_words_of_its_own() -> None:
    started, over = said("maintenance_started")["incident"], said("maintenance_completed")["incident"]
    assert [update["status"] for update in over["incident_updates"]] == ["completed", "in_progress", "scheduled"]
    assert (started["impact"], started["resolved_at"]) == ("maintenance", None)
    assert started["scheduled_for"] == started["started_at"] > started["created_at"]
    assert {one["status"] for one in over["components"]} == {None}


def test_a_component_names_its_group() -> None:
    grouped = PARCELS["component"]._replace(components={"shop": component("shop", group="apps")})
    assert len(json.loads(payload(grouped))["component"]["group_id"]) == 12


def test_a_component_that_is_no_longer_configured_is_named_by_its_id() -> None:
    orphan = PARCELS["component"]._replace(components={})
    assert json.loads(payload(orphan))["component"]["name"] == "shop"


def test_every_word_of_ours_has_a_word_of_the_format() -> None:
    assert set(statuspage_format.COMPONENT) == set(Status)
    assert set(statuspage_format.MAINTENANCE) == set(MaintenanceStatus)
    assert {status.value for status in IncidentStatus} == {
        "investigating", "identified", "monitoring", "resolved", "postmortem"
    }  # fmt: skip
