"""A channel to the readers who have subscribed: one mail for each, and before that one that asks.

Each who has a notice is noted, so that neither a restart nor a mailbox that fails sends it to the others again. What a
server refuses for a mailbox is that mailbox's trouble, if it takes the mail for another one: it gives way, or if it may
take mails later (full, busy) waits by itself, in its own order. Neither holds up the others. A server that takes
nothing of us fails the notice, as it does in every channel.
"""

import logging
import random
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

from prober.clock import Clock
from prober.daemon.meters import Meters
from prober.daemon.outbox import GIVEN_UP_MS, retry_delay_ms
from prober.daemon.own_notices import is_own
from prober.daemon.unpublished import Hidden, public
from prober.errors import DeliveryError, StoreError
from prober.notifiers import Notifier, Parcel, Receipt, Site, Worded
from prober.notifiers.asking import asking
from prober.notifiers.email import Email, MailboxError
from prober.store import Pending, Store, Subscriber

logger = logging.getLogger(__name__)

AT_ONCE = 4  # connections to the mail server, for all that there is to send
GIVES_UP_AFTER = 20  # mails in a row that the server did not take: it is the server, for this time
LOOK_EVERY_S = 5.0
TOGETHER = 20  # who are asked, or tried again, between two looks
FEW = 2  # so few mailboxes may well be gone, all of them


AnyError = TypeVar("AnyError", bound=DeliveryError)


def _without(error: AnyError, address: str) -> AnyError:
    """The same, as it may be logged and shown: servers like to repeat whom they refuse."""
    local = address.rpartition("@")[0]
    named = rf"{re.escape(address)}|(?<!\w){re.escape(local)}(?!\w)"
    error.args = (re.sub(named, "***", str(error), flags=re.IGNORECASE),)
    return error


def _unnoted(error: StoreError) -> DeliveryError:
    return DeliveryError(f"who has it cannot be read or written: {error}", permanent=False)


@dataclass
class _Run:
    """How far sending a notice has come.

    is_liked: whether the server takes mails of it. refused: mailboxes for which it did not, each their own trouble; in
    a row: those since the last mail that it took, which may be ours.
    """

    left: Iterator[Subscriber]
    is_liked: bool
    taken: int = 0
    failed_in_a_row: int = 0  # mails that the server did not come to
    failures: list[DeliveryError] = field(default_factory=list)
    refused: list[tuple[Subscriber, MailboxError]] = field(default_factory=list)
    in_a_row: list[tuple[Subscriber, MailboxError]] = field(default_factory=list)

    def took(self) -> None:
        self.refused += self.in_a_row
        self.taken, self.is_liked, self.failed_in_a_row, self.in_a_row = self.taken + 1, True, 0, []

    @property
    def is_hopeless(self) -> bool:
        """Whether trying more mailboxes is no use now."""
        is_disliked = not self.is_liked and len(self.in_a_row) > GIVES_UP_AFTER
        return is_disliked or self.failed_in_a_row > GIVES_UP_AFTER or any(one.permanent for one in self.failures)


class Mailing:
    """Sends a channel's notices to those subscribers of its sites that there are when it does.

    sites: by id, those whose readers it asks. unseen: what is hidden from them. parcel: makes what is sent of a notice,
    for an attempt, at a moment. Wraps what sends mails, which it closes. tick: is called with each mail, for the
    watchdog: a notice to thousands takes long.
    """

    sites: Mapping[str, Site]
    unseen: Hidden
    parcel: Callable[[Pending, int, int], Awaitable[Parcel]]

    def __init__(
        self, channel: str, notifier: Notifier, store: Store, clock: Clock, meters: Meters, tick: Callable[[], object]
    ) -> None:
        inner = notifier.notifier if isinstance(notifier, Worded) else notifier
        assert isinstance(inner, Email)
        self._channel = channel
        self._email = inner
        self._words = notifier.words if isinstance(notifier, Worded) else None
        self._subscribers = store.subscribers
        self._clock = clock
        self._meters = meters
        self._tick = tick
        self._unwritten: dict[tuple[str, str], tuple[int, bool]] = {}  # who has what, as long as the store takes it not
        self.sites, self.unseen = {}, ()
        self._lines = anyio.Semaphore(AT_ONCE)
        self._is_retired = False

    def retire(self) -> None:
        """Begin no more mails: whoever does not have a notice yet is for the channel that comes after this one."""
        self._is_retired, self.sites = True, {}

    async def send(self, parcel: Parcel) -> Receipt:
        """To all who do not have it yet. Raises DeliveryError if some could not get it now."""
        if is_own(parcel.notice):  # a drill, or the trouble of another channel
            return await self._email.greet()
        try:
            return await self._send(parcel)
        except StoreError as error:
            raise _unnoted(error) from error

    async def _send(self, whole: Parcel) -> Receipt:
        parcel = public(whole, self.unseen)
        if parcel is None:
            return Receipt(detail="not public: sent to no subscriber")
        await self._write()  # before anything is sent: a full disk repeats nothing
        notice, words = parcel.notice, self._words
        owed = await self._subscribers.to_mail(notice.id, parcel.site.id, notice.at_ms, self._clock.now_ms())
        waiting = await self._subscribers.waiting(self._channel, notice.stream, notice.id)
        for one in owed:
            if one.id in waiting:  # for what came before it
                await self._put_off(notice.id, one, self._clock.now_ms())
        owed = [one for one in owed if one.id not in waiting]
        random.shuffle(owed)  # so that no few mailboxes that fail stand before all others for ever
        run = _Run(iter(owed), await self._subscribers.has_anybody(notice.id))
        async with anyio.create_task_group() as tasks:
            for _ in range(min(AT_ONCE, len(owed))):
                tasks.start_soon(self._serve, parcel._replace(words=words), run)
        if self._is_retired:
            run.failures.append(DeliveryError("the channel has changed: the new one sends the rest", permanent=False))
        await self._judge(parcel, run, len(owed))
        return Receipt(detail=f"taken for {run.taken} subscribers")

    async def _serve(self, parcel: Parcel, run: _Run) -> None:
        for one in run.left:
            try:
                async with self._lines:
                    if self._is_retired:
                        return
                    self._tick()
                    if await self._mail(parcel, one):
                        run.took()
            except MailboxError as error:
                run.in_a_row.append((one, _without(error, one.address)))
            except DeliveryError as error:
                run.failures.append(_without(error, one.address))
                run.failed_in_a_row += 1
            except StoreError as error:
                run.failures.append(_unnoted(error))
            if self._unwritten or run.is_hopeless:
                return

    async def _judge(self, parcel: Parcel, run: _Run, owed: int) -> None:
        """What comes of the mailboxes that were refused. Raises DeliveryError if the notice is to be sent again."""
        are_gone = owed <= FEW and len(run.in_a_row) == owed and not any(error.is_there for _, error in run.in_a_row)
        if run.is_liked or are_gone:
            is_doubtful = len(run.in_a_row) > GIVES_UP_AFTER
            for n, (one, error) in enumerate(run.refused + run.in_a_row):
                if not error.permanent or (is_doubtful and n >= len(run.refused)):
                    await self._put_off(parcel.notice.id, one, self._later_ms(1, error))
                else:
                    await self._note(parcel, one, "refused" if error.is_there else "unknown")
        elif run.in_a_row:  # it is we who are not liked
            errors = (error for _, error in run.in_a_row)
            run.failures.append(min(errors, key=lambda error: (error.permanent, not error.is_there)))
        if run.failures:
            raise max(run.failures, key=lambda error: error.permanent)

    def _later_ms(self, attempt: int, error: DeliveryError) -> int:
        return self._clock.now_ms() + retry_delay_ms(attempt, error.retry_after_s, random.random)

    async def _put_off(self, notice: str, one: Subscriber, next_ms: int) -> None:
        self._meters.mails.labels(one.site, "later").inc()
        await self._subscribers.put_off(notice, one.id, self._clock.now_ms(), next_ms)

    async def _mail(self, parcel: Parcel, one: Subscriber) -> bool:
        """Whether the server has taken it for one of them, who may have left since.

        Raises DeliveryError, MailboxError if it may be the mailbox's own trouble; StoreError.
        """
        if await self._subscribers.find(one.id) is None:
            return False
        leave = await self._link(parcel.site, "unsubscribe", one.id) if parcel.site.url else None
        await self._email.send_to(parcel, one.address, leave)
        await self._note(parcel, one, "sent")
        return True

    async def _note(self, parcel: Parcel, one: Subscriber, result: str) -> None:
        """Nothing more is to be sent to it of this notice. Raises StoreError."""
        self._meters.mails.labels(one.site, result).inc()
        self._unwritten[parcel.notice.id, one.id] = (self._clock.now_ms(), result == "unknown")
        await self._write()

    async def _write(self) -> None:
        """Write down who has what. Raises StoreError."""
        while self._unwritten:
            (notice, id_), (at_ms, is_unknown) = self._unwritten.popitem()
            try:
                await self._subscribers.has_it(notice, id_, at_ms, is_refused=is_unknown)
            except StoreError:
                self._unwritten[notice, id_] = (at_ms, is_unknown)
                raise

    async def keep_asking(self) -> None:
        """Ask whoever is to be asked, for ever."""
        while True:
            wanted = self._subscribers.asked = anyio.Event()
            wait_s = LOOK_EVERY_S
            try:
                if await self._ask_some():
                    wait_s = 0
            except StoreError as error:
                logger.warning("who subscribes cannot be asked: %s", error)
            with anyio.move_on_after(wait_s):
                await wanted.wait()

    async def keep_trying(self) -> None:
        """Try again what was put off, for ever."""
        while True:
            has_more = False
            try:
                has_more = await self._try_some()
            except StoreError as error:
                logger.warning("what was put off cannot be sent: %s", error)
            await anyio.sleep(0 if has_more else LOOK_EVERY_S)

    async def _try_some(self) -> bool:
        """Whether there may be more to try at once."""
        await self._write()
        found = await self._subscribers.late(self._channel, self._clock.now_ms(), TOGETHER)
        for id_, pending in found:
            await self._try_again(id_, pending)
        return len(found) == TOGETHER

    async def _try_again(self, id_: str, pending: Pending) -> None:
        one, number = await self._subscribers.find(id_), pending.attempts + 2
        if one is None:
            return
        whole = await self.parcel(pending, number, self._clock.now_ms())
        parcel = public(whole._replace(words=self._words), self.unseen)
        if parcel is None:
            await self._note(whole, one, "refused")
            return
        try:
            async with self._lines:
                await self._mail(parcel, one)
        except DeliveryError as error:
            next_ms = self._later_ms(number, error)
            if isinstance(error, MailboxError) and not error.is_there:
                await self._note(parcel, one, "unknown")
            elif next_ms > pending.owed_ms + GIVEN_UP_MS:
                await self._note(parcel, one, "refused")
            else:
                await self._put_off(parcel.notice.id, one, next_ms)

    async def _ask_some(self) -> bool:
        """Whether there may be more to ask at once."""
        confirmed, sites = await self._subscribers.confirmed(), self.sites
        for site in sites:
            self._meters.subscribers.labels(site).set(confirmed.get(site, 0))
        found = await self._subscribers.unasked(sites, self._clock.now_ms(), TOGETHER)
        for one in found:
            await self._ask(one, sites[one.site])
        return len(found) == TOGETHER

    async def _ask(self, one: Subscriber, site: Site) -> None:
        next_ms = self._clock.now_ms() + retry_delay_ms(one.attempts + 1, None, random.random)
        await self._subscribers.was_asked(one.id, next_ms)  # before anything is sent: a full disk repeats nothing
        said = "asked"
        try:
            link = await self._link(site, "subscribe/confirm", one.id)
            async with self._lines:
                await self._email.ask(one.address, asking(site.language, site.name, link), one.id, one.asked_ms)
        except DeliveryError as error:
            is_gone = isinstance(error, MailboxError) and not error.is_there  # else it may be we who are not liked
            said = "unasked" if is_gone else "failed"
            logger.warning("site %s: somebody who subscribes could not be asked", one.site)
        self._meters.mails.labels(one.site, said).inc()
        if said != "failed":
            await self._subscribers.was_asked(one.id, None)

    async def _link(self, site: Site, path: str, id_: str) -> str:
        token = await self._subscribers.token("leave" if path == "unsubscribe" else "confirm", site.id, id_)
        return f"{site.url}/{path}?t={token}"

    async def aclose(self) -> None:
        await self._email.aclose()
