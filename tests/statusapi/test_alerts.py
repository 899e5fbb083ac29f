"""Alerts of Alertmanager become incidents, once, and end only what they have opened."""

from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio

PATH = "/api/prober/v1/alertmanager"
RULES = """
[alerts.disks]
match = { alertname = "DiskFull", job = "*" }
component = "shop"
impact = "major"
[alerts.lone]
match = { alertname = "Lone" }
component = "lone"
"""
BEGUN = "2023-11-14T22:10:00.123Z"


def alert(
    status: str = "firing", name: str = "DiskFull", fingerprint: str = "f1", starts: str = BEGUN
) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": name, "job": "node"},
        "annotations": {"summary": "The disk\nis full", "description": "Of db1"},
        "startsAt": starts,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": fingerprint,
    }


async def told(it: Scene, *alerts: dict[str, Any], key: str = ADMIN) -> Any:
    message = {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "prober", "alerts": list(alerts)}
    answer = await it.public.post(PATH, json=message, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return {word: count for word, count in answer.json().items() if count}


def names(it: Scene) -> list[tuple[str, str]]:
    return [(one.name, one.affected[0].component) for one in it.recorder.shown.incidents.values()]


async def test_a_firing_alert_opens_one_incident_and_its_end_resolves_it(tmp_path: Path) -> None:
    async with scene(tmp_path, RULES) as it:
        assert await told(it, alert()) == {"opened": 1}
        assert names(it) == [("The disk is full", "shop")]
        (incident,) = it.recorder.shown.incidents.values()
        assert (incident.impact.name, incident.updates[0].body) == ("MAJOR", "Of db1")
        assert await told(it, alert(), alert()) == {"unchanged": 2}
        assert await told(it, alert("resolved")) == {"resolved": 1}
        assert names(it) == []
        assert await told(it, alert("resolved")) == {"unchanged": 1}


async def test_each_fingerprint_ends_only_what_it_has_opened(tmp_path: Path) -> None:
    async with scene(tmp_path, RULES) as it:
        await it.see("down down")
        assert await told(it, alert(), alert(fingerprint="f2")) == {"opened": 2}
        assert len(names(it)) == 3
        assert await told(it, alert("resolved"), alert(fingerprint="f2")) == {"resolved": 1, "unchanged": 1}
        assert len(names(it)) == 2


async def test_what_a_person_has_resolved_stays_so_until_the_alert_begins_anew(tmp_path: Path) -> None:
    async with scene(tmp_path, RULES) as it:
        await told(it, alert())
        (num,) = it.recorder.shown.incidents
        path, key = f"/api/prober/v1/incidents/{num}/updates", {"Authorization": f"Bearer {ADMIN}"}
        assert (await it.public.post(path, json={"body": "ok", "status": "resolved"}, headers=key)).status_code == 201
        assert await told(it, alert()) == {"unchanged": 1}
        it.now_ms += 3_600_000
        assert await told(it, alert(starts="2023-11-14T22:50:00Z")) == {"opened": 1}


async def test_other_alerts_and_components_of_others_are_left_alone(tmp_path: Path) -> None:
    async with scene(tmp_path, RULES) as it:
        nobodys, others = alert(name="Unknown"), alert(name="Lone", fingerprint="f3")
        assert await told(it, nobodys, others, key=ACME) == {"ignored": 2}
        assert await told(it, others) == {"opened": 1}
        assert await told(it, alert("resolved", "Lone", "f3"), key=ACME) == {"unchanged": 1}
        assert len(names(it)) == 1


async def test_what_is_no_message_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path, RULES) as it:
        key = {"Authorization": f"Bearer {ADMIN}"}
        assert (await it.public.post(PATH, json={})).status_code == 401
        for message in ({}, {"version": "3", "alerts": []}, {"version": "4", "alerts": [{}]}):
            answer = await it.public.post(PATH, json=message, headers=key)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "field")


async def test_an_alert_is_known_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path, RULES) as it:
        await told(it, alert())
    async with scene(tmp_path, RULES) as it:
        assert await told(it, alert()) == {"unchanged": 1}
        assert await told(it, alert("resolved")) == {"resolved": 1}
