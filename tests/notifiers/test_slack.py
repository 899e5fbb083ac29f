"""What is posted to Slack is what Slack takes, and what it refuses is told in its words."""

import json
from typing import Any

import pytest

from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.slack import payload
from tests.notifiers.channels import channel
from tests.notifiers.parcels import EVERY, HEAVY, PARCELS
from tests.notifiers.receivers import Judge, answering, asked, busy_at_first, status, strict, utf16

PARCEL = PARCELS["incident_opened"]


def slack() -> Judge:
    """What Slack checks of a message to an incoming webhook."""
    return strict(_check, status("200 OK", body=b"ok"), status("400 Bad Request", body=b"invalid_blocks"))


def _check(_path: str, message: Any) -> None:
    assert message.keys() <= {"text", "blocks"}
    assert 1 <= len(message["text"]) <= 40_000
    assert 1 <= len(message["blocks"]) <= 50
    for block in message["blocks"]:
        _check_block(**block)


def _check_block(type: str, text: Any = None, fields: Any = None) -> None:
    if type == "header":
        assert text["type"] == "plain_text"
        assert 1 <= utf16(text["text"]) <= 150
        return
    assert type == "section"
    assert (text is None) != (fields is None)
    for one, limit in [(text, 3_000)] if text else [(field, 2_000) for field in fields]:
        assert one["type"] == "mrkdwn"
        assert 1 <= utf16(one["text"]) <= limit
    assert fields is None or 1 <= len(fields) <= 10


@pytest.mark.parametrize(
    "message",
    [
        {"text": "a"},
        {"text": "", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "a"}}]},
        {"text": "a", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}]},
        {"text": "a", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}]},
        {"text": "a", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3_001}}]},
        {"text": "a", "blocks": [{"type": "section", "fields": []}]},
        {"text": "a", "blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": ""}]}]},
    ],
)
def test_the_stand_in_refuses_what_slack_refuses(message: Any) -> None:
    assert b"invalid_blocks" in asked(slack(), message)


@pytest.mark.anyio
@pytest.mark.parametrize("about", EVERY)
async def test_slack_takes_every_notice(about: str) -> None:
    async with answering(slack()) as receiver:
        assert await channel("slack", receiver.url).send(EVERY[about]) == Receipt(200)


def test_a_message_says_what_happened_and_where_to_look() -> None:
    message = json.loads(payload(PARCEL))
    assert message == {
        "text": "[Main] Opened: Shop is down",
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": "🔴 [Main] Opened: Shop is down", "emoji": False},
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "Shop is down: requests time out. We are investigating.",
                },
            },
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": "*Impact*\ncritical"},
                    {"type": "mrkdwn", "text": "*Began*\n2023-11-14 22:13:20 UTC"},
                    {"type": "mrkdwn", "text": "*Main*\nPartial System Outage"},
                ],
            },
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "<https://status.example/incidents/q1w2e3r4t5y6>"},
            },
        ],
    }


def test_nobody_is_called_by_what_a_notice_quotes() -> None:
    blocks = json.loads(payload(HEAVY["incident"]))["blocks"]
    assert "<!here>" not in json.dumps([block for block in blocks if block["type"] == "section"])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "is_final", "wish_s", "told"),
    [
        (status("403 Forbidden", body=b"action_prohibited"), True, None, "answered 403: action_prohibited"),
        (status("404 Not Found", body=b"no_service"), True, None, "answered 404: no_service"),
        (status("410 Gone", body=b"channel_is_archived"), True, None, "answered 410: channel_is_archived"),
        (status("404 Not Found", body=b"<html>"), True, None, "answered 404"),
        (status("500 Oops", body=b"rollup_error"), False, None, "answered 500: rollup_error"),
        (status("429 Slow", "Retry-After: 30", body=b"rate_limited"), False, 30.0, "answered 429: rate_limited"),
    ],
)
async def test_a_refusal_is_told_in_slacks_words(
    answer: bytes, is_final: bool, wish_s: float | None, told: str
) -> None:
    async with answering(answer) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("slack", receiver.url).send(PARCEL)
    assert (failed.value.permanent, failed.value.retry_after_s) == (is_final, wish_s)
    assert str(failed.value) == f"{receiver.url}/...: {told}"


@pytest.mark.anyio
async def test_what_came_too_soon_is_taken_later() -> None:
    async with answering(busy_at_first(status("429 Slow", "Retry-After: 1"), slack())) as receiver:
        one = channel("slack", receiver.url)
        with pytest.raises(DeliveryError, match="answered 429"):
            await one.send(PARCEL)
        assert await one.send(PARCEL) == Receipt(200)
    first, second = receiver.requests
    assert first[1] == second[1]
