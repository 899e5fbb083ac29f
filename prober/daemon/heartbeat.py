"""A dead man's switch: somebody elsewhere is told that we live, and raises the alarm when that stops.

It is told only while the scheduler, the writer and every courier make turns, and while at least one channel takes what
it is sent: for what cannot be told is as good as not watched.
"""

import logging
from collections.abc import Callable, Collection

import anyio

from prober.clock import Clock
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.errors import StoreError
from prober.store import Store
from prober.wire import tls
from prober.wire.httpx_lean import httpx
from prober.wire.request import USER_AGENT

logger = logging.getLogger(__name__)

TIMEOUT_S = 10.0
STUCK_S = 60.0  # a courier's turn may last as long as its attempts


class Heartbeat:
    """Beats until it is cancelled. url: None = nobody is told, but it is still seen whether any channel works.

    channels: those that are served now.
    """

    def __init__(
        self,
        url: str | None,
        every_ms: int,
        progress: Progress,
        store: Store,
        channels: Callable[[], Collection[str]],
        clock: Clock,
        meters: Meters,
    ) -> None:
        self._url = url
        self._every_s = every_ms / 1000
        self._progress = progress
        self._store = store
        self._channels = channels
        self._clock = clock
        self._meters = meters
        self._trouble: str | None = None

    async def keep(self) -> None:
        """Never returns by itself."""
        while True:
            trouble = await self.trouble()
            if trouble is not None and trouble != self._trouble:
                logger.error("the alert path is broken: %s", trouble)
            elif trouble is None and self._trouble is not None:
                logger.warning("the alert path works again")
            self._trouble = trouble
            self._meters.alert_path.set(trouble is None)
            if trouble is None and self._url is not None:
                await self._beat(self._url)
            await anyio.sleep(self._every_s)

    async def trouble(self) -> str | None:
        """Why nobody should believe that we would tell; None if we would."""
        stuck = self._progress.stuck(STUCK_S)
        if stuck:
            return f"no progress in: {', '.join(stuck)}"
        channels = self._channels()
        try:
            states = await self._store.outbox.channels()
        except StoreError as error:
            return f"the outbox cannot be read: {error}"
        works = [id_ for id_ in channels if id_ not in states or states[id_].failing_ms is None]
        return "no channel takes notices" if channels and not works else None

    async def _beat(self, url: str) -> None:
        headers = [(b"User-Agent", USER_AGENT.encode()), (b"Connection", b"close")]
        transport = httpx.AsyncHTTPTransport(verify=tls.context(True, None), trust_env=False)
        try:
            with anyio.fail_after(TIMEOUT_S):
                async with transport:
                    answer = await transport.handle_async_request(httpx.Request("GET", url, headers=headers))
        except (httpx.RequestError, httpx.InvalidURL, TimeoutError) as error:
            logger.warning("the heartbeat did not arrive: %s", type(error).__name__)
            return
        if answer.is_success:
            self._meters.heartbeat.set(self._clock.now_ms() / 1000)
        else:
            logger.warning("the heartbeat was refused: answered %d", answer.status_code)
