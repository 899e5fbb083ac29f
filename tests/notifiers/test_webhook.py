"""A webhook carries the notice, signed if the channel has a secret, and never shows what it must not."""

import base64
import datetime as dt
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from prober import __version__
from prober.errors import DeliveryError
from prober.notifiers import Receipt, kind
from prober.notifiers.up_format import payload
from prober.notifiers.webhook import FORMATS, WebhookOptions
from tests.notifiers.channels import channel
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import answering, status
from tests.wire.certificates import Certificates
from tests.wire.hostile import answers, reply, serving

PARCEL = PARCELS["incident_opened"]
SECRET = "whsec_" + base64.b64encode(b"a key of twenty-six bytes.").decode()


def options(url: str = "http://127.0.0.1:9/", **keys: Any) -> WebhookOptions:
    return WebhookOptions.model_validate({"kind": "webhook", "url": url, **keys})


async def sent(url: str, **keys: Any) -> Receipt:
    return await kind("webhook").build(options(url, **keys)).send(PARCEL)


@pytest.mark.anyio
async def test_the_request_carries_the_notice_and_says_who_sends_it() -> None:
    async with answering(status("204 No Content")) as receiver:
        assert await sent(f"{receiver.url}/hook?token=t", headers={"X-Team": "ops ü"}) == Receipt(204)
    ((headers, body),) = receiver.requests
    assert body == payload(PARCEL)
    assert headers[""] == "POST /hook?token=t HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == f"prober/{__version__}"
    assert headers["x-team"] == "ops ü"
    assert headers["webhook-id"] == "msg_0123456789"
    assert headers["webhook-timestamp"] == str(PARCEL.sent_ms // 1000)
    assert "webhook-signature" not in headers
    assert "cookie" not in headers


@pytest.mark.anyio
@pytest.mark.parametrize("name", FORMATS)
async def test_each_format_is_sent_in_its_own_shape(name: str) -> None:
    async with answering(status("204 No Content")) as receiver:
        await sent(receiver.url, format=name)
    assert receiver.requests[0][1] == FORMATS[name](PARCEL)


@pytest.mark.anyio
async def test_a_receiver_can_verify_the_signature() -> None:
    async with answering(status("200 OK", body=b"thanks")) as receiver:
        await sent(receiver.url, secret=SECRET)
    ((headers, body),) = receiver.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"a key of twenty-six bytes.", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


@pytest.mark.anyio
async def test_a_user_agent_of_the_channel_replaces_ours() -> None:
    async with answering(status("200 OK")) as receiver:
        await sent(receiver.url, headers={"user-agent": "mine"})
    assert receiver.requests[0][0]["user-agent"] == "mine"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"url": "ftp://example.com/"}, "an http or https URL"),
        ({"url": "http:///hush"}, "an http or https URL"),
        ({"url": "http://999.1.1.1/hush"}, "an http or https URL"),
        ({"url": 5}, "an http or https URL"),
        ({"url": "https://hush:hush@example.com/"}, "no user name or password in the URL, use headers"),
        ({"format": "xml"}, "'up', 'statuspage', 'standard', 'instatus' or 'alertmanager'"),
        ({"secret": "hush"}, '"whsec_" and base64 of 24 to 64 bytes'),
        ({"headers": "hush"}, "a table of texts"),
        ({"headers": {"X-A": "hush\r\nX-B: 1"}}, "one line of text for the header X-A"),
        ({"headers": {"X A": "hush"}}, "header names"),
        ({"headers": {"content-length": "5"}}, "no header content-length"),
        ({"headers": {"Host": "hush"}}, "no header Host"),
        ({"headers": {"Webhook-Id": "hush"}}, "no header Webhook-Id"),
        ({"headers": {"X-A": 5}}, "a text for the header X-A"),
        ({"ca": "/no/such.pem"}, "a readable PEM file"),
        ({"user": "hush"}, "Extra inputs"),
    ],
)
def test_a_mistake_says_what_was_expected_and_hides_the_value(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        options(**keys)
    (error,) = refused.value.errors()
    assert expected in error["msg"]
    if error["type"] == "mistake":
        assert "hush" not in error["msg"] + str(error["ctx"]["found"])


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["webhook", "alertmanager"])
async def test_a_receiver_may_be_of_an_authority_of_ones_own(name: str, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, dt.datetime.now(dt.UTC))
    async with serving(answers(reply(b"")), certificates.context("good")) as port:
        url = f"https://127.0.0.1:{port}"
        found = await channel(name, url, ca=str(certificates.ca)).send(PARCELS["incident_opened"])
        with pytest.raises(DeliveryError, match=r"no connection: .*certificate") as refused:
            await channel(name, url).send(PARCELS["incident_opened"])
    assert found == Receipt(200)
    assert not refused.value.permanent


def test_options_never_show_what_is_secret() -> None:
    one = options("https://example.com/hush?hush", secret=SECRET, headers={"Authorization": "Bearer hush"})
    assert "hush" not in repr(one)
    assert SECRET not in repr(one)
    assert one.target() == "https://example.com/..."
