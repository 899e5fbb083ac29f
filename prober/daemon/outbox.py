"""Carries notices out: one courier for each channel, so that a dead receiver harms nobody else.

At least once, with an id that stays; one at a time for each stream (an incident, a component), in the order they were
decided. What did not arrive is tried again, later and later, until it is too old; every attempt is written down.
While the store does not take an attempt, it is kept in memory, and nothing more is sent: a full disk repeats nothing.
"""

import logging
import random
from collections.abc import Callable, Mapping

import anyio

from prober import fault
from prober.clock import Clock
from prober.core.model import ComponentPolicy, Notice
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.errors import DeliveryError, StoreError
from prober.notifiers import Notifier, Parcel, Site
from prober.store import Attempt, Pending, Store

logger = logging.getLogger(__name__)

FIRST_RETRY_MS = 2_000
LAST_RETRY_MS = 3_600_000
WISHED_RETRY_MS = 900_000  # a receiver's own Retry-After is honoured up to here
LEAST_RETRY_MS = 1_000  # and from here on: "at once" would be as fast as it can refuse
GIVEN_UP_MS = 3 * 86_400_000
IN_SIGHT = 1_000  # notices looked at together
AT_ONCE = 4  # streams served at the same time
LOOK_EVERY_S = 1.0


def retry_delay_ms(attempt: int, wished_s: float | None, draw: Callable[[], float]) -> int:
    """The wait after the attempt-th failed (1 = the first): doubled, with jitter, or what the receiver asks for.

    draw: gives a number from 0 to 1; 1 = the whole delay, 0 = half of it.
    """
    if wished_s is not None:
        return max(LEAST_RETRY_MS, min(int(wished_s * 1000), WISHED_RETRY_MS))
    whole_ms = min(FIRST_RETRY_MS * 2 ** min(attempt - 1, 30), LAST_RETRY_MS)
    return int(whole_ms * (0.5 + draw() / 2))


def _is_ready(one: Pending, now_ms: int) -> bool:
    """Whether it may be tried now. No wait is longer than the longest, whatever the clock was set back by."""
    return not one.attempts or not now_ms < one.next_ms <= now_ms + LAST_RETRY_MS


class Courier:
    """Delivers what one channel is owed until it is cancelled or retired."""

    def __init__(
        self,
        channel: str,
        notifier: Notifier,
        store: Store,
        sites: Mapping[str, Site],
        components: Mapping[str, ComponentPolicy],
        clock: Clock,
        meters: Meters,
        progress: Progress,
    ) -> None:
        self._channel = channel
        self._notifier = notifier
        self._store = store
        self._sites = sites
        self._components = components
        self._clock = clock
        self._meters = meters
        self._progress = progress
        self._wanted = anyio.Event()
        self._is_retired = False
        self._unwritten: dict[str, tuple[Notice, Attempt]] = {}

    def know(self, sites: Mapping[str, Site], components: Mapping[str, ComponentPolicy]) -> None:
        """Speak of these from the next attempt on."""
        self._sites, self._components = sites, components

    def retire(self) -> None:
        """Begin no more attempts, and end once those under way have ended."""
        self._is_retired = True
        self._wanted.set()

    def look(self) -> None:
        """There may be something new to deliver."""
        self._wanted.set()

    async def run(self) -> None:
        """Returns only once it is retired."""
        while not self._is_retired:
            self._wanted = anyio.Event()
            try:
                has_more = await self._round()
            except StoreError as error:
                logger.warning("channel %s: the outbox cannot be read or written: %s", self._channel, error)
                has_more = False
            self._progress.tick(f"outbox {self._channel}")
            if not has_more and not self._is_retired:
                with anyio.move_on_after(LOOK_EVERY_S):
                    await self._wanted.wait()

    async def _round(self) -> bool:
        """Try the first notice of each stream that may be tried now; whether there may be more to do at once."""
        for notice, attempt in list(self._unwritten.values()):
            await self._write(notice, attempt)
        pending = await self._store.outbox.pending(self._channel, IN_SIGHT)
        self._meters.owed.labels(self._channel).set(await self._depth(len(pending)))
        now_ms = self._clock.now_ms()
        heads: dict[str, Pending] = {}
        for one in pending:
            heads.setdefault(one.notice.stream, one)
        ready = [one for one in heads.values() if _is_ready(one, now_ms)][:AT_ONCE]
        async with anyio.create_task_group() as tasks:
            for one in ready:
                tasks.start_soon(self._try, one)
        return bool(ready)

    async def _depth(self, seen: int) -> int:
        """How much is owed, which is counted only if it may be more than was seen."""
        if seen < IN_SIGHT:
            return seen
        depth, _ = (await self._store.outbox.depths()).get(self._channel, (seen, 0))
        return depth

    async def _try(self, one: Pending) -> None:
        number, at_ms = one.attempts + 1, self._clock.now_ms()
        status, error, next_ms = None, None, None
        try:
            fault.reach("send.before")
            receipt = await self._notifier.send(self._parcel(one.notice, number, at_ms))
            fault.reach("send.after")
            status = receipt.status
        except DeliveryError as failed:
            status, error = failed.status, str(failed)
            next_ms = self._next_ms(one, number, failed)
        took_ms = self._clock.now_ms() - at_ms
        attempt = Attempt(one.notice.id, number, at_ms, took_ms, status, error, next_ms)
        self._unwritten[one.notice.id] = (one.notice, attempt)
        try:
            await self._write(one.notice, attempt)
        except StoreError as refused:
            logger.warning("channel %s: an attempt cannot be written down: %s", self._channel, refused)

    async def _write(self, notice: Notice, attempt: Attempt) -> None:
        await self._store.outbox.tried(attempt)
        del self._unwritten[notice.id]
        self._tell(notice, attempt)

    def _next_ms(self, one: Pending, number: int, failed: DeliveryError) -> int | None:
        now_ms = self._clock.now_ms()
        next_ms = now_ms + retry_delay_ms(number, failed.retry_after_s, random.random)
        return None if failed.permanent or next_ms > one.notice.at_ms + GIVEN_UP_MS else next_ms

    def _parcel(self, notice: Notice, number: int, at_ms: int) -> Parcel:
        if notice.incident is not None:
            named = [a.component for a in notice.incident.affected]
        elif notice.change is not None:
            named = [notice.change.component]
        else:
            named = list(notice.maintenance.components) if notice.maintenance else []
        components = {id_: self._components[id_] for id_ in named if id_ in self._components}
        site = self._sites.get(notice.site) or Site(notice.site, "", notice.site, "")
        return Parcel(notice, site, notice.headline, components, number, at_ms)

    def _tell(self, notice: Notice, attempt: Attempt) -> None:
        if attempt.error is None:
            result, level = "delivered", logging.INFO
        else:
            result, level = ("failed", logging.ERROR) if attempt.next_ms is None else ("retry", logging.WARNING)
        self._meters.deliveries.labels(self._channel, result).inc()
        logger.log(
            level,
            "channel %s: notice %s (%s, %s) attempt %d: %s%s",
            self._channel,
            notice.id,
            notice.reason,
            notice.stream,
            attempt.attempt,
            result,
            f": {attempt.error}" if attempt.error else "",
        )
