"""The stream of changes by WebSocket: the application is asked for it, and each event is passed on as a message.

1. What holds for the stream holds here by that: who may read, how many there may be, how often one may ask.
2. A page of another host may not listen: browsers bring a page's password by themselves.
3. Readers have nothing to say; who does is sent away.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

RESTARTED, UNWANTED = 1012, 1008  # codes with which we close: come again; do not
_PATHS = re.compile(r"(/s/[^/]+)?/live")
_EVENT = b"data: "


async def carry(application: Application, scope: Message, receive: Receive, send: Send) -> None:
    """Answer a WebSocket with what the application streams at its path; with its refusal, if it streams nothing."""
    if not _PATHS.fullmatch(scope["path"]) or not _is_from_here(Headers(scope=scope)):
        await send({"type": "websocket.close"})
        return
    carrier = _Carrier(receive, send)
    asked = {**scope, "type": "http", "method": "GET", "scheme": scope["scheme"].replace("ws", "http")}
    # By this version of ASGI a stream looks whether its reader is still there.
    asked["asgi"] = {**scope["asgi"], "spec_version": "2.3"}
    await application(asked, carrier.receive, carrier.send)
    await carrier.close()


def _is_from_here(headers: Headers) -> bool:
    """Whether no browser asks for a page of another host. Programs send no Origin."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower()


class _Carrier:
    """A WebSocket, as HTTP sees it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._is_open = False
        self._code = RESTARTED

    async def receive(self) -> Message:
        found = await self._receive()
        if found["type"] == "websocket.connect":
            return {"type": "http.request", "body": b"", "more_body": False}
        if found["type"] == "websocket.disconnect":
            self._is_open = False
        self._code = UNWANTED
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        with suppress(OSError):  # whoever has left is noticed by receive
            if self._is_open:
                if message.get("body", b"").startswith(_EVENT):
                    text = message["body"].removeprefix(_EVENT).strip().decode()
                    await self._send({"type": "websocket.send", "text": text})
            elif message["type"] == "http.response.start" and _is_stream(message):
                await self._send({"type": "websocket.accept"})
                self._is_open = True
            elif message["type"].startswith("http.response."):
                await self._send({**message, "type": f"websocket.{message['type']}"})

    async def close(self) -> None:
        """Close what is open."""
        if self._is_open:
            with suppress(OSError):
                await self._send({"type": "websocket.close", "code": self._code})


def _is_stream(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"])["content-type"].startswith("text/event-stream")
