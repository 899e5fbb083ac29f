"""Where jobs report: the addresses and answers that clients of Healthchecks know.

`/ping/<token>` is a good report, `/start`, `/fail` and `/log` behind it say what they say, and so does an exit status.
A token that nobody has is 404, whatever else is asked of it.
"""

from collections.abc import Awaitable, Mapping
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prober.core.heartbeat import Signal

MOST_BODY = 100_000  # bytes that are taken of what a job says besides; nothing of it is kept
MOST_STATUS = 255

_HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", "Ping-Body-Limit": str(MOST_BODY)}
_SIGNALS: Mapping[str, Signal] = {"": Signal.GOOD, "start": Signal.START, "fail": Signal.FAIL, "log": Signal.LOG}
_METHODS = ["GET", "HEAD", "POST"]


class Take(Protocol):
    """Takes one report; False if nobody has that token."""

    def __call__(self, token: str, signal: Signal, code: int | None = None) -> Awaitable[bool]: ...


def routes(take: Take) -> list[BaseRoute]:
    """GET, HEAD and POST of /ping/<token> and what may follow it."""

    async def ping(request: Request) -> Response:
        found = _meaning(request.path_params.get("what", ""))
        if found is None:
            return PlainTextResponse("invalid url format", 400, _HEADERS)
        is_known = await take(request.path_params["token"], *found)  # before the body: a slow one delays no report
        await _hear_out(request)
        return PlainTextResponse("OK" if is_known else "not found", 200 if is_known else 404, _HEADERS)

    return [Route(path, ping, methods=_METHODS) for path in ("/ping/{token}", "/ping/{token}/{what}")]


def _meaning(what: str) -> tuple[Signal, int | None] | None:
    """What stands behind the token, and the exit status in it; None if that means nothing."""
    if what in _SIGNALS:
        return _SIGNALS[what], None
    if not (what.isascii() and what.isdigit() and len(what) <= len(str(MOST_STATUS)) and int(what) <= MOST_STATUS):
        return None
    code = int(what)
    return (Signal.FAIL if code else Signal.GOOD), code


async def _hear_out(request: Request) -> None:
    """So that a client that is still sending hears the answer; not for longer than is right."""
    length = 0
    try:
        async for piece in request.stream():
            length += len(piece)
            if length > MOST_BODY:
                return
    except ClientDisconnect:
        return
