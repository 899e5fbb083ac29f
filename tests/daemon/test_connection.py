"""No reader can take what probing needs: connections, memory, or time without end."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import anyio
import pytest
from anyio.abc import SocketStream
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from prober.daemon import connection
from prober.daemon.serve import UNTAKEN_MS, bound, serving

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: here\r\n"
ENOUGH_S = 10


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


@asynccontextmanager
async def port() -> AsyncIterator[int]:
    with closing(bound("127.0.0.1", 0)) as listener, anyio.fail_after(ENOUGH_S):
        async with serving({listener: hello}):
            yield listener.getsockname()[1]


async def all_of(reader: SocketStream) -> bytes:
    """What is said until the connection ends, in whichever way."""
    said = b""
    try:
        async for piece in reader:
            said += piece
    except anyio.BrokenResourceError:
        pass
    return said


@pytest.mark.parametrize("begun", [b"", b"\r\n", GET, GET + b"Content-Length: 9\r\n\r\n1234", GET + b"\r\n" + GET])
async def test_a_request_that_does_not_arrive_is_not_waited_for(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ARRIVES_WITHIN_S", 0.1)
    async with port() as at, await anyio.connect_tcp("127.0.0.1", at) as reader:
        await reader.send(begun)
        assert (b"hello" in await all_of(reader)) is (b"\r\n\r\n" in begun)


@pytest.mark.parametrize(
    "endless", [b"GET /", GET + b"X: ", GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", GET + b"\r\nGET /"]
)
async def test_a_request_without_end_is_cut_off(endless: bytes) -> None:
    async with port() as at, await anyio.connect_tcp("127.0.0.1", at) as reader:
        await reader.send(endless)
        with pytest.raises(anyio.BrokenResourceError):
            await reader.send(b"x" * 200 * connection.LONGEST_REQUEST)


async def test_what_is_long_and_within_bounds_is_answered() -> None:
    async with port() as at, await anyio.connect_tcp("127.0.0.1", at) as reader:
        for _ in range(3):
            await reader.send(GET + b"X: " + b"x" * (connection.LONGEST_REQUEST - 100) + b"\r\n\r\n")
            said = b""
            while b"hello" not in said:
                said += await reader.receive()


LEFT = [
    GET + b"\r\n" + GET + b"\r\n",
    GET + b"\r\n\x00garbage\r\n\r\n",
    GET + b"Content-Length: 9\r\n\r\n1234",
    GET + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
]


@pytest.mark.parametrize("begun", LEFT)
async def test_who_has_left_is_told_nothing(begun: bytes, caplog: pytest.LogCaptureFixture) -> None:
    here, gone = anyio.Event(), anyio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        here.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        await PlainTextResponse("hello")(scope, receive, send)
        gone.set()

    with closing(bound("127.0.0.1", 0)) as listener, anyio.fail_after(ENOUGH_S):
        async with serving({listener: slow}):
            async with await anyio.connect_tcp("127.0.0.1", listener.getsockname()[1]) as reader:
                await reader.send(begun)
                await here.wait()
            await gone.wait()
    assert "Exception" not in caplog.text


async def test_garbage_is_not_the_answer_to_what_came_before_it() -> None:
    here, told = anyio.Event(), anyio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        here.set()
        await told.wait()

    with closing(bound("127.0.0.1", 0)) as listener, anyio.fail_after(ENOUGH_S):
        async with (
            serving({listener: slow}),
            await anyio.connect_tcp("127.0.0.1", listener.getsockname()[1]) as reader,
        ):
            await reader.send(GET + b"\r\n")
            await here.wait()
            await reader.send(b"\x00garbage\r\n\r\n")
            assert await all_of(reader) == b""
            told.set()


async def test_a_body_that_can_not_be_read_is_told_so() -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    with closing(bound("127.0.0.1", 0)) as listener, anyio.fail_after(ENOUGH_S):
        async with (
            serving({listener: reads}),
            await anyio.connect_tcp("127.0.0.1", listener.getsockname()[1]) as reader,
        ):
            await reader.send(GET + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
            assert (await all_of(reader)).startswith(b"HTTP/1.1 400 ")


async def test_who_is_one_too_many_is_turned_away_until_another_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST", 1)
    async with port() as at, await anyio.connect_tcp("127.0.0.1", at) as first:
        await first.send(GET)
        async with await anyio.connect_tcp("127.0.0.1", at) as second:
            assert await all_of(second) == b""
        await first.send(b"Connection: close\r\n\r\n")
        assert b"hello" in await all_of(first)
        async with await anyio.connect_tcp("127.0.0.1", at) as third:
            await third.send(GET + b"Connection: close\r\n\r\n")
            assert b"hello" in await all_of(third)


def test_half_of_all_descriptors_are_left_for_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 1024))
    assert connection.most_connections() == 256


def test_who_takes_nothing_of_an_answer_is_given_up() -> None:
    with closing(bound("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with closing(accepted):
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNTAKEN_MS
