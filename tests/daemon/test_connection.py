"""No reader can take what probing needs: connections, memory, or time without end."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import anyio
import pytest
from anyio.abc import SocketStream
from anyio.lowlevel import checkpoint
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from prober.daemon import connection
from prober.daemon.connection import Connection, PageConnection
from prober.daemon.control import ControlConnection
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


def test_a_quarter_of_all_descriptors_is_left_whatever_readers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 1024))
    public, up, metrics, control = PageConnection, Connection, Connection, ControlConnection
    found = [connection.most_connections(kind.eighths) for kind in (public, up, metrics, control)]
    assert found == [384, 128, 128, 128]


async def test_of_an_answer_that_nobody_takes_little_is_kept_and_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.daemon.serve.UNTAKEN_MS", 500)
    sent, is_over = 0, anyio.Event()

    async def floods(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        async with anyio.create_task_group() as tasks:

            async def flood() -> None:
                nonlocal sent
                await send({"type": "http.response.start", "status": 200, "headers": []})
                while True:
                    await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
                    sent += 65_536
                    await checkpoint()  # once the reader has gone, there is nothing to wait for

            tasks.start_soon(flood)
            await receive()
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()
        is_over.set()

    with closing(bound("127.0.0.1", 0)) as listener, socket.socket() as reader, anyio.fail_after(ENOUGH_S):
        async with serving({listener: floods}):
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            reader.connect(listener.getsockname())
            reader.send(GET + b"\r\n")
            await is_over.wait()
    assert 0 < sent < 16 * 1024 * 1024  # what the kernel takes, and no more


def test_who_takes_nothing_of_an_answer_is_given_up() -> None:
    with closing(bound("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with closing(accepted):
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNTAKEN_MS
