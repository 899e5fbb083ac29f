"""Transitions in the native dialect: listed from one on, and told as they happen, by server-sent events.

Each has an id that a reader can resume by: what it has missed while it was away is told first, in order, once.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from statusapi.auth import Auth, Principal, bearer, needed, no_bearer
from statusapi.dialects.native_openapi import EVENTS, PREFIX
from statusapi.dialects.wire import moment
from statusapi.past import Past, Reached
from statusapi.prepared import READS
from statusapi.problems import Problem
from statusapi.views import Views

MOST_READERS = 100  # streams at the same time: each reads the store at each change
LOOK_EVERY_S = 20.0  # so that what lies between does not take us for dead
AT_ONCE = 200
_ID = re.compile(r"([0-9]{1,15})-([0-9]{1,6})")
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Limit = Callable[[Request], int]


class Transitions:
    """The handlers."""

    def __init__(self, views: Views, past: Past, auth: Auth, limit: Limit) -> None:
        self._views = views
        self._past = past
        self._auth = auth
        self._limit = limit
        self._readers = 0
        self._waiting: set[anyio.Event] = set()
        views.on_changed(self._call)

    def routes(self) -> list[Route]:
        """A list, and a stream of the same."""
        return [
            Route(f"{PREFIX}/transitions", self._listed, methods=READS),
            Route(f"{PREFIX}/stream", self._stream, methods=READS),
        ]

    async def _listed(self, request: Request) -> Response:
        principal, limit = await self._principal(request), self._limit(request)
        found, _ = await self._past.transitions(principal, _after(request) or Reached(), limit)
        said = json.dumps({"transitions": [_told(one) for one in found]}, ensure_ascii=False, separators=(",", ":"))
        return Response(said, 200, {"Cache-Control": "no-store"}, "application/json")

    async def _stream(self, request: Request) -> Response:
        principal, after = await self._principal(request), _after(request) or self._past.latest
        if self._readers >= MOST_READERS:
            raise Problem(503, "busy", "Too many readers are told of changes already; ask for the list instead.")
        if request.method == "HEAD":
            return Response(headers=_HEADERS, media_type=EVENTS)
        return StreamingResponse(self._events(request, principal, after), headers=_HEADERS, media_type=EVENTS)

    def _principal(self, request: Request) -> Awaitable[Principal]:
        return self._auth.admitted(request, bearer(request), no_bearer(), needed(request))

    async def _events(self, request: Request, principal: Principal, after: Reached) -> AsyncIterator[str]:
        """Until the reader goes, its key is over, or another configuration takes over: then it resumes."""
        self._readers += 1
        turn = anyio.Event()
        try:
            yield "retry: 3000\n\n"
            while not self._views.is_closed and self._auth.still_is(request, principal):
                turn = anyio.Event()
                self._waiting.add(turn)
                try:
                    found, after = await self._past.transitions(principal, after, AT_ONCE)
                except Problem:  # the store can't be read now: the reader comes back, and is told what it has missed
                    return
                yield "".join(map(_event, found)) or ":\n\n"
                if not found:
                    with anyio.move_on_after(LOOK_EVERY_S):
                        await turn.wait()
                self._waiting.discard(turn)
        finally:
            self._waiting.discard(turn)
            self._readers -= 1

    def _call(self) -> None:
        for turn in self._waiting:
            turn.set()


def _after(request: Request) -> Reached | None:
    """From which one on, by Last-Event-ID or ?after=; None if that is not said. Raises Problem."""
    text = request.headers.get("last-event-id") or request.query_params.get("after")
    if text is None:
        return None
    found = _ID.fullmatch(text)
    if found is None:
        raise Problem(400, "field", "after: expected the id of a transition such as 12-0")
    return Reached(int(found[1]), int(found[2]))


def _told(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "at": moment(one["at"]), "since": moment(one["since"])}


def _event(one: dict[str, Any]) -> str:
    said = json.dumps(_told(one), ensure_ascii=False, separators=(",", ":"))
    return f"id: {one['id']}\nevent: transition\ndata: {said}\n\n"
