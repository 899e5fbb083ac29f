"""One request and its response; the hostile ones are in test_hostile.py."""

import asyncio

import anyio
import anyio.lowlevel
import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.connect import connect
from prober.wire.failure import Failed
from prober.wire.http1 import MAX_HEADER_BYTES, Exchange, Reading, Response
from prober.wire.phases import Stopwatch
from prober.wire.resolve import Address
from tests.wire.hostile import Act, Peer, answers, serving

pytestmark = pytest.mark.anyio

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
READ_ALL = Reading(frozenset({200, 404}), True, b"", 1_000_000)


async def exchanged(act: Act, reading: Reading = READ_ALL, is_head: bool = False, asked: bytes = ASKED) -> Response:
    watch = Stopwatch(lambda: 0)
    async with serving(act) as port:
        transport, exchange = await connect(lambda: Exchange(watch, reading, is_head), Address("127.0.0.1", 4), port)
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
        ("HTTP/1.1 500 Oh", b"not read", -1, 0),
        ("HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early\nLink: x\n\nHTTP/1.1 200 OK", b"x", -1, 1),
    ],
)
async def test_every_way_to_frame_a_body_is_understood(head: str, body: bytes, length: int, read: int) -> None:
    response = await exchanged(said(head, body))
    assert (response.content_length, response.body_length) == (length, read)


async def test_a_text_is_looked_for_and_reading_stops_at_it() -> None:
    async def endless(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await peer.say(b"hay needle hay")

    response = await exchanged(endless, READ_ALL._replace(text=b"needle"))
    assert response.has_text


async def test_the_answer_to_head_has_no_body_whatever_it_says() -> None:
    response = await exchanged(said("HTTP/1.1 200 OK\nContent-Length: 99"), is_head=True)
    assert (response.content_length, response.body_length) == (99, 0)


async def test_a_redirect_that_is_followed_is_not_read_and_one_that_is_not_is() -> None:
    redirect = said("HTTP/1.1 302 Found\nLocation: /first\nLocation: /second\nContent-Length: 3", b"abc")
    reading = READ_ALL._replace(body_for=frozenset({302}))
    assert (await exchanged(redirect, reading)).body_length == 0
    response = await exchanged(redirect, reading._replace(skip_redirects=False))
    assert (response.body_length, response.location) == (3, b"/second")


async def test_headers_are_bounded_in_bytes() -> None:
    with pytest.raises(Failed, match="the header section is too large") as caught:
        await exchanged(said("HTTP/1.1 200 OK\nX: " + "y" * MAX_HEADER_BYTES))
    assert caught.value.reason is Reason.HTTP_TOO_LARGE


async def test_a_large_request_is_sending_until_it_has_gone() -> None:
    is_read = asyncio.Event()

    async def hears_late(peer: Peer) -> None:
        await is_read.wait()
        for _ in range(80):
            await peer._reader.readexactly(100_000)
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\n")

    watch = Stopwatch(lambda: 0)
    async with serving(hears_late) as port:
        transport, exchange = await connect(lambda: Exchange(watch, READ_ALL, False), Address("127.0.0.1", 4), port)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange.ask, transport, bytes(8_000_000))
            while watch.running is None:
                await anyio.lowlevel.checkpoint()
            await anyio.sleep(0.05)
            assert watch.running is Phase.SEND
            is_read.set()
        transport.abort()
    assert [phase for phase, _ in watch.phases_us()] == [Phase.SEND, Phase.PROCESSING, Phase.TRANSFER]


async def test_whoever_speaks_first_is_heard_after_the_question_but_not_before_tls() -> None:
    async def early(peer: Peer) -> None:
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\nhi")

    watch = Stopwatch(lambda: 0)
    async with serving(early) as port:
        transport, exchange = await connect(lambda: Exchange(watch, READ_ALL, False), Address("127.0.0.1", 4), port)
        while not exchange._early:
            await anyio.lowlevel.checkpoint()
        with pytest.raises(Failed, match="this is no TLS port"):
            exchange.expect_quiet()
        assert (await exchange.ask(transport, ASKED)).body_length == 2
        transport.abort()
