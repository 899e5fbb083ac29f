"""Who has the page open is told at once that it has changed: server-sent events, a tag of the page each.

The page itself is then asked for as ever. A reader who can't be told asks by itself now and then.
"""

import asyncio
import resource
from collections import deque
from collections.abc import AsyncIterator, Callable

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from statusapi.page.headers import HEADERS
from statusapi.prepared import page_of
from statusapi.problems import Problem
from statusapi.views import Views

MOST = 12_288  # readers at the same time: each holds a connection of the listener's 16,384
LOOK_EVERY_S = 20.0  # a page may change by the clock alone; and what lies between shall not take us for dead
AT_ONCE = 32  # readers; then probes have their turn
_RETRY_MS = 3_000
_MEDIA_TYPE = "text/event-stream"


def most_readers() -> int:
    """How many may be told: three quarters of the page's connections, so that those who only ask still find one."""
    return min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 9 // 32)


class Live:
    """The streams of one configuration's pages. tag: of the page that a request means, the same as long as it is."""

    def __init__(self, views: Views, tag: Callable[[Request], str]) -> None:
        self._views = views
        self._tag = tag
        self._readers = 0
        self._waiting: dict[anyio.Event, None] = {}
        self._called: deque[anyio.Event] = deque()
        views.on_changed(self._call)

    async def stream(self, request: Request) -> Response:
        """A stream that ends when the reader goes, or when another configuration takes over. Raises Problem."""
        page_of(self._views, request)
        if self._readers >= most_readers():
            raise Problem(503, "busy", "Too many readers are told of changes already; ask for the page instead.")
        headers = HEADERS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=_MEDIA_TYPE)
        return StreamingResponse(self._events(request), headers=headers, media_type=_MEDIA_TYPE)

    async def _events(self, request: Request) -> AsyncIterator[str]:
        self._readers += 1
        try:
            yield f"retry: {_RETRY_MS}\n\n"
            told = ""
            while not self._views.is_closed:
                tag = self._tag(request)
                yield ":\n\n" if tag == told else f"data: {tag}\n\n"
                told = tag
                if tag == self._tag(request):  # it may have changed while it was told
                    await self._change()
        finally:
            self._readers -= 1

    async def _change(self) -> None:
        """Wait for the next change, or for as long as one may go without looking."""
        if self._views.is_closed:
            return
        turn = anyio.Event()
        self._waiting[turn] = None
        try:
            with anyio.move_on_after(LOOK_EVERY_S):
                await turn.wait()
        finally:
            self._waiting.pop(turn, None)

    def _call(self) -> None:
        """Something has changed. Thousands who wake in the same moment would hold up the probes, so they take turns."""
        is_calling = bool(self._called)
        self._called.extend(self._waiting)
        self._waiting.clear()
        if self._called and not is_calling:
            self._call_some()

    def _call_some(self) -> None:
        for _ in range(min(AT_ONCE, len(self._called))):
            self._called.popleft().set()
        if self._called:
            asyncio.get_running_loop().call_soon(self._call_some)
