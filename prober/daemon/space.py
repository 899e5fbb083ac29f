"""The day the disk is full: the ballast is given up so that writing goes on, and taken again when there is room."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio
from anyio import to_thread

from prober.daemon.meters import Meters
from prober.errors import StoreFullError
from prober.store import Ballast

logger = logging.getLogger(__name__)

T = TypeVar("T")

HOLD_EVERY_S = 60.0


class Space:
    """What can be given up. meters: tell whether there is any."""

    def __init__(self, ballast: Ballast) -> None:
        self._ballast = ballast

    def make(self) -> bool:
        """Give up what is held; whether there was any."""
        if not self._ballast.release():
            return False
        logger.error("the disk is full: the ballast beside the database is given up, make room now")
        return True

    async def making(self, write: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Write, and once more if the disk was full and there was something to give up. Raises what it raises."""
        try:
            return await write()
        except StoreFullError:
            if not self.make():
                raise
            return await write()

    async def keep(self, meters: Meters) -> None:
        """Hold the ballast whenever there is plenty of room. Never returns by itself."""
        was_held = True
        while True:
            is_held = await to_thread.run_sync(self._ballast.hold)
            if is_held and not was_held:
                logger.warning("there is room again: the ballast beside the database is back")
            was_held = is_held
            meters.ballast.set(is_held)
            await anyio.sleep(HOLD_EVERY_S)
