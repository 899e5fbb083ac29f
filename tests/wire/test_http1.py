"""One request and its response; the hostile ones are in test_hostile.py."""

import asyncio
import gzip

import anyio
import anyio.lowlevel
import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.failure import Failed
from prober.wire.http1 import MAX_HEADER_BYTES, MAX_HEADERS, MAX_INTERIM, Exchange, Reading, Response
from prober.wire.phases import Stopwatch
from tests.wire.hostile import (
    INTERIM,
    OK,
    Act,
    Peer,
    answers,
    answers_unasked,
    chunked,
    ends_at_once,
    floods,
    hangs_up,
    reply,
    resets,
    serving,
    silent,
)

pytestmark = pytest.mark.anyio

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LOOPBACK = Address("127.0.0.1", 4)
READ_ALL = Reading(frozenset({200, 204, 404}), True, b"", 1_000_000)


async def exchanged(act: Act, reading: Reading = READ_ALL, is_head: bool = False, asked: bytes = ASKED) -> Response:
    watch = Stopwatch(lambda: 0)
    async with serving(act) as port:
        transport, exchange = await connect(lambda: Exchange(watch, reading, is_head), LOOPBACK, port)
        try:
            return await exchange.ask(transport, asked)
        finally:
            transport.abort()


def said(head: str, body: bytes = b"") -> Act:
    return answers(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)


async def test_what_a_verdict_needs_is_kept() -> None:
    response = await exchanged(said("HTTP/1.1 200 OK\nContent-Length: 5\nX-Other: y", b"hello"))
    assert response == Response(200, "1.1", 5, 5, False, None)


@pytest.mark.parametrize(
    ("head", "body", "length", "read"),
    [
        ("HTTP/1.1 200 OK", b"until the end", -1, 13),
        ("HTTP/1.0 200 OK", b"until the end", -1, 13),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n", -1, 5),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: gzip", b"until the end", -1, 13),
        ("HTTP/1.1 204 No Content", b"", -1, 0),
        ("HTTP/1.1 204 No Content\nContent-Length: 9", b"", 9, 0),
        ("HTTP/1.1 500 Oh", b"not read", -1, 0),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"2  \r\nab\r\n0\r\n\r\n", -1, 2),
        ("HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early\nLink: x\n\nHTTP/1.1 200 OK", b"x", -1, 1),
    ],
)
async def test_every_way_to_frame_a_body_is_understood(head: str, body: bytes, length: int, read: int) -> None:
    response = await exchanged(said(head, body))
    assert (response.content_length, response.body_length) == (length, read)


async def test_lines_may_end_without_cr() -> None:
    response = await exchanged(answers(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"))
    assert (response.content_length, response.body_length) == (2, 2)


async def test_a_text_is_looked_for_and_reading_stops_at_it() -> None:
    endless = floods(b"HTTP/1.1 200 OK\r\n\r\nhay needle", b" hay" * 16_384)
    response = await exchanged(endless, READ_ALL._replace(text=b"needle"))
    assert response.has_text
    assert response.body_length <= READ_ALL.limit


async def test_the_answer_to_head_has_no_body_whatever_it_says() -> None:
    response = await exchanged(said("HTTP/1.1 200 OK\nContent-Length: 99"), is_head=True)
    assert (response.content_length, response.body_length) == (99, 0)


async def test_a_redirect_that_is_followed_is_not_read_and_one_that_is_not_is() -> None:
    redirect = said("HTTP/1.1 302 Found\nLocation: /first\nLocation: /second\nContent-Length: 3", b"abc")
    reading = READ_ALL._replace(body_for=frozenset({302}))
    assert (await exchanged(redirect, reading)).body_length == 0
    response = await exchanged(redirect, reading._replace(skip_redirects=False))
    assert (response.body_length, response.location) == (3, b"/second")


@pytest.mark.parametrize(
    "act",
    [
        said("HTTP/1.1 200 OK\nX: " + "y" * MAX_HEADER_BYTES),
        said("HTTP/1.1 200 OK" + "\nX: y" * (MAX_HEADERS + 1)),
        floods(b"HTTP/1.1 200 ", b"y" * 65_536),
    ],
    ids=["bytes", "count", "reason phrase"],
)
async def test_headers_are_bounded(act: Act) -> None:
    with pytest.raises(Failed, match="the header section is too large") as caught:
        await exchanged(act)
    assert caught.value.reason is Reason.HTTP_TOO_LARGE


async def test_as_much_as_is_allowed_is_taken() -> None:
    head = "HTTP/1.1 200 OK" + "\nX: y" * MAX_HEADERS
    assert (await exchanged(said(head, b"ok"))).body_length == 2
    assert (await exchanged(answers(INTERIM * MAX_INTERIM + OK))).body_length == 2


@pytest.mark.parametrize(
    ("act", "reason", "said"),
    [
        (answers(), Reason.HTTP_TRUNCATED, "the peer closed the connection without an answer"),
        (answers(b"HTTP/1.1 2"), Reason.HTTP_TRUNCATED, "the peer closed the connection within its header section"),
        (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), Reason.HTTP_TRUNCATED, "the body breaks off"),
        (answers(chunked(b"2\r\nhi\r\n")), Reason.HTTP_TRUNCATED, "the body breaks off"),
        (answers(b"SSH-2.0-x\r\n"), Reason.HTTP_MALFORMED, "the answer is not HTTP/1.1: "),
        (answers(b"HTTP/2.0 200 OK\r\n\r\n"), Reason.HTTP_MALFORMED, "the answer's first line is not that of HTTP/1.1"),
        (answers(b"HTTP/1.1 000 No\r\n\r\n"), Reason.HTTP_MALFORMED, "the answer's first line is not that of HTTP/1.1"),
        (answers(INTERIM * 11), Reason.HTTP_MALFORMED, "more than 10 interim responses"),
        (answers(chunked(b"1;" + b"x" * 70_000)), Reason.HTTP_TOO_LARGE, "the body is lost in its framing"),
        (resets(b"HTTP/1.1 200 OK\r\n"), Reason.CONNECT_RESET, "the connection broke: connection reset by peer"),
    ],
)
async def test_an_answer_that_is_none_is_said_in_one_sentence(act: Act, reason: Reason, said: str) -> None:
    with pytest.raises(Failed) as caught:
        await exchanged(act)
    assert caught.value.reason is reason
    assert caught.value.detail.startswith(said)


async def test_a_coded_body_counts_decoded_where_a_text_is_looked_for() -> None:
    act = answers(reply(gzip.compress(b"hay" * 100), b"Content-Encoding: gzip"))
    assert (await exchanged(act, READ_ALL._replace(text=b"needle"))).body_length == 300
    broken = answers(reply(gzip.compress(b"hay")[:-4], b"Content-Encoding: gzip"))
    with pytest.raises(Failed, match="the body's gzip breaks off"):
        await exchanged(broken, READ_ALL._replace(text=b"needle"))


async def test_what_follows_the_end_of_the_answer_changes_nothing() -> None:
    redirect = reply(b"", b"Location: /a", status=b"302 Found")
    response = await exchanged(answers(redirect + redirect.replace(b"/a", b"/b")))
    assert (response.status, response.location) == (302, b"/a")
    trailers = chunked(b"2\r\nhi\r\n0\r\nLocation: /c\r\n\r\n")
    assert (await exchanged(answers(trailers))).location is None


async def test_an_interim_response_leaves_no_header_behind() -> None:
    response = await exchanged(said("HTTP/1.1 103 Early\nLocation: /a\nContent-Length: 7\n\nHTTP/1.1 200 OK", b"x"))
    assert (response.content_length, response.location) == (-1, None)


async def test_a_large_request_is_sending_until_it_has_gone() -> None:
    may_read = asyncio.Event()

    async def hears_late(peer: Peer) -> None:
        await may_read.wait()
        for _ in range(150):
            await peer.hear()
        await peer.say(OK)

    watch = Stopwatch(lambda: 0)
    async with serving(hears_late) as port:
        transport, exchange = await connect(lambda: Exchange(watch, READ_ALL, False), LOOPBACK, port)
        async with anyio.create_task_group() as group:
            group.start_soon(exchange.ask, transport, (b"x" * 60_000 + b"\r\n\r\n") * 150)
            await anyio.wait_all_tasks_blocked()
            assert watch.running is Phase.SEND
            may_read.set()
        transport.abort()
    assert [phase for phase, _ in watch.phases_us()] == [Phase.SEND, Phase.PROCESSING, Phase.TRANSFER]


async def test_a_small_request_takes_no_time_to_send() -> None:
    watch = Stopwatch(lambda: 0)
    async with serving(silent) as port:
        transport, exchange = await connect(lambda: Exchange(watch, READ_ALL, False), LOOPBACK, port)
        async with anyio.create_task_group() as group:
            group.start_soon(exchange.ask, transport, ASKED)
            await anyio.wait_all_tasks_blocked()
            assert watch.running is Phase.PROCESSING
            group.cancel_scope.cancel()
        transport.abort()


async def test_whoever_speaks_first_is_heard_after_the_question_but_not_before_tls() -> None:
    async with serving(answers_unasked) as port:
        transport, exchange = await connect(lambda: Exchange(Stopwatch(lambda: 0), READ_ALL, False), LOOPBACK, port)
        with pytest.raises(Failed, match="this is no TLS port"):
            await never_quiet(exchange)
        assert (await exchange.ask(transport, ASKED)).body_length == 2
        transport.abort()


@pytest.mark.parametrize("act", [hangs_up, ends_at_once])
async def test_whoever_hangs_up_first_is_known_before_tls_and_after_the_question(act: Act) -> None:
    async with serving(act) as port:
        transport, exchange = await connect(lambda: Exchange(Stopwatch(lambda: 0), READ_ALL, False), LOOPBACK, port)
        with pytest.raises(Failed, match="closed the connection during the TLS handshake"):
            await never_quiet(exchange)
        while not transport.is_closing():
            await anyio.lowlevel.checkpoint()
        await anyio.wait_all_tasks_blocked()  # nothing more will be heard of it
        with pytest.raises(Failed, match="closed the connection without an answer"):
            await exchange.ask(transport, ASKED)
        transport.abort()


async def test_a_mistake_of_ours_is_not_taken_for_the_targets() -> None:
    async with serving(silent) as port:
        transport, exchange = await connect(lambda: Exchange(Stopwatch(lambda: 0), READ_ALL, False), LOOPBACK, port)
        asyncio.get_running_loop().call_soon(exchange.connection_lost, ZeroDivisionError("ours"))
        with pytest.raises(ZeroDivisionError, match="ours"):
            await exchange.ask(transport, ASKED)
        transport.abort()


async def never_quiet(exchange: Exchange) -> None:
    """Returns by what expect_quiet raises."""
    while True:
        exchange.expect_quiet()
        await anyio.lowlevel.checkpoint()
