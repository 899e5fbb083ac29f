"""Planned work is a silence from when it is known to its end, and only one, however often it is told."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from prober.core.model import Ending, NoticeReason
from prober.core.work import cancelled
from prober.errors import DeliveryError
from prober.notifiers import Parcel, Receipt
from prober.notifiers.silences import found, is_wanted, mark, mirrored
from tests.builders import T0
from tests.notifiers.channels import channel
from tests.notifiers.parcels import CALM, DONE, HEAVY, MINUTE, PARCELS, PLANNED, WINDOW, parcel
from tests.notifiers.receivers import answering, status

pytestmark = pytest.mark.anyio

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Silences:
    """Checks what Alertmanager checks of silences, and holds them as it does (silence.go, api/v2 of 0.25).

    now_ms: its own clock. lists: how the list is answered; None = as JSON. alerts: how many pushes of alerts came.
    """

    def __init__(self) -> None:
        self.now_ms: float = 0
        self.held: dict[str, dict[str, Any]] = {}
        self.alerts = 0
        self.posts = 0
        self.listed: bytes | None = None

    def judge(self, headers: dict[str, str], body: bytes) -> bytes:
        verb, target, _ = headers[""].split(" ")
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        try:
            assert headers["content-type"] == "application/json"
            match verb, path.split("/")[1:]:
                case "POST", ["api", "v2", "alerts"]:
                    self.alerts += 1
                    return status("200 OK")
                case "GET", ["api", "v2", "silences"]:
                    said = self._list(query["filter"]) if self.listed is None else self.listed
                    return status("200 OK", body=said)
                case "POST", ["api", "v2", "silences"]:
                    self.posts += 1
                    return status("200 OK", body=json.dumps({"silenceID": self._put(**json.loads(body))}).encode())
                case "DELETE", ["api", "v2", "silence", id_]:
                    return self._expire(id_)
                case _:
                    return status("404 Not Found")
        except (AssertionError, KeyError, TypeError, ValueError):
            return status("400 Bad Request", body=b'"invalid silence"')

    def state(self, one: dict[str, Any]) -> str:
        if one["end_ms"] <= self.now_ms:
            return "expired"
        return "pending" if one["start_ms"] > self.now_ms else "active"

    @property
    def live(self) -> list[dict[str, Any]]:
        return [one for one in self.held.values() if self.state(one) != "expired"]

    def _list(self, filters: list[str]) -> bytes:
        ((name, value),) = re.findall(r'^(\w+)="(.*)"$', filters[0])
        fitting = {
            id_: one
            for id_, one in self.held.items()
            if {m["name"]: m["value"] for m in one["posted"]["matchers"]}.get(name) == value
        }
        return json.dumps(
            [
                {
                    **one["posted"],
                    "id": id_,
                    "matchers": sorted(one["posted"]["matchers"], key=lambda m: str(m["name"])),
                    "startsAt": datetime.fromtimestamp(one["start_ms"] / 1000, UTC).isoformat(),
                    "endsAt": datetime.fromtimestamp(one["end_ms"] / 1000, UTC).isoformat(),
                    "status": {"state": self.state(one)},
                    "updatedAt": "2026-01-01T00:00:00.000Z",
                }
                for id_, one in fitting.items()
            ]
        ).encode()

    def _put(self, matchers: Any, startsAt: str, endsAt: str, createdBy: str, comment: str, id: str = "") -> str:
        assert matchers
        for one in matchers:
            assert one.keys() == {"name", "value", "isRegex", "isEqual"}
            assert NAME.fullmatch(one["name"])
            assert one["value"]
            assert {type(one["isRegex"]), type(one["isEqual"])} == {bool}
            re.compile(one["value"])
        assert createdBy
        assert comment
        start_ms, end_ms = (datetime.fromisoformat(text).timestamp() * 1000 for text in (startsAt, endsAt))
        assert start_ms <= end_ms
        assert end_ms > self.now_ms
        posted = {"matchers": matchers, "createdBy": createdBy, "comment": comment}
        old = self.held[id] if id else None  # KeyError: unknown
        if old is not None and self.state(old) == "active":
            if old["start_ms"] == start_ms and old["posted"]["matchers"] == matchers:
                old.update(posted=posted, end_ms=end_ms)
                return id
            old["end_ms"] = self.now_ms
        elif old is not None and self.state(old) == "pending" and old["posted"]["matchers"] == matchers:
            old.update(posted=posted, start_ms=max(start_ms, self.now_ms), end_ms=end_ms)
            return id
        new = f"silence-{len(self.held) + 1}"
        self.held[new] = {"posted": posted, "start_ms": max(start_ms, self.now_ms), "end_ms": end_ms}
        return new

    def _expire(self, id_: str) -> bytes:
        one = self.held.get(id_)
        if one is None:
            return status("404 Not Found")
        if self.state(one) == "expired":
            return status("500 Internal Server Error", body=b'"silence already expired"')
        one["end_ms"] = self.now_ms
        return status("200 OK")


async def sent(*parcels: Parcel, to: Silences | None = None) -> Silences:
    """Alertmanager once these were sent to it."""
    manager = to or Silences()
    async with answering(manager.judge) as receiver:
        for one in parcels:
            manager.now_ms = one.sent_ms
            assert await channel("alertmanager", receiver.url, silences=True).send(one) == Receipt(200)
    return manager


def works(*names: str) -> list[Parcel]:
    return [PARCELS[f"maintenance_{name}"] for name in names]


async def test_planned_work_is_one_silence_to_its_end() -> None:
    manager, steps = Silences(), []
    for name in ("scheduled", "reminder", "started", "extended", "completed"):
        await sent(*works(name), to=manager)
        steps.append([(manager.state(one), one["end_ms"] - T0) for one in manager.live])
    assert steps == [
        [("pending", 90 * MINUTE)],
        [("pending", 90 * MINUTE)],
        [("active", 90 * MINUTE)],
        [("active", 120 * MINUTE)],
        [],
    ]
    assert len(manager.held) == 1
    (one,) = manager.held.values()
    assert one["posted"]["comment"] == "Upgrade (prober: main/upgrade)"
    assert one["posted"]["matchers"] == [
        {"name": "site", "value": "main", "isRegex": False, "isEqual": True},
        {"name": "component", "value": "blog|shop", "isRegex": True, "isEqual": True},
    ]


async def test_what_is_told_twice_changes_nothing() -> None:
    manager = await sent(*works("scheduled", "scheduled", "started", "started", "completed", "completed"))
    assert (len(manager.held), manager.live) == (1, [])
    assert manager.posts == 1


async def test_work_that_is_cancelled_is_not_silenced_any_more() -> None:
    assert (await sent(*works("scheduled", "cancelled"))).live == []


async def test_a_silence_that_somebody_has_taken_off_is_made_again_by_the_next_news() -> None:
    manager = await sent(*works("scheduled"))
    for one in manager.held.values():
        one["end_ms"] = T0 - 30 * MINUTE
    await sent(*works("started"), to=manager)
    assert [manager.state(one) for one in manager.live] == ["active"]


async def test_work_on_other_components_gets_a_silence_of_its_own() -> None:
    other = PLANNED._replace(components=("shop",))
    manager = await sent(*works("scheduled"), parcel(NoticeReason.MAINTENANCE_REMINDER, CALM, T0, maintenance=other))
    assert [one["posted"]["matchers"][1]["value"] for one in manager.live] == ["shop"]


async def test_alerts_are_pushed_as_well_and_other_news_makes_no_silence() -> None:
    manager = await sent(*works("started"), PARCELS["incident_opened"], PARCELS["component"])
    assert (manager.alerts, len(manager.held)) == (3, 1)


async def test_much_work_is_taken() -> None:
    assert len((await sent(HEAVY["maintenance"])).live) == 1


async def test_others_silences_are_left_alone() -> None:
    manager = await sent(*works("scheduled"))
    (own,) = manager.held.values()
    manager.held["other"] = {**own, "posted": {**own["posted"], "comment": "ours (prober: main/upgrade@1)"}}
    await sent(*works("cancelled"), to=manager)
    assert [id_ for id_, one in manager.held.items() if manager.state(one) != "expired"] == ["other"]


async def test_without_the_key_no_silence_is_made() -> None:
    manager = Silences()
    async with answering(manager.judge) as receiver:
        await channel("alertmanager", receiver.url).send(PARCELS["maintenance_started"])
    assert (manager.alerts, manager.held) == (1, {})


@pytest.mark.parametrize("at_ms", [0, T0])
def test_what_a_person_must_start_is_silenced_once_it_has_begun(at_ms: int) -> None:
    by_hand = PLANNED._replace(auto_start=False)
    assert not is_wanted(by_hand, at_ms)
    assert is_wanted(WINDOW._replace(auto_start=False, auto_end=Ending.BY_HAND), at_ms)


def test_what_is_over_is_not_silenced() -> None:
    assert not is_wanted(WINDOW, WINDOW.end_ms)
    assert not is_wanted(DONE, T0)
    assert not is_wanted(cancelled(PLANNED, T0), T0)


@pytest.mark.parametrize(
    "listed",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"comment": "x (prober: main/upgrade)"}]',
        b'[{"comment": "x (prober: main/upgrade)", "startsAt": "soon", "endsAt": "", "matchers": []}]',
    ],
)
def test_what_is_no_list_of_silences_has_none(listed: bytes) -> None:
    assert found(listed, PLANNED) == []
    assert mirrored(PLANNED, None) is not None
    assert mark(PLANNED) == "(prober: main/upgrade)"


async def test_trouble_with_a_silence_is_trouble_with_the_notice() -> None:
    manager = Silences()
    manager.now_ms = WINDOW.end_ms + MINUTE  # its clock is far ahead
    async with answering(manager.judge) as receiver:
        with pytest.raises(DeliveryError, match="answered 400: invalid silence") as caught:
            await channel("alertmanager", receiver.url, silences=True).send(PARCELS["maintenance_started"])
    assert caught.value.permanent
