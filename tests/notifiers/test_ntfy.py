"""What is published is what ntfy takes, and what it refuses is told in its words."""

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from prober.core.model import Indicator
from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.ntfy import PRIORITY, TAG, NtfyOptions, payload
from tests.notifiers.channels import HUSH, channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import Judge, answering, asked, busy_at_first, status, strict

PARCEL = PARCELS["incident_opened"]
TAKEN = status("200 OK", body=b'{"id": "sPs71M8A2T", "event": "message"}')
REFUSED = status("400 Bad Request", body=b'{"code": 40017, "http": 400, "error": "invalid request: bad JSON"}')
LIMITED = status("429 Too Many Requests", body=b'{"code": 42901, "http": 429, "error": "limit reached"}')


def ntfy() -> Judge:
    """What the server checks of a message that is published as JSON."""
    return strict(_check, TAKEN, REFUSED)


def _check(path: str, message: Any) -> None:
    assert path == "/"
    assert len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()) <= 2 * 4_096
    assert message.keys() <= {"topic", "title", "message", "priority", "tags", "click"}
    assert re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message["topic"])
    assert 1 <= len(message["message"].encode()) <= 4_096  # a longer one would become a file
    assert 1 <= len(message["title"].encode()) <= 250
    assert message["priority"] in range(1, 6)
    assert all(isinstance(tag, str) for tag in message["tags"])
    assert message.get("click", "https://").startswith("https://")


@pytest.mark.parametrize(
    "broken",
    [
        {"topic": "no such topic"},
        {"message": "ü" * 2_049},
        {"message": ""},
        {"priority": 6},
        {"priority": "high"},
        {"tags": [1]},
        {"click": ""},
        {"more": 1},
    ],
)
def test_the_stand_in_refuses_what_ntfy_refuses(broken: Any) -> None:
    good = json.loads(payload(PARCEL, "prober"))
    assert asked(ntfy(), good, "/") == TAKEN
    assert asked(ntfy(), good | broken, "/") == REFUSED


@pytest.mark.anyio
@pytest.mark.parametrize("about", EVERY)
async def test_ntfy_takes_every_notice(about: str) -> None:
    async with answering(ntfy()) as receiver:
        assert await channel("ntfy", receiver.url).send(EVERY[about]) == Receipt(200)


@pytest.mark.anyio
async def test_a_protected_topic_is_opened_with_the_token() -> None:
    async with answering(ntfy()) as receiver:
        await channel("ntfy", receiver.url).send(PARCEL)
        await channel("ntfy", receiver.url, token=None).send(PARCEL)
    (protected, _), (open_, _) = receiver.requests
    assert protected["authorization"] == f"Bearer tk_{HUSH}"
    assert "authorization" not in open_


def test_a_message_says_what_happened_and_where_to_look() -> None:
    assert json.loads(payload(PARCEL, "prober")) == {
        "topic": "prober",
        "title": "[Main] Opened: Shop is down",
        "message": "Shop is down: requests time out. We are investigating.\nImpact: critical\n"
        "Began: 2023-11-14 22:13:20 UTC\nMain: Partial System Outage\nhttps://status.example/incidents/q1w2e3r4t5y6",
        "priority": 5,
        "tags": ["rotating_light"],
        "click": "https://status.example/incidents/q1w2e3r4t5y6",
    }


def test_each_badness_has_its_priority_and_tag() -> None:
    assert set(PRIORITY) == set(TAG) == set(Indicator)


@pytest.mark.anyio
async def test_what_came_too_soon_is_taken_later() -> None:
    async with answering(busy_at_first(LIMITED, ntfy())) as receiver:
        one = channel("ntfy", receiver.url)
        with pytest.raises(DeliveryError, match=r"answered 429: limit reached$") as failed:
            await one.send(PARCEL)
        assert not failed.value.permanent
        assert await one.send(PARCEL) == Receipt(200)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"topic": "hush hush"}, "a topic of 1 to 64 letters"),
        ({"topic": "hush" * 17}, "a topic of 1 to 64 letters"),
        ({"token": "hush\r\nX: hush"}, "a token: one word"),
        ({"base_url": "ntfy.sh"}, "an http or https URL"),
    ],
)
def test_a_mistake_says_what_was_expected_and_hides_the_value(keys: dict[str, str], expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NtfyOptions.model_validate({"kind": "ntfy", "topic": "prober", **keys})
    (error,) = refused.value.errors()
    assert expected in error["msg"]
    assert "hush" not in error["msg"] + str(error["ctx"]["found"])
