"""Small steady duties: writing what waits, waking the core, deleting what is old."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

import anyio

from prober.clock import Clock
from prober.core.events import Woke
from prober.daemon.progress import Progress
from prober.daemon.space import Space
from prober.errors import StoreError
from prober.record import Recorder
from prober.store import Store

logger = logging.getLogger(__name__)

FLUSH_EVERY_S = 1.0
RETRY_STORE_S = 1.0
REST_S = 0.2  # between two turns when there is more to do
WAKE_EVERY_S = 1.0
LOOK_EVERY_S = 1.0
STUCK_S = 5.0
SUM_UP_EVERY_S = 10.0
MEASURE_EVERY_S = 30.0
SUMMED_AT_ONCE = 50_000  # observations, in one turn
DROPPED_AT_ONCE = 20_000  # rows that are deleted in one transaction
HOURS_AT_ONCE = 500
LINKS_AT_ONCE = 50
STEADY_MS = 3_600_000  # so long a clock that jumped must go on without another jump before it is believed
AWAY_MS = 86_400_000  # who was away for longer than that may just as well have been told a wrong time
SPARE_PAGES, PAGES_AT_ONCE = 1_000, 500


async def keep_written(recorder: Recorder, progress: Progress, space: Space | None = None) -> None:
    """Write changes at once and steady observations about once a second. space: to be made when there is none."""
    was_in_trouble = False
    flush = recorder.flush if space is None else partial(space.making, recorder.flush)
    while True:
        with anyio.move_on_after(FLUSH_EVERY_S):
            await recorder.changed()
        try:
            await flush()
        except StoreError as error:
            if not was_in_trouble:
                logger.error("nothing can be written, what happens is kept in memory: %s", error)  # noqa: TRY400
            was_in_trouble = True
            await anyio.sleep(RETRY_STORE_S)
        else:
            if was_in_trouble:
                logger.warning("writing goes on again; nothing that was judged is lost")
            was_in_trouble = False
        progress.tick("writer")


async def keep_told(recorder: Recorder) -> None:
    """Tell of a write that neither ends nor is refused: a disk that hangs says nothing itself."""
    seen, looks = 0, 0
    while True:
        is_same = recorder.begun == seen and recorder.begun != recorder.ended
        seen, looks = recorder.begun, looks + 1 if is_same else 0
        if looks * LOOK_EVERY_S >= STUCK_S and recorder.trouble is None:
            recorder.trouble = f"the store has taken no write for {STUCK_S:.0f} seconds"
            logger.error("%s; what happens is kept in memory", recorder.trouble)
        await anyio.sleep(LOOK_EVERY_S)


async def keep_awake(recorder: Recorder, clock: Clock) -> None:
    """Let the core look again when a moment it named has come."""
    while True:
        now_ms = clock.now_ms()
        wake_ms = recorder.wake_ms
        if wake_ms is not None and wake_ms <= now_ms:
            recorder.wake(Woke(now_ms))
        await anyio.sleep(WAKE_EVERY_S)


class Kept(NamedTuple):
    """How long what happened is kept, in ms. notices: None = for ever."""

    raw_ms: int
    minutes_ms: int
    hours_ms: int
    notices_ms: int | None


class Small:
    """Sums up what was observed and deletes what is old, a few rows at a time: the writer is never held for long.

    What depends on the clock waits while that is not trusted: it has jumped and was not steady since, or it tells
    at the start of much more time than has passed by all that is stored. Nothing that it deletes could be had back.
    """

    def __init__(self, store: Store, clock: Clock, kept: Kept) -> None:
        self._store, self._clock, self._kept = store, clock, kept
        self._is_doubted: bool | None = None  # None: what is stored has not been asked yet

    async def turn(self) -> bool:
        """Whether there may be more to do at once."""
        has_more = await self._store.rollups.roll(SUMMED_AT_ONCE) == SUMMED_AT_ONCE
        if not await self._is_trusted():
            return has_more
        now_ms = self._clock.now_ms()
        has_more |= await self._store.rollups.close_hours(now_ms, HOURS_AT_ONCE) == HOURS_AT_ONCE
        return await _dropped(self._store, now_ms, self._kept) or has_more

    async def _is_trusted(self) -> bool:
        if self._is_doubted is None:
            seen_ms = await self._store.last_seen_ms()
            self._is_doubted = seen_ms is not None and abs(self._clock.now_ms() - seen_ms) > AWAY_MS
        return self._clock.steady_ms() >= STEADY_MS or not (self._is_doubted or self._clock.has_jumped)


async def keep_small(store: Store, clock: Clock, kept: Kept) -> None:
    """Never returns by itself."""
    small, trouble = Small(store, clock, kept), ""
    while True:
        has_more = False
        try:
            has_more = await small.turn()
            trouble = ""
        except StoreError as error:
            if str(error) != trouble:
                logger.warning("history could not be summed up or deleted: %s", error)
            trouble = str(error)
        await anyio.sleep(REST_S if has_more else SUM_UP_EVERY_S)


async def keep_measured(measure: Callable[[], Awaitable[None]]) -> None:
    """Have what is measured shown. Never returns by itself. measure: raises StoreError."""
    trouble = ""
    while True:
        await anyio.sleep(MEASURE_EVERY_S)
        try:
            await measure()
            trouble = ""
        except StoreError as error:
            if str(error) != trouble:
                logger.warning("what is measured can't be read, and is shown as it was: %s", error)
            trouble = str(error)
        except Exception as error:  # a chart is not worth that nobody watches any more
            if str(error) != trouble:
                logger.exception("what is measured is shown as it was, by a mistake in prober")
            trouble = str(error)


async def _dropped(store: Store, now_ms: int, kept: Kept) -> bool:
    """Whether there may be more to do at once."""
    is_full = await store.drop_observations(now_ms - kept.raw_ms, DROPPED_AT_ONCE) == DROPPED_AT_ONCE
    for step, kept_ms in (("minute", kept.minutes_ms), ("hour", kept.hours_ms)):
        is_full |= await store.rollups.drop(step, now_ms - kept_ms, DROPPED_AT_ONCE) > 0
    await store.subscribers.forget(now_ms)
    if kept.notices_ms is not None:
        is_full |= await store.drop_notices(now_ms - kept.notices_ms, now_ms, LINKS_AT_ONCE) > 0
    return await store.shrink(SPARE_PAGES, PAGES_AT_ONCE) > SPARE_PAGES + PAGES_AT_ONCE or is_full
