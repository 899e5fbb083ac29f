"""One POST: its bytes, what counts as an answer, which address is asked, and that it ends in time."""

from collections.abc import Sequence

import pytest
from anyio import create_task_group, create_tcp_listener
from anyio.abc import SocketAttribute, SocketStream

from prober.wire.failure import Failed
from prober.wire.posted import posted, reading, written
from prober.wire.url import parse
from tests.notifiers.receivers import HANGS, answering, status

pytestmark = pytest.mark.anyio


class Names:
    """A look-up that always gives these addresses."""

    def __init__(self, *ips: str) -> None:
        self.ips = ips

    async def __call__(self, _host: str) -> Sequence[str]:
        return self.ips


def wire(url: str, body: bytes = b"{}") -> bytes:
    return written(parse(url), [("X-A", "one"), ("X-A", "two")], body)


def test_a_request_is_written_whole_and_nothing_gets_between_its_headers() -> None:
    assert written(parse("http://a.example:81/p?q=1"), [("X", "y")], b"{}") == (
        b"POST /p?q=1 HTTP/1.1\r\nHost: a.example:81\r\nX: y\r\nContent-Length: 2\r\n\r\n{}"
    )
    with pytest.raises(ValueError, match="header X holds a control character"):
        written(parse("http://a.example/"), [("X", "y\r\nEvil: z")], b"")


async def test_the_answer_is_heard_with_the_headers_that_are_wanted() -> None:
    async with answering(status("503 Busy", "Retry-After: 7", "Other: 1", body=b"later")) as receiver:
        found = await posted(parse(receiver.url), wire(receiver.url), reading("Retry-After"), Names("127.0.0.1"), 10)
        assert found is not None
        assert (found.status, found.content, found.fields) == (503, b"later", {b"retry-after": [b"7"]})
    assert receiver.requests[0][1] == b"{}"


async def test_a_large_body_arrives_whole() -> None:
    body = b"x" * 3_000_000
    async with answering(status("204 No Content")) as receiver:
        found = await posted(parse(receiver.url), wire(receiver.url, body), reading(), Names("127.0.0.1"), 20)
        assert found is not None
        assert receiver.requests[0][1] == body


async def test_an_address_that_refuses_is_followed_by_the_next() -> None:
    async with answering(status("204 No Content")) as receiver:
        names = Names("127.0.0.2", "127.0.0.1")
        found = await posted(parse(receiver.url), wire(receiver.url), reading(), names, 10)
        assert found is not None
        with pytest.raises(ConnectionRefusedError):
            await posted(parse(receiver.url), wire(receiver.url), reading(), Names("127.0.0.2", "127.0.0.3"), 10)
    with pytest.raises(OSError, match="no address"):
        await posted(parse(receiver.url), wire(receiver.url), reading(), Names(), 10)


async def test_there_is_one_deadline_and_a_head_that_came_before_it_counts() -> None:
    async with answering(HANGS) as silent:
        assert await posted(parse(silent.url), wire(silent.url), reading(), Names("127.0.0.1"), 0.2) is None
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nand", holds=True) as slow:
        found = await posted(parse(slow.url), wire(slow.url), reading(), Names("127.0.0.1"), 0.5)
        assert found is not None
        assert (found.status, found.content) == (200, b"and")


async def test_what_is_no_tls_is_told_as_that_and_nothing_is_sent() -> None:
    heard = bytearray()

    async def speak(stream: SocketStream) -> None:
        async with stream:
            heard.extend(await stream.receive())
            await stream.send(b"220 this is mail\r\n" * 20)

    async with await create_tcp_listener(local_host="127.0.0.1") as listener, create_task_group() as tasks:
        tasks.start_soon(listener.serve, speak)
        url = f"https://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/"
        with pytest.raises(Failed) as failed:
            await posted(parse(url), wire(url, b"secret"), reading(), Names("127.0.0.1"), 20)
        tasks.cancel_scope.cancel()
    assert failed.value.reason.startswith("tls_")
    assert b"secret" not in heard
