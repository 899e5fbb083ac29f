"""What is pushed is what Alertmanager takes: an alert fires from an incident's opening to its end, and once."""

import json
import re
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

from prober.core.model import Impact, NoticeReason, Status, StatusChange
from prober.errors import DeliveryError
from prober.notifiers import Parcel, Receipt
from prober.notifiers.alertmanager import AlertmanagerOptions, alerts
from tests.builders import T0
from tests.notifiers.channels import HUSH, channel
from tests.notifiers.parcels import CHANGE, EVERY, MINUTE, PARCELS, WINDOW, parcel
from tests.notifiers.receivers import Judge, answering, asked, status, strict

PARCEL = PARCELS["incident_opened"]
TAKEN = status("200 OK")
REFUSED = status("400 Bad Request", body=b'"start time must be before end time"')
DAY_MS = 86_400_000


class Alert(NamedTuple):
    """An alert as Alertmanager holds it."""

    start_ms: float
    end_ms: float


class Alertmanager:
    """Checks what Alertmanager checks, and holds alerts as it does (types.Alert.Merge, provider/mem of 0.28).

    now_ms: its own clock.
    """

    def __init__(self) -> None:
        self.now_ms: float = 0
        self.held: dict[tuple[tuple[str, str], ...], Alert] = {}
        self.judge: Judge = strict(self._take, TAKEN, REFUSED)

    @property
    def firing(self) -> list[dict[str, str]]:
        return [dict(labels) for labels, alert in self.held.items() if alert.end_ms > self.now_ms]

    def _take(self, path: str, pushed: Any) -> None:
        assert path == "/api/v2/alerts"
        assert pushed
        for one in pushed:
            self._put(**one)

    def _put(self, labels: Any, annotations: Any, startsAt: str, endsAt: str, generatorURL: str) -> None:
        assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in [*labels, *annotations])
        assert all(isinstance(value, str) for value in [*labels.values(), *annotations.values()])
        assert labels["alertname"]
        assert all(labels.values())  # an empty one is as good as none
        assert re.fullmatch(r"(https?://\S+)?", generatorURL)
        new = Alert(*(datetime.fromisoformat(text).timestamp() * 1000 for text in (startsAt, endsAt)))
        assert new.start_ms <= new.end_ms
        key = tuple(sorted(labels.items()))
        old = self.held.get(key)
        if old and (old.start_ms < new.end_ms < old.end_ms or old.start_ms < new.start_ms < old.end_ms):
            new = self._merged(old, new)
        self.held[key] = new

    def _merged(self, old: Alert, new: Alert) -> Alert:
        is_old_over, is_new_over = old.end_ms <= self.now_ms, new.end_ms <= self.now_ms
        keeps_end = old.end_ms > new.end_ms and (is_old_over or not is_new_over)
        return Alert(min(old.start_ms, new.start_ms), old.end_ms if keeps_end else new.end_ms)


async def pushed(*parcels: Parcel, behind_ms: int = 0) -> Alertmanager:
    """Alertmanager once these were sent to it. behind_ms: how far its clock is behind ours."""
    manager = Alertmanager()
    async with answering(manager.judge) as receiver:
        for one in parcels:
            manager.now_ms = one.notice.at_ms + 10 - behind_ms
            assert await channel("alertmanager", receiver.url).send(one) == Receipt(200)
    return manager


def incidents(*names: str) -> list[Parcel]:
    return [PARCELS[f"incident_{name}"] for name in names]


@pytest.mark.parametrize(
    "broken",
    [
        {"labels": {"site": "main"}},
        {"labels": {"alertname": "a", "site": ""}},
        {"labels": {"alertname": "a", "a-b": "c"}},
        {"endsAt": "2020-01-01T00:00:00Z"},
        {"startsAt": "now"},
        {"generatorURL": "not a url"},
        {"annotations": {"summary": None}},
        {"more": 1},
    ],
)
def test_the_stand_in_refuses_what_alertmanager_refuses(broken: Any) -> None:
    (good,) = alerts(PARCEL, DAY_MS, {})
    assert asked(Alertmanager().judge, [good], "/api/v2/alerts") == TAKEN
    assert asked(Alertmanager().judge, [good | broken], "/api/v2/alerts") == REFUSED


@pytest.mark.anyio
@pytest.mark.parametrize("about", [about for about in EVERY if alerts(EVERY[about], 60_000, {})])
async def test_alertmanager_takes_every_notice(about: str) -> None:
    await pushed(EVERY[about])


@pytest.mark.anyio
async def test_an_alert_fires_until_its_incident_is_resolved() -> None:
    steps = ["opened", "changed", "monitoring", "reopened", "resolved"]
    severities = []
    for count in range(1, len(steps) + 1):
        manager = await pushed(*incidents(*steps[:count]))
        severities.append([one["severity"] for one in manager.firing])
    assert severities == [["critical"], ["major"], ["major"], ["critical"], []]


@pytest.mark.anyio
async def test_an_alert_fires_again_when_its_trouble_returns_after_the_end() -> None:
    manager = await pushed(*incidents("opened", "resolved", "reopened"))
    assert [one["severity"] for one in manager.firing] == ["critical"]


@pytest.mark.anyio
async def test_an_alert_ends_even_if_the_other_clock_is_behind() -> None:
    manager = await pushed(*incidents("opened", "resolved"), behind_ms=30_000)
    assert manager.firing == []


@pytest.mark.anyio
async def test_a_component_fires_while_it_is_in_trouble() -> None:
    worse = parcel(NoticeReason.COMPONENT_CHANGED, change=CHANGE)
    better = StatusChange("shop", Status.MAJOR, Status.DEGRADED, T0 + 5 * MINUTE)
    good = StatusChange("shop", Status.DEGRADED, Status.OPERATIONAL, T0 + 6 * MINUTE)
    later = [parcel(NoticeReason.COMPONENT_CHANGED, at_ms=one.at_ms, change=one) for one in (better, good)]
    severities = [[one["severity"] for one in (await pushed(worse, *later[:n])).firing] for n in range(3)]
    assert severities == [["critical"], ["minor"], []]


@pytest.mark.anyio
async def test_planned_work_fires_until_its_end_by_itself() -> None:
    manager = await pushed(PARCELS["maintenance_started"])
    assert [one["alertname"] for one in manager.firing] == ["ProberMaintenance"]
    manager.now_ms = WINDOW.end_ms
    assert manager.firing == []


@pytest.mark.anyio
async def test_an_alert_whose_end_is_never_told_ends_by_itself() -> None:
    manager = await pushed(PARCEL)
    assert manager.firing
    manager.now_ms = PARCEL.sent_ms + 60 * MINUTE
    assert manager.firing == []


@pytest.mark.parametrize(("keys", "least"), [({"resend": "30m"}, "1h30m"), ({"resend": "10s", "lasts": "29s"}, "30s")])
def test_an_alert_outlasts_a_push_or_two_that_are_lost(keys: dict[str, str], least: str) -> None:
    with pytest.raises(ValidationError, match=f"at least {least}, which is 3 times resend"):
        AlertmanagerOptions.model_validate({"kind": "alertmanager", "url": "http://127.0.0.1:9093", **keys})


def test_an_alert_says_what_happened_and_where_to_look() -> None:
    assert alerts(PARCEL, DAY_MS, {"team": "shop"}) == [
        {
            "labels": {
                "team": "shop",
                "site": "main",
                "alertname": "ProberIncident",
                "incident": "q1w2e3r4t5y6",
                "cause": "component:shop",
                "severity": "critical",
            },
            "startsAt": "2023-11-14T22:13:20.000Z",
            "endsAt": "2023-11-15T22:13:22.500Z",
            "annotations": {
                "summary": "[Main] Opened: Shop is down",
                "description": "Shop is down: requests time out. We are investigating.",
            },
            "generatorURL": "https://status.example/incidents/q1w2e3r4t5y6",
        }
    ]


def test_the_severities_are_the_impacts() -> None:
    found = {one["labels"]["severity"] for one in alerts(PARCELS["incident_resolved"], DAY_MS, {})}
    assert found == {impact.word for impact in Impact}


@pytest.mark.anyio
async def test_it_is_asked_with_the_headers_of_the_channel() -> None:
    async with answering(TAKEN) as receiver:
        await channel("alertmanager", receiver.url).send(PARCEL)
    ((headers, body),) = receiver.requests
    assert headers["authorization"] == f"Bearer {HUSH}"
    assert json.loads(body)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'"bad matcher"', "answered 400: bad matcher"),
        (b'{"code": 601, "message": "body is required"}', "answered 400: body is required"),
        (b"<html>", "answered 400"),
    ],
)
async def test_a_refusal_is_told_in_alertmanagers_words(body: bytes, told: str) -> None:
    async with answering(status("400 Bad Request", body=body)) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("alertmanager", receiver.url).send(PARCEL)
    assert (failed.value.permanent, str(failed.value)) == (True, f"{receiver.url}: {told}")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("team", "a table of texts"),
        ({"a-b": "c"}, 'label names such as "team"'),
        ({"severity": "page"}, "no label severity, which prober sets by itself"),
        ({"team": ""}, "a text for the label team"),
        ({"team": 5}, "a text for the label team"),
    ],
)
def test_labels_are_such_that_alertmanager_takes_them(labels: Any, expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        AlertmanagerOptions.model_validate({"kind": "alertmanager", "url": "http://127.0.0.1:9093", "labels": labels})
