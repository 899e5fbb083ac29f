"""When we stood still ourselves while probes were under way, so that no target is charged for it.

The event loop is asked for a beat every BEAT_NS as long as probes run. What looks at the clock much later than the next
beat was due knows that the loop, the whole process or the machine stood still: whatever held it, nobody watched. The
standstill counts from the last sign of life, so it may be told too long by one beat, and is never charged to a target
in part. What is shorter than a beat and the patience with it is not told from a busy moment.

A look is a comparison and two assignments; a beat costs a few microseconds.
"""

import asyncio
from collections.abc import Callable

BEAT_NS = 50_000_000
PATIENCE_NS = 20_000_000  # a beat that is late by less is that of a busy loop


class Standstill:
    """Of one event loop, by one monotonic clock. Probes `begin` and `end`; between these it beats."""

    __slots__ = ("_late_ns", "_loop", "_now_ns", "_seen_ns", "_stood_ns", "_timer", "under_way")

    def __init__(self, loop: asyncio.AbstractEventLoop, now_ns: Callable[[], int]) -> None:
        self._loop = loop
        self._now_ns = now_ns
        self._stood_ns = 0
        self._seen_ns = self._late_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self.under_way = 0
        """Probes between their begin and their end."""

    def is_of(self, loop: asyncio.AbstractEventLoop, now_ns: Callable[[], int]) -> bool:
        """Whether it is the one of this loop and this clock."""
        return self._loop is loop and self._now_ns == now_ns

    def begin(self) -> None:
        """A probe begins."""
        self.under_way += 1
        if self._timer is None:
            self._seen_ns = self._now_ns()
            self._plan(self._seen_ns)

    def end(self) -> None:
        """A probe has ended."""
        self.under_way -= 1

    def look(self, now_ns: int) -> int:
        """Nanoseconds that we have stood still so far, as seen at this moment of the clock; never falls."""
        if now_ns > self._late_ns and self._timer is not None:
            self._stood_ns += now_ns - self._seen_ns
            self._late_ns = now_ns + BEAT_NS + PATIENCE_NS
        self._seen_ns = now_ns
        return self._stood_ns

    def _beat(self) -> None:
        now_ns = self._now_ns()
        self.look(now_ns)
        self._timer = None
        if self.under_way:
            self._plan(now_ns)

    def _plan(self, now_ns: int) -> None:
        self._late_ns = now_ns + BEAT_NS + PATIENCE_NS
        self._timer = self._loop.call_later(BEAT_NS / 1e9, self._beat)


_latest: Standstill | None = None


def standstill(now_ns: Callable[[], int]) -> Standstill:
    """That of the running loop and this clock."""
    global _latest
    loop = asyncio.get_running_loop()
    if _latest is None or not _latest.is_of(loop, now_ns):
        _latest = Standstill(loop, now_ns)
    return _latest
