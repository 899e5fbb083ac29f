"""Pages that are not for everybody: whoever has no key of the account, nor the page's password, is told nothing of it.

It stands before everything that is public. A browser asks its reader for the password; programs bring it, or a key, as
`Authorization: Basic`, `Bearer`, or bare. What needs a key anyway, and what tells of no page, passes.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from statusapi.auth import Auth
from statusapi.problems import Problem
from statusapi.views import Views

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Render = Callable[[Problem], Response]

# Paths that have locks of their own, or tell of no page. All others are shut, so that none is forgotten.
_OPEN = re.compile(
    r"/api/prober/.*|/api/v1/(?!public/).*|/api/v1|/metrics|/probe|/sd/.*|/-/.*|/config|/ping/.*|/static/.*"
    r"|(/s/[^/]+)?/(unsubscribe|subscribe/confirm)"  # the link in a mail is a key of its own
)
_SITE = re.compile(r"/s/([^/]+)")


class Private:
    """An application whose private pages are shown to those who may see them."""

    def __init__(self, application: Application, views: Views, auth: Auth, render: Callable[[Request], Render]) -> None:
        self.application = application
        self._views = views
        self._auth = auth
        self._render = render

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._auth.has_private_sites and not _OPEN.fullmatch(scope["path"]):
            request = Request(scope)
            named = _SITE.match(scope["path"])
            page = self._views.find(named[1] if named else None, request.headers.get("host"))
            if page is not None and self._auth.is_private(page.site):
                try:
                    await self._auth.admit_reader(request, page.site)
                except Problem as problem:
                    await self._render(request)(problem)(scope, receive, send)
                    return
                send = _kept_from_others(send)
        await self.application(scope, receive, send)


def _kept_from_others(send: Send) -> Send:
    """The same, so that no cache between us and the reader keeps what is sent."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, value) for name, value in message["headers"] if name.lower() != b"cache-control"]
            message = {**message, "headers": [*headers, (b"cache-control", b"private, no-cache")]}
        await send(message)

    return sent
