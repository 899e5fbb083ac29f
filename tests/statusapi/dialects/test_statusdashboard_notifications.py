"""What a call asks to be sent reaches the channels it names by number, once, in the words it has."""

from pathlib import Path
from typing import Any

import pytest

from prober.core.model import Notice, NoticeReason
from tests.statusapi.dialects.test_statusdashboard_writing import EVENT, ask, made
from tests.statusapi.page.test_subscribe import READERS
from tests.statusapi.scene import Scene, scene

pytestmark = pytest.mark.anyio

CHANNELS = """
[channels.ops]
kind = "hipchat"
base_url = "http://127.0.0.1:9"
room = "Ops"
token = "hush"
number = 21
[channels.dev]
kind = "slack"
url = "http://127.0.0.1:9/services/x"
number = 22
[channels.mail]
kind = "email"
host = "127.0.0.1"
sender = "status@acme.example"
to = ["ops@acme.example"]
number = 23
[channels.private]
kind = "slack"
url = "http://127.0.0.1:9/services/y"
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/hook"
number = 24
[channels.phone]
kind = "sms"
account = "AC0123456789abcdef0123456789abcdef"
token = "hush"
sender = "Acme"
to = "+4930123456"
number = 25
[subscriptions.hook]
channel = "hook"
"""
WORK = {
    "start": "2023-11-14T22:13:20",
    "end": "2023-11-14T23:13:20",
    "auto": True,
    "description": "A new disk\nIn the shop",
    "type": "/api/v1/type/2/",
}


async def owed(it: Scene, *channels: str) -> list[Notice]:
    return [one.notice for channel in channels for one in await it.store.outbox.pending(channel, 9)]


async def test_a_call_tells_the_channels_that_it_names(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        asked = {
            "hipchat": {"enabled": True, "rooms": [21, 21], "message": "Look at the shop", "color": "red"},
            "slack": {"enabled": True, "channels": [22], "message": "The shop", "details": True},
            "email": {"enabled": True, "email_subject": "Shop trouble"},
            "sms": {"enabled": False},
        }
        await made(it, notifications=asked)
        room, chat, mail = await owed(it, "ops", "dev", "mail")
        assert {one.reason for one in (room, chat, mail)} == {NoticeReason.OPENED}
        assert {one.stream for one in (room, chat, mail)} == {"incident:1"}
        bodies = [one.incident.updates[-1].body for one in (room, chat, mail) if one.incident]
        assert bodies == ["Look at the shop", "The shop\nAPI Test event", "API Test event"]
        assert [one.incident.name for one in (chat, mail) if one.incident] == ["API Test event", "Shop trouble"]
        assert await owed(it, "private", "phone") == []


async def test_a_call_without_notifications_sends_none(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        await made(it)
        assert await owed(it, "ops", "dev", "mail", "phone") == []


async def test_each_call_tells_where_the_event_then_stands(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        await made(it)
        asked = {"sms": {"enabled": True, "sms_text": "Shop"}}
        for status in ("identified", "resolved"):
            it.now_ms += 60_000
            number = await number_of(it, status)
            fields = {"status": f"/api/v1/status/{number}/", "notifications": asked}
            answer = await ask(it, "PUT", "event/list/1/", fields)
            assert answer.status_code == 201, answer.text
        assert [one.reason for one in await owed(it, "phone")] == [NoticeReason.UPDATED, NoticeReason.RESOLVED]


async def number_of(it: Scene, status: str) -> int:
    found = (await ask(it, "GET", "status/")).json()["objects"]
    return int(next(one for one in found if one["status"] == status)["resource_uri"].split("/")[-2])


async def test_who_is_told_by_a_subscription_is_not_told_twice(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        asked = {"webhook": {"enabled": True}}
        await made(it, notifications=asked)
        assert [one.subscription for one in await owed(it, "hook")] == ["hook"]
        it.now_ms += 1
        assert (await ask(it, "PUT", "event/list/1/", {"notifications": asked})).status_code == 201
        assert [one.subscription for one in await owed(it, "hook")] == ["hook", "statusdashboard"]


async def test_of_a_call_only_those_are_told_whom_it_names(tmp_path: Path) -> None:
    more = '[subscriptions.private]\nchannel = "private"\n'
    async with scene(tmp_path, CHANNELS + more) as it:
        await made(it, notifications={"slack": {"enabled": True, "channels": [22]}})
        assert await owed(it, "hook", "private") == []
        await made(it, notifications={"webhook": {"enabled": True}})
        await made(it)
        assert [one.stream for one in await owed(it, "hook")] == ["incident:2"]
        assert [one.stream for one in await owed(it, "dev")] == ["incident:1"]
        assert await owed(it, "private") == []


async def test_who_subscribes_is_meant_by_a_way_that_has_no_numbers(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS.replace("number = 24\n", "")) as it:
        await made(it, notifications={"webhook": {"enabled": True}})
        assert [one.subscription for one in await owed(it, "hook")] == ["hook"]


async def test_the_end_is_told_to_whoever_was_told_though_the_call_names_nobody(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        await made(it, notifications={"webhook": {"enabled": True}})
        await made(it)
        for event in (1, 2):
            it.now_ms += 1
            fields = {"status": f"/api/v1/status/{await number_of(it, 'resolved')}/"}
            assert (await ask(it, "PUT", f"event/list/{event}/", fields)).status_code == 201
        told = [(one.reason, one.stream) for one in await owed(it, "hook")]
        assert told == [(NoticeReason.OPENED, "incident:1"), (NoticeReason.RESOLVED, "incident:1")]


async def test_planned_work_is_told_as_well(tmp_path: Path) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        work = WORK | {"start": "2023-11-14T22:30:00", "end": "2023-11-14T23:30:00"}
        asked = {"sms": {"enabled": True, "sms_text": "Disk tonight"}, "email": {"enabled": True}}
        await made(it, **work, status="/api/v1/status/1/", notifications=asked)
        text, mail = await owed(it, "phone", "mail")
        assert {text.reason, mail.reason} == {NoticeReason.MAINTENANCE_SCHEDULED}
        told = [one.maintenance.description for one in (text, mail) if one.maintenance]
        assert told == ["Disk tonight", "In the shop"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"hipchat": {"enabled": True, "rooms": [21, 7]}}, "hipchat: could not find the channel 7."),
        ({"hipchat": {"enabled": True, "rooms": [22]}}, "hipchat: could not find the channel 22."),
        ({"slack": {"enabled": True, "channels": [-1]}}, "slack: could not find the channel -1."),
        ({"slack": {"enabled": True}}, "slack: name one at least by its number."),
        (
            {"twitter": {"enabled": True, "tweet_text": "x"}},
            "twitter: no channel of this kind has a number or a subscription.",
        ),
    ],
)
async def test_what_can_not_be_told_is_a_mistake_and_changes_nothing(
    tmp_path: Path, asked: dict[str, Any], told: str
) -> None:
    async with scene(tmp_path, CHANNELS) as it:
        answer = await ask(it, "POST", "event/list/", EVENT | {"notifications": asked})
        assert (answer.status_code, answer.json()) == (400, {"event/list": {"notifications": [told]}})
        assert (await ask(it, "GET", "event/list/")).json()["objects"] == []
        await made(it)
        fields = {"description": "Another", "notifications": asked}
        assert (await ask(it, "PATCH", "event/list/1/", fields)).status_code == 400
        assert (await ask(it, "GET", "event/list/1/")).json()["description"] == "API Test event"


@pytest.mark.parametrize("hidden", [False, True])
async def test_an_event_that_is_hidden_is_told_to_no_reader(tmp_path: Path, hidden: bool) -> None:
    async with scene(tmp_path, CHANNELS + READERS) as it:
        asked = {"email": {"enabled": True}, "webhook": {"enabled": True}}
        await made(it, hidden_db=hidden, notifications=asked)
        assert [one.channel for one in await owed(it, "hook", "readers")] == ["hook"] + ["readers"] * (not hidden)
