"""Public answers, sent again as they are, past routing and all that makes them: what everyone asks for when all look.

The rules:

1. Kept is only what a GET without credentials was answered with publicly, whole, and with an ETag: such an answer is
   made of the prepared pages, and of nothing of the request but what is in its key.
2. Nothing is kept beyond a change of any page.
3. What readers choose themselves is bounded, in length and in number.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from statusapi.nouns import PageView
from statusapi.views import Views

MOST = 1_000  # answers; a reader may ask for the same in many ways
LONGEST = 400  # bytes of a header that is in a key

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_IN_KEY = frozenset({b"host", b"accept", b"accept-encoding", b"accept-language", b"if-none-match"})
_CREDENTIALS = frozenset({b"authorization", b"cookie", b"range", b"content-length", b"transfer-encoding"})


class _Answer(NamedTuple):
    start: Message
    body: Message


class Express:
    """An application before another one, whose public answers it sends again."""

    def __init__(self, application: Application, views: Views) -> None:
        self.application = application
        self._views = views
        self._of: Mapping[str, PageView] = {}
        self._kept: dict[tuple[Any, ...], _Answer] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        key = _key(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if key is None:
            return await self.application(scope, receive, send)
        try:
            pages = self._views.pages
        except Exception:  # noqa: BLE001 - the application meets it as well, and answers in its own way
            return await self.application(scope, receive, send)
        if pages is not self._of:
            self._of, self._kept = pages, {}
        answer = self._kept.get(key)
        if answer is None:
            return await self._ask(key, scope, receive, send)
        await send(answer.start)
        return await send(answer.body)

    async def _ask(self, key: tuple[Any, ...], scope: Message, receive: Receive, send: Send) -> None:
        said: list[Message] = []
        pages = self._of

        async def listen(message: Message) -> None:
            if len(said) < 3:
                said.append(message)
            await send(message)

        await self.application(scope, receive, listen)
        if len(said) == 2 and _may_be_kept(said[0], said[1]) and self._views.pages is pages is self._of:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = _Answer(said[0], said[1])


def _key(scope: Message) -> tuple[Any, ...] | None:
    """All of a request that an answer may depend on; None if it is not one of many."""
    found = [scope["path"], scope["query_string"]]
    for name, value in scope["headers"]:
        if name in _IN_KEY:
            if len(value) > LONGEST:
                return None
            found += (name, value)
        elif name in _CREDENTIALS:
            return None
    return tuple(found)


def _may_be_kept(start: Message, body: Message) -> bool:
    if start["type"] != "http.response.start" or start["status"] not in (200, 304) or body.get("more_body"):
        return False
    headers = dict(start["headers"])
    return b"etag" in headers and headers.get(b"cache-control", b"").startswith(b"public")
