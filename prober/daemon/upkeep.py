"""Small steady duties: writing what waits, waking the core, deleting what is old."""

import logging

import anyio

from prober.clock import Clock
from prober.core.events import Woke
from prober.daemon.progress import Progress
from prober.errors import StoreError
from prober.record import Recorder
from prober.store import Store

logger = logging.getLogger(__name__)

FLUSH_EVERY_S = 1.0
RETRY_STORE_S = 1.0
WAKE_EVERY_S = 1.0
OBSERVATIONS_KEPT_MS = 7 * 86_400_000
DROP_EVERY_S = 10.0
DROP_AT_ONCE = 5_000


async def keep_written(recorder: Recorder, progress: Progress) -> None:
    """Write changes at once and steady observations about once a second."""
    was_in_trouble = False
    while True:
        with anyio.move_on_after(FLUSH_EVERY_S):
            await recorder.changed()
        try:
            await recorder.flush()
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


async def keep_awake(recorder: Recorder, clock: Clock) -> None:
    """Let the core look again when a moment it named has come."""
    while True:
        now_ms = clock.now_ms()
        wake_ms = recorder.wake_ms
        if wake_ms is not None and wake_ms <= now_ms:
            recorder.wake(Woke(now_ms))
        await anyio.sleep(WAKE_EVERY_S)


async def keep_small(store: Store, clock: Clock) -> None:
    """Delete old raw observations, a few at a time, so that the writer is never held for long."""
    while True:
        gone = 0
        try:
            gone = await store.drop_observations(clock.now_ms() - OBSERVATIONS_KEPT_MS, DROP_AT_ONCE)
        except StoreError as error:
            logger.warning("old observations could not be deleted: %s", error)
        await anyio.sleep(1.0 if gone == DROP_AT_ONCE else DROP_EVERY_S)
