"""What a bot sends is what Telegram takes, and what it refuses is told in its words, but never the token."""

import json
import re
from html import unescape
from typing import Any

import pytest
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.telegram import TelegramOptions, payload
from tests.notifiers.channels import BOT_TOKEN, channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import Judge, answering, asked, busy_at_first, status, strict, utf16

PARCEL = PARCELS["incident_opened"]
PATH = f"/bot{BOT_TOKEN}/sendMessage"
TAKEN = status("200 OK", body=b'{"ok": true, "result": {"message_id": 1}}')
REFUSED = status(
    "400 Bad Request", body=b'{"ok": false, "error_code": 400, "description": "Bad Request: can\'t parse entities"}'
)
LIMITED = status(
    "429 Too Many Requests",
    body=b'{"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 5",'
    b' "parameters": {"retry_after": 5}}',
)


def telegram() -> Judge:
    """What the Bot API checks of a message."""
    return strict(_check, TAKEN, REFUSED)


def _check(path: str, message: Any) -> None:
    assert path == PATH
    assert re.fullmatch(r"-?\d+|@\w{4,32}", message.pop("chat_id"))
    assert message.pop("parse_mode") == "HTML"
    text = message.pop("text")
    bare = re.sub(r"</?b>", "", text)
    assert text.count("<b>") == text.count("</b>") == 1
    assert not re.search(r"[<>]", bare)
    assert not re.search(r"&(?!lt;|gt;|amp;|quot;)", bare)
    assert 1 <= utf16(unescape(bare).strip()) <= 4_096
    assert message.pop("link_preview_options") == {"is_disabled": True}
    assert isinstance(message.pop("disable_notification"), bool)
    assert message.keys() <= {"message_thread_id"}


@pytest.mark.parametrize(
    "broken",
    [
        {"chat_id": "nobody"},
        {"text": "<b>not closed"},
        {"text": "<b>a</b> & b"},
        {"text": "<b>a</b> <script>"},
        {"text": "<b>a</b>" + "a" * 4_096},
        {"text": "<b></b>"},
        {"parse_mode": "Markdown"},
    ],
)
def test_the_stand_in_refuses_what_telegram_refuses(broken: Any) -> None:
    good = json.loads(payload(PARCEL, "-100123"))
    assert asked(telegram(), good, PATH) == TAKEN
    assert asked(telegram(), good | broken, PATH) == REFUSED


@pytest.mark.anyio
@pytest.mark.parametrize("about", EVERY)
async def test_telegram_takes_every_notice(about: str) -> None:
    async with answering(telegram()) as receiver:
        assert await channel("telegram", receiver.url, thread=7).send(EVERY[about]) == Receipt(200)


def test_a_message_says_what_happened_and_where_to_look() -> None:
    assert json.loads(payload(PARCEL, "@acme_status")) == {
        "chat_id": "@acme_status",
        "text": "🔴 <b>[Main] Opened: Shop is down</b>\nShop is down: requests time out. We are investigating.\n"
        "Impact: critical\nBegan: 2023-11-14 22:13:20 UTC\nMain: Partial System Outage\n"
        "https://status.example/incidents/q1w2e3r4t5y6",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": False,
    }


def test_planned_work_makes_no_sound() -> None:
    assert json.loads(payload(PARCELS["maintenance_started"], "1"))["disable_notification"] is True


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"ok": false, "description": "Forbidden: bot was kicked"}', "answered 403: Forbidden: bot was kicked"),
        (json.dumps({"description": f"no bot {BOT_TOKEN}"}).encode(), "answered 403"),
    ],
)
async def test_a_refusal_is_told_in_telegrams_words_without_the_token(body: bytes, told: str) -> None:
    async with answering(status("403 Forbidden", body=body)) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("telegram", receiver.url).send(PARCEL)
    assert (failed.value.permanent, str(failed.value)) == (True, f"{receiver.url}: {told}")


@pytest.mark.anyio
async def test_what_came_too_soon_is_taken_when_telegram_says() -> None:
    async with answering(busy_at_first(LIMITED, telegram())) as receiver:
        one = channel("telegram", receiver.url)
        with pytest.raises(DeliveryError, match="Too Many Requests") as failed:
            await one.send(PARCEL)
        assert failed.value.retry_after_s == 5.0
        assert await one.send(PARCEL) == Receipt(200)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"token": "hush"}, "a bot's token"),
        ({"token": "1:hush/../hush/hush/hush/hush"}, "a bot's token"),
        ({"chat": "acme"}, 'a chat such as "-1001234567890"'),
        ({"chat": 5}, 'a chat such as "-1001234567890"'),
    ],
)
def test_a_mistake_says_what_was_expected_and_hides_the_token(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TelegramOptions.model_validate({"kind": "telegram", "token": BOT_TOKEN, "chat": "-1", **keys})
    (error,) = refused.value.errors()
    assert expected in error["msg"]
    assert "hush" not in error["msg"] + str(error["ctx"]["found"])
