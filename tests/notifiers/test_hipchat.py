"""What is sent to a room is what HipChat's API takes."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.hipchat import HipchatOptions, payload
from tests.notifiers.channels import channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import answering, status, strict

pytestmark = pytest.mark.anyio

TAKEN = status("204 No Content")
REFUSED = status("400 Bad Request", body=b'{"error": {"code": 400, "message": "Invalid color", "type": "Bad Request"}}')


def _check(path: str, told: Any) -> None:
    assert path == "/v2/room/Our%20ops/notification"
    assert told.pop("color") in {"yellow", "green", "red", "purple", "gray", "random"}
    assert told.pop("message_format") in {"html", "text"}
    assert isinstance(told.pop("notify"), bool)
    assert 1 <= len(told.pop("message")) <= 10_000
    assert told == {}


@pytest.mark.parametrize("about", EVERY)
async def test_hipchat_takes_every_notice(about: str) -> None:
    async with answering(strict(_check, TAKEN, REFUSED)) as receiver:
        assert await channel("hipchat", receiver.url).send(EVERY[about]) == Receipt(204)
        assert receiver.requests[0][0]["authorization"].startswith("Bearer ")


def test_only_trouble_makes_a_sound() -> None:
    told = {name: json.loads(payload(PARCELS[name])) for name in ("incident_opened", "maintenance_started")}
    assert [(one["color"], one["notify"]) for one in told.values()] == [("red", True), ("purple", False)]


async def test_a_refusal_is_told_in_hipchats_words() -> None:
    async with answering(REFUSED) as receiver:
        with pytest.raises(DeliveryError, match="answered 400: Invalid color"):
            await channel("hipchat", receiver.url).send(PARCELS["incident_opened"])


def test_a_room_is_one_part_of_a_path() -> None:
    keys = {"kind": "hipchat", "base_url": "https://chat.example", "token": "hush", "room": "a/b"}
    with pytest.raises(ValidationError, match="a room's name or number"):
        HipchatOptions.model_validate(keys)
