"""A channel to the readers who have subscribed: one mail for each, and before that one that asks.

Each who has a notice is noted, so that neither a restart nor a mailbox that fails sends it to the others again. A
mailbox that is not there gives way; a server that refuses us fails the notice, as it does in every channel.
"""

import logging
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

from prober.clock import Clock
from prober.daemon.meters import Meters
from prober.daemon.outbox import retry_delay_ms
from prober.errors import DeliveryError, StoreError
from prober.notifiers import Notifier, Parcel, Receipt, Site, Worded
from prober.notifiers.email import Email, MailboxError
from prober.store import Store, Subscriber

logger = logging.getLogger(__name__)

AT_ONCE = 4  # connections to the mail server
GIVES_UP_AFTER = 20  # mails in a row that the server did not take: it is the server, for this time
LOOK_EVERY_S = 5.0
ASKED_TOGETHER = 20


AnyError = TypeVar("AnyError", bound=DeliveryError)


def _without(error: AnyError, address: str) -> AnyError:
    """The same, as it may be logged and shown: servers like to repeat whom they refuse."""
    error.args = (re.sub(re.escape(address), "***", str(error), flags=re.IGNORECASE),)
    return error


def _unnoted(error: StoreError) -> DeliveryError:
    return DeliveryError(f"who has it cannot be read or written: {error}", permanent=False)


@dataclass
class _Run:
    """How far sending a notice has come. refused: mailboxes for which the server takes nothing."""

    left: Iterator[Subscriber]
    taken: int = 0
    in_a_row: int = 0  # mails that were not taken
    failures: list[DeliveryError] = field(default_factory=list)
    refused: list[tuple[Subscriber, MailboxError]] = field(default_factory=list)


class Mailing:
    """Sends a channel's notices to those subscribers of its sites that there are when it does.

    sites: by id, those whose readers it asks. Wraps what sends mails, which it closes. tick: is called with each mail,
    for the watchdog: a notice to thousands takes long.
    """

    def __init__(
        self, notifier: Notifier, store: Store, clock: Clock, meters: Meters, tick: Callable[[], object]
    ) -> None:
        inner = notifier.notifier if isinstance(notifier, Worded) else notifier
        assert isinstance(inner, Email)
        self._email = inner
        self._words = notifier.words if isinstance(notifier, Worded) else None
        self._store = store
        self._subscribers = store.subscribers
        self._clock = clock
        self._meters = meters
        self._tick = tick
        self._unwritten: dict[tuple[str, str], tuple[int, bool]] = {}  # who has what, as long as the store takes it not
        self.sites: Mapping[str, Site] = {}

    async def send(self, parcel: Parcel) -> Receipt:
        """To all who do not have it yet. Raises DeliveryError if some could not get it now."""
        if not parcel.notice.seq:  # of prober's own: a drill, or the trouble of another channel
            return await self._email.greet()
        try:
            return await self._send(parcel)
        except StoreError as error:
            raise _unnoted(error) from error

    async def _send(self, parcel: Parcel) -> Receipt:
        await self._write()  # before anything is sent: a full disk repeats nothing
        owed = await self._subscribers.to_mail(parcel.notice.id, parcel.site.id, parcel.notice.at_ms)
        is_liked = await self._subscribers.has_anybody(parcel.notice.id)
        random.shuffle(owed)  # so that no few mailboxes that fail stand before all others for ever
        run = _Run(iter(owed))
        async with anyio.create_task_group() as tasks:
            for _ in range(min(AT_ONCE, len(owed))):
                tasks.start_soon(self._serve, parcel._replace(words=self._words), run)
        if run.taken or is_liked:
            for one, _ in run.refused:
                await self._note(parcel, one, "refused")
        elif run.refused:
            run.failures += [error for _, error in run.refused]  # it is we who are not liked
        if run.failures:
            raise max(run.failures, key=lambda error: error.permanent)
        return Receipt(detail=f"taken for {run.taken} subscribers")

    async def _serve(self, parcel: Parcel, run: "_Run") -> None:
        for one in run.left:
            self._tick()
            try:
                is_taken = await self._mail(parcel, one)
            except MailboxError as error:
                run.refused.append((one, _without(error, one.address)))
            except DeliveryError as error:
                run.failures.append(_without(error, one.address))
                run.in_a_row += 1
            except StoreError as error:
                run.failures.append(_unnoted(error))
            else:
                run.taken, run.in_a_row = run.taken + is_taken, 0
            if self._unwritten or run.in_a_row > GIVES_UP_AFTER or any(error.permanent for error in run.failures):
                return

    async def _mail(self, parcel: Parcel, one: Subscriber) -> bool:
        """Whether the server has taken it for one of them, who may have left since.

        Raises DeliveryError, MailboxError if it may be the mailbox's own trouble.
        """
        if await self._subscribers.find(one.id) is None:
            return False
        try:
            await self._email.send_to(parcel, one.address, await self._link(parcel.site, "unsubscribe", one.id))
        except MailboxError as error:
            if error.is_there:
                raise
            await self._note(parcel, one, "unknown")
            return False
        await self._note(parcel, one, "sent")
        return True

    async def _note(self, parcel: Parcel, one: Subscriber, result: str) -> None:
        """Nothing more is to be sent to it of this notice."""
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

    async def _ask_some(self) -> bool:
        """Whether there may be more to ask at once."""
        confirmed, sites = await self._subscribers.confirmed(), self.sites
        for site in sites:
            self._meters.subscribers.labels(site).set(confirmed.get(site, 0))
        found = await self._subscribers.unasked(sites, self._clock.now_ms(), ASKED_TOGETHER)
        for one in found:
            await self._ask(one, sites[one.site])
        return len(found) == ASKED_TOGETHER

    async def _ask(self, one: Subscriber, site: Site) -> None:
        next_ms, said = None, "asked"
        try:
            link = await self._link(site, "subscribe/confirm", one.id)
            await self._email.ask(one.address, site.name, link, one.id, one.asked_ms)
        except DeliveryError as error:
            is_final = isinstance(error, MailboxError) and not error.is_there  # else it may be we who are not liked
            said = "unasked" if is_final else "failed"
            if not is_final:
                next_ms = self._clock.now_ms() + retry_delay_ms(one.attempts + 1, error.retry_after_s, random.random)
            logger.warning("site %s: somebody who subscribes could not be asked", one.site)
        self._meters.mails.labels(one.site, said).inc()
        await self._subscribers.was_asked(one.id, next_ms)

    async def _link(self, site: Site, path: str, id_: str) -> str:
        token = await self._subscribers.token("leave" if path == "unsubscribe" else "confirm", id_)
        return f"{site.url}/{path}?t={token}"

    async def aclose(self) -> None:
        await self._email.aclose()
