"""What is sent as a text message is what Twilio takes."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.sms import SmsOptions, payload
from tests.notifiers.channels import ACCOUNT, channel
from tests.notifiers.parcels import EVERY, PARCELS
from tests.notifiers.receivers import answering, status

pytestmark = pytest.mark.anyio

TAKEN = status("201 Created", body=b'{"sid": "SM1", "status": "queued"}')
REFUSED = status("400 Bad Request", body=b'{"code": 21211, "message": "Invalid \'To\' Phone Number", "status": 400}')


def twilio(headers: dict[str, str], body: bytes) -> bytes:
    """What the API checks of a message."""
    try:
        assert headers[""] == f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert headers["authorization"].startswith("Basic ")
        form = parse_qs(body.decode("ascii"), strict_parsing=True)
        assert form.keys() == {"To", "From", "Body"}
        assert form["To"][0].startswith("+")
        assert 1 <= len(form["Body"][0].encode("utf-16-le")) // 2 <= 1_600
    except (AssertionError, KeyError, ValueError):
        return REFUSED
    return TAKEN


@pytest.mark.parametrize("about", EVERY)
async def test_twilio_takes_every_notice(about: str) -> None:
    async with answering(twilio) as receiver:
        assert await channel("sms", receiver.url).send(EVERY[about]) == Receipt(201)


def test_a_message_says_what_happened_and_where_to_look() -> None:
    form = parse_qs(payload(PARCELS["incident_opened"], "Acme", "+4930123456").decode())
    assert form["Body"] == [
        "[Main] Opened: Shop is down\nShop is down: requests time out. We are investigating.\n"
        "https://status.example/incidents/q1w2e3r4t5y6"
    ]


async def test_a_refusal_is_told_in_twilios_words() -> None:
    async with answering(REFUSED) as receiver:
        with pytest.raises(DeliveryError, match="Invalid 'To' Phone Number") as failed:
            await channel("sms", receiver.url).send(PARCELS["incident_opened"])
    assert failed.value.permanent


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"account": "AC1"}, "an account's SID"),
        ({"to": "0301234"}, "a phone number such as"),
        ({"sender": "A name too long"}, "a phone number such as"),
    ],
)
def test_a_mistake_says_what_was_expected(keys: dict[str, Any], expected: str) -> None:
    good = {"kind": "sms", "account": ACCOUNT, "token": "hush", "sender": "Acme", "to": "+4930123456"}
    with pytest.raises(ValidationError, match=expected):
        SmsOptions.model_validate(good | keys)
