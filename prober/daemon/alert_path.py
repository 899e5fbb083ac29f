"""Looks every ten seconds at whether people would be told, drills the channels when it is time, and has it judged.

Only the operator's channels count: one that somebody made through the API is trouble of his own.
"""

import logging
from collections.abc import Callable

import anyio

from prober.clock import Clock
from prober.config import Config, operators_channels
from prober.core import alert_path
from prober.core.own import LOOK_EVERY_MS
from prober.daemon import own_notices
from prober.daemon.meters import Meters
from prober.errors import StoreError
from prober.record import Recorder
from prober.store import Store

logger = logging.getLogger(__name__)


class Drills:
    """Begins drills: notices marked as tests, which go the way of all notices."""

    def __init__(self, config: Callable[[], Config], store: Store, clock: Clock) -> None:
        self._config = config
        self._store = store
        self._clock = clock

    async def begin(self, channel: str) -> str:
        """The id of the notice that is owed from now on. Raises StoreError."""
        site = next(iter(self._config().sites))
        notice = own_notices.test(channel, site, self._clock.now_ms())
        await self._store.outbox.drill(notice)
        return notice.id


class AlertPath:
    """Keeps an eye on the channels until it is cancelled. config: the one that holds now."""

    def __init__(
        self, config: Callable[[], Config], recorder: Recorder, store: Store, clock: Clock, meters: Meters
    ) -> None:
        self._config = config
        self._drills = Drills(config, store, clock)
        self._recorder = recorder
        self._store = store
        self._clock = clock
        self._meters = meters
        self._since_ms = clock.now_ms()

    async def keep(self) -> None:
        """Never returns by itself."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                logger.warning("the outbox can't be read or written, channels are not looked at: %s", error)
            await anyio.sleep(LOOK_EVERY_MS / 1000)

    async def look(self) -> None:
        """See how the channels stand, have it judged and measured, and begin what drills are due. Raises StoreError."""
        config, now_ms = self._config(), self._clock.now_ms()
        lines = await self._store.outbox.lines(operators_channels(config))
        for line in lines:
            self._meters.see(line, now_ms)
        # While we were not there nobody could be told: what waits has waited since we came back.
        fair = [
            line._replace(waiting_ms=max(line.waiting_ms, self._since_ms)) if line.waiting_ms is not None else line
            for line in lines
        ]
        self._recorder.observe([alert_path.observation(fair, now_ms)])
        every_ms, drilled = config.daemon.drill_every, config.daemon.drill_channels
        for line in lines if every_ms is not None else ():
            if (not drilled or line.channel in drilled) and line.drill_is_due(now_ms, every_ms or 0):
                await self._drills.begin(line.channel)
                logger.info("channel %s is drilled", line.channel)
