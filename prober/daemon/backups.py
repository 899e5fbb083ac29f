"""Makes backups by itself, at the times that follow from those there are: a restart makes none too many."""

import logging
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from prober.clock import Clock
from prober.daemon.meters import Meters
from prober.errors import StoreError
from prober.store import copy, latest_ms

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
RETRY_S = 600.0


async def keep_backed_up(directory: Path, folder: Path, every_ms: int, keep: int, clock: Clock, meters: Meters) -> None:
    """Save the state in the directory to the folder. Never returns by itself."""
    made_ms = await to_thread.run_sync(latest_ms, folder)
    meters.backed_up.set((made_ms or 0) / 1000)
    while True:
        rest_s = LOOK_EVERY_S
        now_ms = clock.now_ms()
        if made_ms is None or not made_ms <= now_ms < made_ms + every_ms:  # also if the clock was set back
            made = await _made(directory, folder, keep, now_ms, meters)
            made_ms, rest_s = (now_ms, LOOK_EVERY_S) if made else (made_ms, RETRY_S)
        await anyio.sleep(min(rest_s, every_ms / 1000))


async def _made(directory: Path, folder: Path, keep: int, now_ms: int, meters: Meters) -> bool:
    """Whether it has been made; if not, that is told."""
    try:
        saved = await to_thread.run_sync(partial(copy, directory, folder, now_ms, keep), abandon_on_cancel=True)
    except (StoreError, OSError) as error:
        logger.error("the backup failed, and is tried again in %d minutes: %s", RETRY_S // 60, error)  # noqa: TRY400
        meters.backup_trouble.set(1)
        return False
    logger.info("saved %d bytes to %s; the head of its chain is %s", saved.size, saved.path, saved.head or "none")
    meters.backup_trouble.set(0)
    meters.backed_up.set(now_ms / 1000)
    return True
