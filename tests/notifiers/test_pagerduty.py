"""What is sent to PagerDuty is what it takes: one alert for an incident, from its opening to its end."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from prober.core.model import IncidentStatus, Indicator, NoticeReason, Status, StatusChange
from prober.errors import DeliveryError
from prober.notifiers import Parcel, Receipt
from prober.notifiers.pagerduty import ACTION, SEVERITY, PagerdutyOptions, event
from tests.builders import T0
from tests.notifiers.channels import ROUTING_KEY, channel
from tests.notifiers.parcels import EVERY, OPEN, PARCELS, parcel
from tests.notifiers.receivers import Judge, answering, asked, busy_at_first, status, strict

PARCEL = PARCELS["incident_opened"]
TAKEN = status("202 Accepted", body=b'{"status": "success", "message": "Event processed", "dedup_key": "..."}')
REFUSED = status(
    "400 Bad Request",
    body=b'{"status": "invalid event", "message": "Event object is invalid", "errors": ["\'payload\' is missing"]}',
)
LIMITED = status("429 Too Many Requests", body=b'{"status": "throttle exceeded", "message": "Not accepted yet"}')
IDENTIFIED = parcel(NoticeReason.CHANGED, incident=OPEN._replace(status=IncidentStatus.IDENTIFIED))


class Pagerduty:
    """Checks what PagerDuty checks, and keeps the alerts that would be open. paged: how often somebody was woken."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.paged = 0
        self.judge: Judge = strict(self._take, TAKEN, REFUSED)

    def _take(self, path: str, sent: Any) -> None:
        assert len(json.dumps(sent).encode()) <= 512 * 1024
        assert sent.pop("routing_key") == ROUTING_KEY
        if path == "/v2/change/enqueue":
            _check_payload(**sent.pop("payload"))
            assert sent.keys() <= {"links"}
            return
        assert path == "/v2/enqueue"
        action, key = sent.pop("event_action"), sent.pop("dedup_key")
        assert 1 <= len(key) <= 255
        if action == "trigger":
            payload = sent.pop("payload")
            assert payload.pop("severity") in {"critical", "error", "warning", "info"}
            _check_payload(**payload)
            self.paged += key not in self.open
            self.open.add(key)
        else:
            assert action in {"acknowledge", "resolve"}
            self.open -= {key} if action == "resolve" else set()
        assert sent.keys() <= {"client", "client_url", "links"}
        assert all(link["href"].startswith("https://") and link["text"] for link in sent.get("links", []))


def _check_payload(summary: str, source: str, timestamp: str, custom_details: Any) -> None:
    assert 1 <= len(summary) <= 1_024
    assert source
    assert datetime.fromisoformat(timestamp).tzinfo
    assert isinstance(custom_details, dict)


async def alerted(*parcels: Parcel) -> Pagerduty:
    """PagerDuty once these were sent to it."""
    desk = Pagerduty()
    async with answering(desk.judge) as receiver:
        for one in parcels:
            await channel("pagerduty", receiver.url).send(one)
    return desk


def named(names: Iterable[str]) -> list[Parcel]:
    return [PARCELS[f"incident_{name}"] for name in names]


@pytest.mark.parametrize(
    "broken",
    [
        {"routing_key": "another"},
        {"event_action": "open"},
        {"dedup_key": "a" * 256},
        {"payload": {"summary": "a", "source": "a", "severity": "info"}},
        {"payload": {"summary": "a", "source": "a", "severity": "bad", "timestamp": "2023-11-14T22:13:20Z"}},
        {"links": [{"href": "", "text": "a"}]},
        {"more": 1},
    ],
)
def test_the_stand_in_refuses_what_pagerduty_refuses(broken: Any) -> None:
    found = event(PARCEL)
    assert found is not None
    good = {"routing_key": ROUTING_KEY, **found.body}
    assert asked(Pagerduty().judge, good, found.path) == TAKEN
    assert asked(Pagerduty().judge, good | broken, found.path) == REFUSED


@pytest.mark.anyio
@pytest.mark.parametrize("about", [name for name in EVERY if "monitoring" not in name])
async def test_pagerduty_takes_every_notice(about: str) -> None:
    async with answering(Pagerduty().judge) as receiver:
        assert await channel("pagerduty", receiver.url).send(EVERY[about]) == Receipt(202)


@pytest.mark.anyio
async def test_an_incident_is_one_alert_until_it_is_resolved() -> None:
    desk = await alerted(*named(["opened", "changed", "monitoring", "reopened"]))
    assert (desk.paged, len(desk.open)) == (1, 1)
    desk = await alerted(*named(["opened", "changed", "monitoring", "reopened", "resolved"]))
    assert (desk.paged, len(desk.open)) == (1, 0)


@pytest.mark.anyio
async def test_trouble_that_returns_after_the_end_wakes_somebody_again() -> None:
    desk = await alerted(*named(["opened", "resolved", "reopened"]))
    assert (desk.paged, len(desk.open)) == (2, 1)


@pytest.mark.anyio
async def test_while_the_end_is_only_watched_nothing_is_sent() -> None:
    async with answering(TAKEN) as receiver:
        receipt = await channel("pagerduty", receiver.url).send(PARCELS["incident_monitoring"])
    assert receipt == Receipt(None, "nothing to send")
    assert receiver.requests == []


def test_an_incident_that_somebody_looks_after_is_acknowledged() -> None:
    found = event(IDENTIFIED)
    assert found is not None
    assert found.body == {"event_action": "acknowledge", "dedup_key": "01700000000000000001-q1w2e3r4t5y6"}


def test_the_key_stays_when_the_site_is_gone() -> None:
    opened, resolved = event(PARCEL), event(EVERY["bare incident_resolved"])
    assert opened is not None
    assert resolved is not None
    assert opened.body["dedup_key"] == resolved.body["dedup_key"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("after", "is_open"), [(Status.DEGRADED, True), (Status.OPERATIONAL, False), (Status.MAINTENANCE, False)]
)
async def test_a_component_is_an_alert_while_it_is_in_trouble(after: Status, is_open: bool) -> None:
    later = parcel(NoticeReason.COMPONENT_CHANGED, change=StatusChange("shop", Status.MAJOR, after, T0 + 9))
    desk = await alerted(PARCELS["component"], later)
    assert bool(desk.open) is is_open


@pytest.mark.anyio
async def test_planned_work_wakes_nobody() -> None:
    desk = await alerted(PARCELS["maintenance_started"], PARCELS["maintenance_completed"])
    assert (desk.paged, desk.open) == (0, set())


def test_an_alert_says_what_happened_and_where_to_look() -> None:
    found = event(PARCEL)
    assert found is not None
    assert found.body == {
        "event_action": "trigger",
        "dedup_key": "01700000000000000001-q1w2e3r4t5y6",
        "payload": {
            "summary": "[Main] Opened: Shop is down",
            "source": "https://status.example",
            "timestamp": "2023-11-14T22:13:20.000Z",
            "custom_details": {
                "Impact": "critical",
                "Began": "2023-11-14 22:13:20 UTC",
                "Main": "Partial System Outage",
                "What is known": "Shop is down: requests time out. We are investigating.",
            },
            "severity": "critical",
        },
        "client": "prober",
        "links": [{"href": "https://status.example/incidents/q1w2e3r4t5y6", "text": "Status page"}],
        "client_url": "https://status.example",
    }


def test_every_word_of_ours_has_a_word_of_pagerduty() -> None:
    assert set(ACTION) == set(IncidentStatus)
    assert set(SEVERITY) == set(Indicator)


@pytest.mark.anyio
async def test_a_refusal_is_told_in_pagerdutys_words() -> None:
    async with answering(REFUSED) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("pagerduty", receiver.url).send(PARCEL)
    assert failed.value.permanent
    assert str(failed.value) == f"{receiver.url}: answered 400: Event object is invalid; 'payload' is missing"


@pytest.mark.anyio
async def test_what_came_too_soon_is_taken_later() -> None:
    async with answering(busy_at_first(LIMITED, Pagerduty().judge)) as receiver:
        one = channel("pagerduty", receiver.url)
        with pytest.raises(DeliveryError, match="answered 429: Not accepted yet") as failed:
            await one.send(PARCEL)
        assert not failed.value.permanent
        assert await one.send(PARCEL) == Receipt(202)


def test_a_routing_key_of_another_form_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValidationError, match="an integration key of 32 letters and digits") as refused:
        PagerdutyOptions.model_validate({"kind": "pagerduty", "routing_key": "hush"})
    (error,) = refused.value.errors()
    assert "hush" not in error["msg"] + str(error["ctx"]["found"])
