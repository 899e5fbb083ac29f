"""A webhook says exactly once per attempt what became of it, whatever the receiver does."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from pydantic import ValidationError

from prober import __version__
from prober.errors import DeliveryError
from prober.notifiers import Receipt, kind
from prober.notifiers.up_format import payload
from prober.notifiers.webhook import WebhookOptions, retry_after_s
from tests.builders import T0
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import HANGS, answering, status

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
async def test_a_receiver_can_verify_the_signature() -> None:
    async with answering(status("200 OK", body=b"thanks")) as receiver:
        await sent(receiver.url, secret=SECRET)
    ((headers, body),) = receiver.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"a key of twenty-six bytes.", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


ANSWERS = [
    # what it answers, is it final, its status, its wish, what is told
    (status("500 Oops"), False, 500, None, "answered 500"),
    (status("503 Busy", "Retry-After: 7"), False, 503, 7.0, "answered 503"),
    (status("429 Slow", "Retry-After: 120"), False, 429, 120.0, "answered 429"),
    (status("429 Slow", "Retry-After: Tue, 14 Nov 2023 22:14:22 GMT"), False, 429, 59.5, "answered 429"),
    (status("429 Slow", "Retry-After: soon"), False, 429, None, "answered 429"),
    (status("408 Late"), False, 408, None, "answered 408"),
    (status("425 Early"), False, 425, None, "answered 425"),
    (status("400 Bad", "Retry-After: 7"), True, 400, None, "answered 400"),
    (status("401 Who"), True, 401, None, "answered 401"),
    (status("404 Nothing"), True, 404, None, "answered 404"),
    (status("410 Gone"), True, 410, None, "answered 410"),
    (status("302 There", "Location: http://127.0.0.1:9/"), True, 302, None, "redirects are not followed"),
    (status("301 There", "Location: http://[bad", "Set-Cookie: \xff=\xfe"), True, 301, None, "answered 301"),
    (status("500 Oops", "Content-Encoding: gzip", body=b"not gzip"), False, 500, None, "answered 500"),
    (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", False, None, None, "no HTTP answer"),
    (b"garbage\r\n\r\n", False, None, None, "no HTTP answer"),
    (b"\x00\xff" * 50_000, False, None, None, "no HTTP answer"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000, False, None, None, "no HTTP answer"),
    (b"", False, None, None, "no HTTP answer"),
    (HANGS, False, None, None, "no answer within 300ms"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("answer", "is_final", "code", "wish_s", "told"), ANSWERS)
async def test_a_bad_answer_is_told_as_what_it_is(
    answer: bytes | None, is_final: bool, code: int | None, wish_s: float | None, told: str
) -> None:
    async with answering(answer) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await sent(f"{receiver.url}/path-token?query-token", timeout="300ms" if answer is HANGS else "10s")
    error = failed.value
    assert (error.permanent, error.status, error.retry_after_s) == (is_final, code, wish_s)
    assert told in str(error)
    assert str(error).startswith(f"{receiver.url}/...: ")
    assert "token" not in str(error)
    assert len(receiver.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        status("200 OK", body=b"x" * 1_000_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken off",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk",
        status("202 Accepted", "Set-Cookie: \xff=\xfe", "Content-Encoding: gzip", body=b"not gzip"),
    ],
)
async def test_a_2xx_is_delivered_whatever_the_body_is(answer: bytes) -> None:
    async with answering(answer) as receiver:
        assert (await sent(receiver.url)).status in (200, 202)


@pytest.mark.anyio
async def test_a_2xx_is_delivered_even_if_the_body_never_ends() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nand then", holds=True) as receiver:
        assert await sent(receiver.url, timeout="300ms") == Receipt(200)


@pytest.mark.anyio
async def test_a_user_agent_of_the_channel_replaces_ours() -> None:
    async with answering(status("200 OK")) as receiver:
        await sent(receiver.url, headers={"user-agent": "mine"})
    assert receiver.requests[0][0]["user-agent"] == "mine"


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_receiver_that_is_not_there_is_tried_again(scheme: str) -> None:
    async with answering(b"") as gone:
        url = gone.url.replace("http", scheme)
    with pytest.raises(DeliveryError) as failed:
        await sent(url)
    assert (failed.value.permanent, failed.value.status) == (False, None)
    assert str(failed.value) == f"{url}: no connection: connection refused"


@pytest.mark.anyio
async def test_a_fault_of_our_own_is_a_failed_attempt_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    about_nothing = PARCEL._replace(notice=PARCEL.notice._replace(incident=None))
    with pytest.raises(DeliveryError) as failed:
        await kind("webhook").build(options()).send(about_nothing)
    assert not failed.value.permanent
    assert "ValueError in prober itself" in str(failed.value)
    assert "could not be sent" in caplog.text


@pytest.mark.parametrize(
    ("text", "wish_s"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("", None),
        ("-5", None),
        ("inf", None),
        ("9" * 5_000, None),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, wish_s: float | None) -> None:
    assert retry_after_s(text, T0) == wish_s


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"url": "ftp://example.com/"}, "an http or https URL"),
        ({"url": "http:///hush"}, "an http or https URL"),
        ({"url": "http://999.1.1.1/hush"}, "an http or https URL"),
        ({"url": 5}, "an http or https URL"),
        ({"url": "https://hush:hush@example.com/"}, "no user name or password in the URL, use headers"),
        ({"format": "xml"}, "'up'"),
        ({"secret": "hush"}, '"whsec_" and base64 of 24 to 64 bytes'),
        ({"headers": "hush"}, "a table of texts"),
        ({"headers": {"X-A": "hush\r\nX-B: 1"}}, "one line of text for the header X-A"),
        ({"headers": {"X A": "hush"}}, "header names"),
        ({"headers": {"content-length": "5"}}, "no header content-length"),
        ({"headers": {"Host": "hush"}}, "no header Host"),
        ({"headers": {"Webhook-Id": "hush"}}, "no header Webhook-Id"),
        ({"headers": {"X-A": 5}}, "a text for the header X-A"),
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


def test_options_never_show_what_is_secret() -> None:
    one = options("https://example.com/hush?hush", secret=SECRET, headers={"Authorization": "Bearer hush"})
    assert "hush" not in repr(one)
    assert SECRET not in repr(one)
    assert one.target() == "https://example.com/..."


@pytest.mark.parametrize(
    ("url", "target"),
    [("https://Example.com", "https://example.com"), ("http://[::1]:8080/", "http://[::1]:8080")],
)
def test_the_target_is_named_by_its_origin(url: str, target: str) -> None:
    assert options(url).target() == target
