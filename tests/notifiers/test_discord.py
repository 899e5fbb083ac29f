"""What is posted to Discord is what Discord takes, and what it refuses is told in its words."""

import json
from datetime import datetime
from typing import Any

import pytest

from prober.core.model import Indicator
from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.discord import payload
from prober.notifiers.text import COLOR
from tests.notifiers.channels import channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import Judge, answering, asked, busy_at_first, status, strict, utf16

PARCEL = PARCELS["incident_opened"]
SAVED = status("200 OK", body=b'{"id": "1", "content": "..."}')
LIMITED = status(
    "429 Too Many Requests",
    "Retry-After: 2",
    "X-RateLimit-Scope: shared",
    body=b'{"message": "You are being rate limited.", "retry_after": 1.337, "global": false}',
)


def discord() -> Judge:
    """What Discord checks of a message to a webhook."""
    return strict(_check, SAVED, status("400 Bad Request", body=b'{"message": "Invalid Form Body", "code": 50035}'))


def _check(path: str, message: Any) -> None:
    assert path.endswith("wait=true")
    assert 1 <= utf16(message["content"]) <= 2_000
    assert message["allowed_mentions"] == {"parse": []}
    assert len(message["embeds"]) <= 10
    for embed in message["embeds"]:
        _check_embed(**embed)


def _check_embed(color: int, timestamp: str, fields: Any, description: str = "", title: str = "") -> None:
    assert 0 <= color <= 0xFFFFFF
    assert datetime.fromisoformat(timestamp).tzinfo
    assert utf16(title) <= 256
    assert utf16(description) <= 4_096
    assert len(fields) <= 25
    for field in fields:
        assert 1 <= utf16(field["name"]) <= 256
        assert 1 <= utf16(field["value"]) <= 1_024
    assert utf16(title + description + "".join(f["name"] + f["value"] for f in fields)) <= 6_000


@pytest.mark.parametrize(
    "broken",
    [
        {"content": ""},
        {"content": "a" * 2_001},
        {"allowed_mentions": {"parse": ["everyone"]}},
        {"embeds": [{"color": 1, "timestamp": "2023-11-14T22:13:20Z", "fields": [{"name": "a", "value": ""}]}]},
        {"embeds": [{"color": 1, "timestamp": "2023-11-14T22:13:20Z", "fields": [], "description": "a" * 4_097}]},
        {"embeds": [{"color": 1, "timestamp": "now", "fields": []}]},
    ],
)
def test_the_stand_in_refuses_what_discord_refuses(broken: Any) -> None:
    good = json.loads(payload(PARCEL))
    assert asked(discord(), good, "/hook?wait=true") == SAVED
    assert b"Invalid Form Body" in asked(discord(), good | broken, "/hook?wait=true")


@pytest.mark.anyio
@pytest.mark.parametrize("about", EVERY)
async def test_discord_takes_every_notice(about: str) -> None:
    async with answering(discord()) as receiver:
        assert await channel("discord", receiver.url).send(EVERY[about]) == Receipt(200)


@pytest.mark.anyio
async def test_a_thread_in_the_url_is_kept() -> None:
    async with answering(discord()) as receiver:
        await channel("discord", receiver.url, url=f"{receiver.url}/hook?thread_id=7#top").send(PARCEL)
    assert receiver.requests[0][0][""] == "POST /hook?thread_id=7&wait=true HTTP/1.1"


def test_a_message_says_what_happened_and_where_to_look() -> None:
    assert json.loads(payload(PARCEL)) == {
        "content": "🔴 \\[Main\\] Opened: Shop is down",
        "embeds": [
            {
                "description": "Shop is down: requests time out. We are investigating.\n"
                "https://status.example/incidents/q1w2e3r4t5y6",
                "color": COLOR[Indicator.CRITICAL],
                "timestamp": "2023-11-14T22:13:20.000Z",
                "fields": [
                    {"name": "Impact", "value": "critical", "inline": True},
                    {"name": "Began", "value": "2023-11-14 22:13:20 UTC", "inline": True},
                    {"name": "Main", "value": "Partial System Outage", "inline": True},
                ],
            }
        ],
        "allowed_mentions": {"parse": []},
    }


@pytest.mark.anyio
async def test_a_refusal_is_told_in_discords_words() -> None:
    body = b'{"message": "Unknown Webhook", "code": 10015}'
    async with answering(status("404 Not Found", body=body)) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("discord", receiver.url).send(PARCEL)
    assert str(failed.value) == f"{receiver.url}/...: answered 404: Unknown Webhook"
    assert failed.value.permanent


@pytest.mark.anyio
async def test_what_came_too_soon_is_taken_later() -> None:
    async with answering(busy_at_first(LIMITED, discord())) as receiver:
        one = channel("discord", receiver.url)
        with pytest.raises(DeliveryError, match="You are being rate limited") as failed:
            await one.send(PARCEL)
        assert failed.value.retry_after_s == 1.337
        assert await one.send(PARCEL) == Receipt(200)
