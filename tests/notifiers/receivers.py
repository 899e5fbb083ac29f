"""Receivers on loopback that answer with exactly the bytes they are told to."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketStream

HANGS: bytes | None = None


DRIP_S = 0.1


class Drips(bytes):
    """An answer that comes a byte at a time, and would last for minutes."""


Judge = Callable[[dict[str, str], bytes], bytes]
"""Answers a request, given its headers (the first line is "") and its body."""


class Receiver:
    """url: where it listens, "http://127.0.0.1:port". requests: head and body of each, as they came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[dict[str, str], bytes]] = []


@asynccontextmanager
async def answering(answer: bytes | Judge | None, *, holds: bool = False) -> AsyncIterator[Receiver]:
    """A receiver that reads a request, answers and closes, or holds the line; HANGS = it never answers."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    receiver = Receiver(f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}")

    async def serve(stream: SocketStream) -> None:
        async with stream:
            headers, body = await _request(stream)
            receiver.requests.append((headers, body))
            if answer is not None:
                with suppress(anyio.BrokenResourceError):  # it has heard enough
                    await said(stream, answer(headers, body) if callable(answer) else answer)
            if answer is None or holds:
                await anyio.sleep_forever()

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield receiver
        tasks.cancel_scope.cancel()


async def said(stream: SocketStream, answer: bytes) -> None:
    """At once, or as it drips."""
    if not isinstance(answer, Drips):
        await stream.send(answer)
        return
    for byte in answer:
        await stream.send(bytes([byte]))
        await anyio.sleep(DRIP_S)


async def _request(stream: SocketStream) -> tuple[dict[str, str], bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)} | {"": first}
    while len(body) < int(headers.get("content-length", "0")):
        body += await stream.receive()
    return headers, body


def status(line: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of an answer."""
    head = [f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def strict(check: Callable[[str, Any], None], good: bytes, bad: bytes) -> Judge:
    """A service that takes JSON. check: is given the path and what was posted, and raises at what is to be refused."""

    def judge(headers: dict[str, str], body: bytes) -> bytes:
        verb, path, _ = headers[""].split(" ")
        try:
            assert verb == "POST"
            assert headers["content-type"] == "application/json"
            check(path, json.loads(body))
        except (AssertionError, KeyError, TypeError, ValueError):
            return bad
        return good

    return judge


def busy_at_first(busy: bytes, judge: Judge) -> Judge:
    """Answers `busy` to the first request, and judges all later ones."""
    answers = iter([busy])
    return lambda headers, body: next(answers, None) or judge(headers, body)


def asked(judge: Judge, message: Any, path: str = "/hook") -> bytes:
    """What the service answers to such a message."""
    return judge({"": f"POST {path} HTTP/1.1", "content-type": "application/json"}, json.dumps(message).encode())


def utf16(text: str) -> int:
    """The length of a text as services in JavaScript count it."""
    return len(text.encode("utf-16-le")) // 2
