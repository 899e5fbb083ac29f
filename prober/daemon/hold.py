"""Safe mode: after several starts that did not end well nothing is sent for a while, and everything else goes on.

A daemon that crashes again and again may do so between sending a message and writing that down: it would send the same
again at each start. So it probes, judges, writes and serves, what it owes stays in the outbox, and only when it has
lasted as long as those starts are looked back on is it sent. Trouble is told late then, and never not at all.
"""

import logging

import anyio

from prober.daemon.meters import Meters
from prober.store import WITHIN_MS, Starts

logger = logging.getLogger(__name__)


class Hold:
    """Whether messages are held back."""

    def __init__(self, *, is_on: bool = False) -> None:
        self.is_on = is_on
        self._ended = anyio.Event()
        if not is_on:
            self._ended.set()

    @property
    def reason(self) -> str | None:
        """In one sentence; None if nothing is held back."""
        return "safe mode after several crashes: nothing is sent yet" if self.is_on else None

    def end(self) -> None:
        """Hold nothing back from now on."""
        self.is_on = False
        self._ended.set()

    async def wait(self) -> None:
        """Until nothing is held back."""
        await self._ended.wait()


async def keep_count(starts: Starts, hold: Hold, meters: Meters) -> None:
    """Once we have lasted, forget the starts before and send what is owed. Returns then."""
    meters.safe_mode.set(hold.is_on)
    await anyio.sleep(WITHIN_MS / 1000)
    starts.end()
    if hold.is_on:
        logger.warning("safe mode has ended: what is owed is sent now")
        hold.end()
        meters.safe_mode.set(0)


def held(starts: Starts, now_ms: int, most: int) -> Hold:
    """Note this start, and hold messages back if it is one of `most` or more within ten minutes; 0 = never."""
    count = starts.begin(now_ms)
    if not most or count < most:
        return Hold()
    logger.error(
        "safe mode: %d starts within %d minutes that did not end as told; probing goes on, and nothing is sent for %d"
        " minutes",
        count,
        WITHIN_MS // 60_000,
        WITHIN_MS // 60_000,
    )
    return Hold(is_on=True)
