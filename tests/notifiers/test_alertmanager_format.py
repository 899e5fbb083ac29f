"""The `alertmanager` format: version 4 of what Alertmanager posts."""

import json
from typing import Any

import pytest

from prober.notifiers.alertmanager_format import NEVER, payload
from tests.notifiers.parcels import PARCELS

KEYS = {
    "receiver",
    "status",
    "alerts",
    "groupLabels",
    "commonLabels",
    "commonAnnotations",
    "externalURL",
    "version",
    "groupKey",
    "truncatedAlerts",
}


def told(about: str) -> Any:
    return json.loads(payload(PARCELS[about]))


@pytest.mark.parametrize("about", PARCELS)
def test_every_key_is_there_and_labels_are_texts(about: str) -> None:
    found = told(about)
    assert found.keys() == KEYS
    (alert,) = found["alerts"]
    assert all(isinstance(value, str) for value in [*alert["labels"].values(), *alert["annotations"].values()])
    assert found["status"] == alert["status"]


def test_an_incident_is_one_alert_from_its_opening_to_its_end() -> None:
    opened, changed, resolved = (told(f"incident_{word}") for word in ("opened", "changed", "resolved"))
    assert opened["groupKey"] == changed["groupKey"] == resolved["groupKey"]
    first, last = opened["alerts"][0], resolved["alerts"][0]
    assert first["fingerprint"] == last["fingerprint"]
    assert (first["status"], first["endsAt"]) == ("firing", NEVER)
    assert (last["status"], last["endsAt"] > last["startsAt"]) == ("resolved", True)
