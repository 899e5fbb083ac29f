"""Listeners are bound first and drained last."""

from contextlib import closing

import anyio
import httpx
import pytest
from anyio.abc import SocketStream
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from prober.daemon.serve import Replaceable, bound, serving
from prober.errors import ProberError

pytestmark = pytest.mark.anyio


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    await anyio.sleep(0.3 if Request(scope).url.path == "/slow" else 0)
    await PlainTextResponse("here")(scope, receive, send)


async def test_another_application_takes_over_while_answers_of_the_first_are_finished() -> None:
    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("there")(scope, receive, send)

    front = Replaceable(slow)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://front") as client:
        answers: list[str] = []

        async def ask(path: str) -> None:
            answers.append((await client.get(path)).text)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "/slow")
            await anyio.sleep(0.1)
            front.application = other
            await ask("/")
    assert answers == ["there", "here"]


def test_a_taken_address_is_one_sentence() -> None:
    with closing(bound("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ProberError, match=rf"127.0.0.1:{port}: expected a free address to listen on"):
            bound("127.0.0.1", port)


def test_a_name_that_is_no_address_is_one_sentence() -> None:
    with pytest.raises(ProberError, match="expected an address to listen on"):
        bound("no-such-host.invalid", 80)


async def test_answers_under_way_are_finished_before_the_server_ends() -> None:
    with closing(bound("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answers: list[str] = []

        async def ask(path: str) -> None:
            async with httpx.AsyncClient(trust_env=False) as client:
                answers.append((await client.get(url + path)).text)

        async with anyio.create_task_group() as tasks, serving({listener: slow}):
            await ask("/")
            tasks.start_soon(ask, "/slow")
            await anyio.sleep(0.1)
        assert answers == ["here", "here"]


async def test_who_is_connected_at_the_end_is_answered_once_more_and_told_so() -> None:
    with closing(bound("127.0.0.1", 0)) as listener:
        place = listener.getsockname()
        async with anyio.create_task_group() as tasks, serving({listener: slow}):
            quiet, talking = await anyio.connect_tcp(*place), await anyio.connect_tcp(*place)
            await talking.send(GET)
            assert b"connection: close" not in await talking.receive()
            tasks.start_soon(_ask_late, quiet)
            tasks.start_soon(_ask_late, talking)
            await anyio.sleep(0.1)


GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def _ask_late(reader: SocketStream) -> None:
    async with reader:
        await anyio.sleep(0.5)
        await reader.send(GET)
        answer = b"".join([piece async for piece in reader])
        assert answer.endswith(b"here")
        assert b"connection: close" in answer
