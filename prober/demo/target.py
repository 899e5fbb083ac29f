"""A faulty target: each of its paths is well or ill by a cycle of its own, or as it is told.

An ill path answers 503; /slow answers late instead. POST /control {"path": "/dies", "mode": "down"} makes a path
ill, "up" well, "auto" hands it back to its cycle.
"""

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from prober.clock import Clock

SLOW_S = 1.0
LONGEST_S = 60.0
MAX_CONTROL_BYTES = 1024


class Mode(StrEnum):
    """Who decides how a path is."""

    AUTO = "auto"
    DOWN = "down"
    UP = "up"


class Cycle(NamedTuple):
    """Ill for ill_s from first_s on, counted from the start, and again every period_s. ill_s 0 = always well."""

    first_s: float = 0
    ill_s: float = 0
    period_s: float = 60

    def is_ill(self, age_s: float) -> bool:
        """Whether it is ill, age_s seconds after the start."""
        since_s = age_s - self.first_s
        return since_s >= 0 and since_s % self.period_s < self.ill_s


Cycles = Mapping[str, Cycle]

STANDALONE: Cycles = {
    "/healthy": Cycle(),
    "/slow": Cycle(first_s=40, ill_s=40, period_s=120),
    "/flapping": Cycle(first_s=3, ill_s=3, period_s=6),
    "/dies": Cycle(first_s=60, ill_s=60, period_s=180),
}
# Soon and short enough that a newcomer sees the whole of an outage within a minute.
DEMO: Cycles = {
    **STANDALONE,
    "/slow": Cycle(first_s=50, ill_s=40, period_s=120),
    "/dies": Cycle(first_s=15, ill_s=25, period_s=120),
}

ABOUT = {
    "/healthy": "always answers 200",
    "/slow": f"at times answers after {SLOW_S:g} s; ?delay=2.5 always after that many seconds",
    "/flapping": "answers 200 and 503 in turn, every few seconds",
    "/dies": "answers 503 for a while, then recovers, again and again",
}


class Target:
    """The faulty target's application, and how each of its paths is."""

    def __init__(self, clock: Clock, cycles: Cycles = STANDALONE) -> None:
        self._clock = clock
        self._cycles = cycles
        self._started_ms = clock.now_ms()
        self._modes = dict.fromkeys(cycles, Mode.AUTO)
        self._stopping = anyio.Event()
        self.app = Starlette(
            routes=[
                Route("/", self._index),
                Route("/control", self._control, methods=["POST"]),
                *(Route(path, self._answer) for path in cycles),
            ]
        )

    def is_ill(self, path: str) -> bool:
        """How the path is now."""
        if self._modes[path] is not Mode.AUTO:
            return self._modes[path] is Mode.DOWN
        return self._cycles[path].is_ill((self._clock.now_ms() - self._started_ms) / 1000)

    def set_mode(self, path: str, mode: Mode) -> None:
        """From now on the path is as the mode says."""
        self._modes[path] = mode

    def stop(self) -> None:
        """Let answers that are being delayed go out now."""
        self._stopping.set()

    async def _index(self, _request: Request) -> Response:
        rows = [f"{path:<12}{'ill ' if self.is_ill(path) else 'well'}  {ABOUT[path]}" for path in self._cycles]
        return PlainTextResponse("\n".join(rows) + "\n")

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        is_ill = self.is_ill(path)
        if path != "/slow":
            return PlainTextResponse("ill\n", 503) if is_ill else PlainTextResponse("well\n")
        try:
            delay_s = float(request.query_params.get("delay", SLOW_S if is_ill else 0))
        except ValueError:
            delay_s = math.nan
        if not 0 <= delay_s <= LONGEST_S:
            return PlainTextResponse(f"delay: expected seconds from 0 to {LONGEST_S:g}\n", 400)
        with anyio.move_on_after(delay_s):
            await self._stopping.wait()
        return PlainTextResponse("well\n")

    async def _control(self, request: Request) -> Response:
        try:
            order = json.loads(await _body(request))
            path, mode = order["path"], Mode(order["mode"])
            if path not in self._cycles:
                raise ValueError(path)
        except (ValueError, KeyError, TypeError, RecursionError):
            paths, modes = " ".join(self._cycles), " ".join(Mode)
            return PlainTextResponse(f'expected {{"path": one of {paths}, "mode": one of {modes}}}\n', 400)
        self.set_mode(path, mode)
        return Response(status_code=204)


async def _body(request: Request) -> bytes:
    """The body; ValueError if it is larger than an order can be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_CONTROL_BYTES:
            raise ValueError(len(body))
    return body
