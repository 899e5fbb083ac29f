"""Measures what nobody comes by otherwise: how late the event loop is, and how large the database."""

import logging
from pathlib import Path

import anyio
from anyio import to_thread

from prober.clock import Clock
from prober.daemon.meters import Meters
from prober.store import Store

logger = logging.getLogger(__name__)

BEAT_S = 0.1
SIZE_EVERY_S = 5.0


async def keep_timed(clock: Clock, meters: Meters) -> None:
    """Ask the loop for a beat, and see by how much it comes too late. Never returns by itself."""
    while True:
        due_ns = clock.monotonic_ns() + round(BEAT_S * 1e9)
        await anyio.sleep(BEAT_S)
        meters.stalls.observe(max(0, clock.monotonic_ns() - due_ns) / 1e9)


async def keep_sized(store: Store, meters: Meters) -> None:
    """See how large the database and its log are. Never returns by itself."""
    while True:
        file, log = await to_thread.run_sync(_sizes, store.path)
        meters.file_bytes.set(file)
        meters.log_bytes.set(log)
        await anyio.sleep(SIZE_EVERY_S)


def _sizes(path: Path) -> tuple[int, int]:
    """Of the database and its log, in bytes; 0 for what is not there."""
    return _size(path), _size(path.with_name(f"{path.name}-wal"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        logger.debug("%s has no size: %s", path, error)
        return 0
