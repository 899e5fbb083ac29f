"""Carries notices out: one courier for each channel, so that a dead receiver harms nobody else.

At least once, with an id that stays; one at a time for each stream (an incident, a component), in the order they were
decided. What did not arrive is tried again, later and later, until it is too old; every attempt is written down.
While the store does not take an attempt, it is kept in memory, and nothing more is sent: a full disk repeats nothing.

Each stream has its own turn: the first notice of each that may be tried, those never tried before those that failed, so
that no number of old ones delays what is new. When an attempt fails, the round ends, and what is new comes first again.
A channel whose receiver forgets is told again and again of what lasts, which counts as no attempt.
What could not be told for long and has ended meanwhile is told by its end alone. A receiver that says it is gone (410),
or to which nothing has arrived for three days, is disabled: its notices are kept, and the other channels are told.
"""

import logging
import random
from collections.abc import Callable, Collection, Mapping

import anyio

from prober import fault
from prober.clock import Clock
from prober.core.model import Notice, NoticeReason
from prober.core.policy import ComponentPolicy
from prober.daemon import own_notices
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.sightings import Sightings
from prober.errors import DeliveryError, StoreError
from prober.notifiers import Notifier, Parcel, Site
from prober.store import Attempt, ChannelState, Pending, Store

logger = logging.getLogger(__name__)

FIRST_RETRY_MS = 2_000
LAST_RETRY_MS = 3_600_000
WISHED_RETRY_MS = 900_000  # a receiver's own Retry-After is honoured up to here
LEAST_RETRY_MS = 1_000  # and from here on: "at once" would be as fast as it can refuse
GIVEN_UP_MS = 3 * 86_400_000
DISABLED_MS = 3 * 86_400_000  # a channel to which nothing has arrived for so long
FOLDED_MS = 3_600_000  # what could not be told for so long and is over is told by its end
IN_SIGHT = 100  # streams looked at together
AT_ONCE = 4  # streams served at the same time
LOOK_EVERY_S = 1.0
GONE = 410

ENDS: Mapping[NoticeReason, frozenset[NoticeReason]] = {
    NoticeReason.OPENED: frozenset({NoticeReason.RESOLVED}),
    NoticeReason.MAINTENANCE_STARTED: frozenset({NoticeReason.MAINTENANCE_COMPLETED}),
}
"""What may tell a beginning that was never told."""


def retry_delay_ms(attempt: int, wished_s: float | None, draw: Callable[[], float]) -> int:
    """The wait after the attempt-th failed (1 = the first): doubled, with jitter, or what the receiver asks for.

    draw: gives a number from 0 to 1; 1 = the whole delay, 0 = half of it.
    """
    if wished_s is not None:
        return max(LEAST_RETRY_MS, min(int(wished_s * 1000), WISHED_RETRY_MS))
    whole_ms = min(FIRST_RETRY_MS * 2 ** min(attempt - 1, 30), LAST_RETRY_MS)
    return int(whole_ms * (0.5 + draw() / 2))


def is_stale(one: Pending, now_ms: int) -> bool:
    """Whether it tells a beginning, and has failed to for so long that an end would better be told with it."""
    return one.notice.reason in ENDS and one.attempts > 0 and now_ms - one.owed_ms > FOLDED_MS


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
        renew_ms: int | None = None,
        timeout_ms: int = 0,
    ) -> None:
        """renew_ms: how often what was told last of a thing is sent again while that lasts; None = never.

        timeout_ms: how long an attempt may last.
        """
        self._channel = channel
        self._notifier = notifier
        self._store = store
        self._sites = sites
        self._components = components
        self._clock = clock
        self._meters = meters
        self._progress = progress
        self._renew_ms = renew_ms
        self._renew_at_ms = 0
        self._timeout_s = timeout_ms / 1000
        self._wanted = anyio.Event()
        self._is_retired = False
        self._has_failed = False
        self._is_forgiven = False
        self._others: Collection[str] = ()
        self._sightings: Sightings | None = None
        self._state = ChannelState(channel)
        self._unwritten: dict[str, tuple[Notice, Attempt]] = {}

    def know(
        self,
        sites: Mapping[str, Site],
        components: Mapping[str, ComponentPolicy],
        channels: Collection[str] = (),
        sightings: Sightings | None = None,
    ) -> None:
        """Speak of these from the next attempt on. channels: all that there are; the others are told of trouble.

        sightings: where evidence is looked up; None = the channel says none.
        """
        self._sites, self._components, self._sightings = sites, components, sightings
        self._others = [id_ for id_ in channels if id_ != self._channel]

    def retire(self) -> None:
        """Begin no more attempts, and end once those under way have ended."""
        self._is_retired = True
        self._wanted.set()

    def forgive(self) -> None:
        """Serve the channel even if it was disabled: it is another one now."""
        self._is_forgiven = True

    def look(self) -> None:
        """There may be something new to deliver."""
        self._wanted.set()

    async def run(self) -> None:
        """Returns only once it is retired."""
        while not self._is_retired:
            self._wanted = anyio.Event()
            try:
                has_more = await self._round()
                await self._renew()
            except StoreError as error:
                logger.warning("channel %s: the outbox cannot be read or written: %s", self._channel, error)
                has_more = False
            self._tick()
            if not has_more and not self._is_retired:
                with anyio.move_on_after(LOOK_EVERY_S):
                    await self._wanted.wait()

    def _tick(self, busy_s: float = 0) -> None:
        self._progress.tick(f"outbox {self._channel}", busy_s)

    async def _round(self) -> bool:
        """Try the first notice of each stream that may be tried now; whether there may be more to do at once."""
        for notice, attempt in list(self._unwritten.values()):
            await self._write(notice, attempt)
        outbox, now_ms = self._store.outbox, self._clock.now_ms()
        await self._see_state(now_ms)
        owed, failed = await outbox.standing(self._channel)
        self._meters.owed.labels(self._channel).set(owed)
        self._meters.failed.labels(self._channel).set(failed)
        self._meters.disabled.labels(self._channel).set(self._state.disabled_ms is not None)
        if not owed:
            return False
        if self._state.disabled_ms is not None:
            await outbox.give_up(self._channel, now_ms - GIVEN_UP_MS)
            return False
        ready = await outbox.ready(self._channel, now_ms, LAST_RETRY_MS, IN_SIGHT)
        folded = [await outbox.fold(one.notice, ENDS[one.notice.reason]) for one in ready if is_stale(one, now_ms)]
        if any(folded):
            logger.info("channel %s: %d notices are told by later ones", self._channel, sum(folded))
            return True
        await self._deliver(ready)
        return bool(ready)

    async def _renew(self) -> None:
        """If it is time, send again what was told last of each thing that lasts. Nothing of it is written down: it is
        told already, and what could not be sent is sent the next time.
        """
        now_ms = self._clock.now_ms()
        is_early = self._renew_at_ms - (self._renew_ms or 0) <= now_ms < self._renew_at_ms
        if self._renew_ms is None or is_early or self._state.disabled_ms is not None:
            return
        self._renew_at_ms = now_ms + self._renew_ms
        for one in await self._store.outbox.lasting(self._channel):
            if self._is_retired:
                return
            self._tick(self._timeout_s)
            try:
                await self._notifier.send(await self.parcel(one, one.attempts, self._clock.now_ms()))
            except DeliveryError as failed:
                logger.warning("channel %s: what lasts could not be told again: %s", self._channel, failed)
                return

    async def _see_state(self, now_ms: int) -> None:
        """Whether the channel is disabled; a person may have enabled it meanwhile, which the others are told."""
        before, self._state = self._state, await self._store.outbox.channel(self._channel)
        if self._is_forgiven and self._state.disabled_ms is not None:
            before, self._state = self._state, ChannelState(self._channel)
        self._is_forgiven = False
        if before.disabled_ms is not None and self._state.disabled_ms is None:
            site = next(iter(self._sites), "")
            told = own_notices.enabled(self._channel, self._others, site, before.disabled_ms, now_ms)
            await self._become(self._state, told)
            logger.info("channel %s is served again", self._channel)

    async def _deliver(self, ready: list[Pending]) -> None:
        """Some at a time; after a failure no more are begun."""
        left = iter(ready)
        self._has_failed = False

        async def serve() -> None:
            for one in left:
                await self._try(one)
                if self._has_failed or self._is_retired or self._state.disabled_ms is not None:
                    return

        async with anyio.create_task_group() as tasks:
            for _ in range(min(AT_ONCE, len(ready))):
                tasks.start_soon(serve)

    async def _try(self, one: Pending) -> None:
        number, at_ms = one.attempts + 1, self._clock.now_ms()
        status, error, next_ms = None, None, None
        self._tick(self._timeout_s)
        try:
            fault.reach("send.before")
            receipt = await self._notifier.send(await self.parcel(one, number, at_ms))
            fault.reach("send.after")
            status = receipt.status
        except DeliveryError as failed:
            self._has_failed = True
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
        await self._judge(attempt)

    async def _judge(self, attempt: Attempt) -> None:
        """What the attempt says of the channel: well again, failing, or to be given up."""
        before = self._state
        if attempt.error is None:
            if before.failing_ms is not None:
                await self._become(ChannelState(self._channel))
            return
        failing_ms = before.failing_ms or attempt.at_ms
        after = ChannelState(self._channel, failing_ms, before.disabled_ms, attempt.error)
        is_lost = attempt.status == GONE or attempt.at_ms - failing_ms >= DISABLED_MS
        if not is_lost or before.disabled_ms is not None:
            if before.failing_ms is None:
                await self._become(after)
            return
        at_ms = self._clock.now_ms()
        site = next(iter(self._sites), "")
        told = own_notices.disabled(self._channel, self._others, site, failing_ms, at_ms, attempt.error)
        await self._become(after._replace(disabled_ms=at_ms), told)
        logger.error("channel %s is disabled, its notices are kept: %s", self._channel, attempt.error)

    async def _become(self, state: ChannelState, told: Collection[Notice] = ()) -> None:
        self._state = state
        await self._store.outbox.put_channel(state, list(told))

    def _next_ms(self, one: Pending, number: int, failed: DeliveryError) -> int | None:
        now_ms = self._clock.now_ms()
        next_ms = now_ms + retry_delay_ms(number, failed.retry_after_s, random.random)
        return None if failed.permanent or next_ms > one.owed_ms + GIVEN_UP_MS else next_ms

    async def parcel(self, one: Pending, number: int, at_ms: int) -> Parcel:
        """What is sent of it. number: of the attempt."""
        notice = one.notice
        components = {id_: self._components[id_] for id_ in _named(notice) if id_ in self._components}
        site = self._sites.get(notice.site) or Site(notice.site, "", notice.site, "")
        seen = () if self._sightings is None else await self._sightings.of(notice)
        return Parcel(notice, site, notice.headline, components, number, at_ms, one.tells, seen=seen)

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


def _named(notice: Notice) -> list[str]:
    """The components that it speaks of."""
    if notice.incident is not None:
        return [affected.component for affected in notice.incident.affected]
    if notice.change is not None:
        return [notice.change.component]
    if notice.maintenance is not None:
        return list(notice.maintenance.components)
    return [id_ for one in notice.digest for id_ in _named(one)]
