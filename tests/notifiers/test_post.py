"""A notice that is posted says exactly once per attempt what became of it, whatever the receiver does."""

from typing import Any

import pytest

from prober.errors import DeliveryError
from prober.notifiers import Parcel, Receipt
from prober.notifiers.keys import HookUrl, place
from prober.notifiers.post import Letter, Manners, Post, retry_after_s, said, said_seconds, said_text
from prober.options import ChannelOptions, Secret
from tests.builders import T0
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import HANGS, answering, status

PARCEL = PARCELS["incident_opened"]


class Hook(ChannelOptions):
    """A kind that posts."""

    url: HookUrl
    """Where to."""
    key: Secret | None = None
    """With what."""

    def target(self) -> str:
        return place(self.url)


def hook(url: str, **keys: Any) -> Hook:
    return Hook.model_validate({"kind": "hook", "url": url, **keys})


async def sent(url: str, within: str = "10s") -> Receipt:
    one = hook(url, timeout=within)
    return await Post(one, lambda parcel: Letter(one.url, b"{}")).send(PARCEL)


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
            await sent(f"{receiver.url}/path-token?query-token", "300ms" if answer is HANGS else "10s")
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
        assert await sent(receiver.url, "300ms") == Receipt(200)


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
    def broken(parcel: Parcel) -> Letter:
        raise ValueError(f"notice {parcel.notice.id} is about nothing")

    with pytest.raises(DeliveryError) as failed:
        await Post(hook("http://127.0.0.1:9/"), broken).send(PARCEL)
    assert not failed.value.permanent
    assert "ValueError in prober itself" in str(failed.value)
    assert "could not be sent" in caplog.text


@pytest.mark.anyio
async def test_what_a_kind_has_no_words_for_is_not_sent() -> None:
    async with answering(status("200 OK")) as receiver:
        receipt = await Post(hook(receiver.url), lambda parcel: None).send(PARCEL)
    assert receipt == Receipt(None, "nothing to send")
    assert receiver.requests == []


WORDY = Manners(
    complaint=lambda body: said_text(body, "error"),
    wish_s=lambda body: said_seconds(body, "again", "in"),
    denies=lambda body: said(body, "ok") is False,
)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("line", "body", "is_final", "wish_s", "told"),
    [
        ("400 Bad", b'{"error": "no  such\\nroom"}', True, None, "answered 400: no such room"),
        ("400 Bad", b'{"error": "path-token is wrong"}', True, None, "answered 400"),
        ("400 Bad", b'{"error": "hush-hush is wrong"}', True, None, "answered 400"),
        ("400 Bad", b'{"error": "bell \\u0007"}', True, None, "answered 400: bell"),
        ("400 Bad", b'{"error": 5}', True, None, "answered 400"),
        ("400 Bad", b"[" * 60_000, True, None, "answered 400"),
        ("400 Bad", b'{"error": "' + b"x" * 500 + b'"}', True, None, "answered 400: " + "x" * 200),
        ("302 There", b'{"error": "gone"}', True, None, "answered 302, and redirects are not followed"),
        ("429 Slow", b'{"again": {"in": 1.5}}', False, 1.5, "answered 429"),
        ("429 Slow", b'{"again": {"in": -1}}', False, 7.0, "answered 429"),
        ("429 Slow", b'{"again": true}', False, 7.0, "answered 429"),
        ("200 OK", b'{"ok": false, "error": "not now"}', False, 7.0, "answered 200: not now"),
    ],
)
async def test_what_a_service_says_in_its_answers_is_heard(
    line: str, body: bytes, is_final: bool, wish_s: float | None, told: str
) -> None:
    async with answering(status(line, "Retry-After: 7", body=body)) as receiver:
        one = hook(f"{receiver.url}/path-token", key="hush-hush")
        with pytest.raises(DeliveryError) as failed:
            await Post(one, lambda parcel: Letter(one.url, b"{}"), WORDY).send(PARCEL)
    assert (failed.value.permanent, failed.value.retry_after_s) == (is_final, wish_s)
    assert str(failed.value) == f"{receiver.url}/...: {told}"


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
