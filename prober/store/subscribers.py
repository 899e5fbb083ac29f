"""Readers who want to be told by mail: who asked, who has confirmed, and who has a notice already.

1. Nothing but the question whether they want to goes to a mailbox whose owner has not said so.
2. Links in mails carry an id and are signed: nobody can make one for another's mailbox, site, or purpose.
3. An address stands here alone, in no log and no chain, so that it is gone when its owner leaves.
"""

import hmac
import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import anyio

from prober.errors import StoreError
from prober.store import rows
from prober.store.engine import Engine
from prober.store.outbox import Pending

CONFIRMED_WITHIN_MS = 86_400_000  # who has not by then is forgotten, and may ask again
UNCONFIRMED = 1_000  # of a site at the same time
UNCONFIRMED_OF_A_MAILBOX = 3  # of all sites, and all its spellings with +: so many in a day nobody is hurt by
REFUSALS = 5  # on so many days in a row there was no such mailbox: it is let go
DAY_MS = 86_400_000
MAILED_MS = 7 * 86_400_000  # a notice is given up long before
LONGEST_MS = 3_600_000  # that anything waits to be tried again; what waits longer has had a clock set back

Purpose = Literal["confirm", "leave"]


class Subscriber(NamedTuple):
    """One mailbox of one site. id: a digest of the two, so that a link out of an old mail is good if it comes back.

    next_ms: when its owner is to be asked; None = has been. confirmed_ms: None = not yet.
    """

    id: str
    site: str
    address: str
    asked_ms: int
    next_ms: int | None
    attempts: int
    confirmed_ms: int | None
    refusals: int


class Subscribers:
    """Part of the store. asked: is set when they have changed."""

    def __init__(self, engine: Engine, queries: Any) -> None:
        self._engine = engine
        self._queries = queries
        self._secret = b""
        self.asked = anyio.Event()

    # ------------------------------------------------------------ links

    async def token(self, purpose: Purpose, site: str, id_: str) -> str:
        """What stands in a link of that site for that purpose. Raises StoreError."""
        return f"{id_}.{self._signature(await self._key(), purpose, site, id_)}"

    async def id_of(self, purpose: Purpose, site: str, token: str) -> str | None:
        """The id in a link that is ours, of that site and for that purpose; None for any other. Raises StoreError."""
        id_, _, signature = token.partition(".")
        expected = self._signature(await self._key(), purpose, site, id_)
        return id_ if hmac.compare_digest(signature.encode(), expected.encode()) else None

    def _signature(self, key: bytes, purpose: str, site: str, what: str) -> str:
        return hmac.digest(key, f"{purpose}:{site}:{what}".encode(), "sha256")[:20].hex()

    async def _key(self) -> bytes:
        if not self._secret:
            found: bytes | None = await self._engine.call(lambda c: self._queries.installation_secret(c)["secret"])
            if found is None:
                raise StoreError("the installation has no secret to sign links with yet")
            self._secret = found
        return self._secret

    # ------------------------------------------------------------ who they are

    async def all(self) -> list[Subscriber]:
        """All who asked, in the order of their asking."""

        def read(connection: sqlite3.Connection) -> list[Subscriber]:
            return [Subscriber(**dict(row)) for row in self._queries.subscribers(connection)]

        return await self._engine.call(read)

    async def find(self, id_: str) -> Subscriber | None:
        """The one with that id."""

        def read(connection: sqlite3.Connection) -> Subscriber | None:
            row = self._queries.subscriber(connection, id=id_)
            return None if row is None else Subscriber(**dict(row))

        return await self._engine.call(read)

    async def confirmed(self) -> dict[str, int]:
        """How many have, by site."""

        def read(connection: sqlite3.Connection) -> dict[str, int]:
            return {row["site"]: row["total"] for row in self._queries.subscribers_by_site(connection)}

        return await self._engine.call(read)

    async def ask(self, site: str, address: str, at_ms: int) -> bool:
        """Note, durably, that somebody asks for a mailbox; False if too many have not confirmed.

        Nothing comes of it if the mailbox is known already or has been asked too often, which nobody learns: it costs
        the same, in time and of what is left.
        """

        id_ = self._signature(await self._key(), "id", site, address)[:20]

        def write(connection: sqlite3.Connection) -> bool:
            self._forget(connection, at_ms)
            found = self._queries.unconfirmed(connection, site=site, mailbox=_mailbox(address))
            if found["total"] >= UNCONFIRMED:
                return False
            row = {"id": id_, "site": site, "address": address, "at_ms": at_ms}
            if found["same"] >= UNCONFIRMED_OF_A_MAILBOX or not self._queries.add_subscriber(connection, **row):
                self._queries.add_asked_again(connection, site=site, at_ms=at_ms)
            return True

        is_noted: bool = await self._engine.transact(write)
        self.asked.set()
        return is_noted

    async def confirm(self, id_: str, at_ms: int) -> Subscriber | None:
        """Its owner wants to be told, durably; None if it has been forgotten meanwhile."""

        def write(connection: sqlite3.Connection) -> Subscriber | None:
            self._forget(connection, at_ms)
            self._queries.confirm_subscriber(connection, id=id_, at_ms=at_ms)
            row = self._queries.subscriber(connection, id=id_)
            return None if row is None else Subscriber(**dict(row))

        found: Subscriber | None = await self._engine.transact(write)
        self.asked.set()
        return found

    async def forget(self, now_ms: int) -> None:
        """Whoever has not confirmed in time, and who had what long ago, durably."""

        def write(connection: sqlite3.Connection) -> None:
            self._forget(connection, now_ms)
            self._queries.drop_old_mailed(connection, before_ms=now_ms - MAILED_MS)

        await self._engine.transact(write)

    def _forget(self, connection: sqlite3.Connection, now_ms: int) -> None:
        """Whoever has not confirmed in time, and who asked so long ago."""
        kept = {"before_ms": now_ms - CONFIRMED_WITHIN_MS, "after_ms": now_ms + CONFIRMED_WITHIN_MS}
        self._queries.drop_unconfirmed(connection, **kept)
        self._queries.drop_asked_again(connection, **kept)

    async def leave(self, id_: str) -> None:
        """Forget it, durably: nothing is sent to it any more."""

        def write(connection: sqlite3.Connection) -> None:
            self._queries.drop_subscriber(connection, id=id_)
            self._queries.drop_mailed_of(connection, id=id_)

        await self._engine.transact(write)
        self.asked.set()

    # ------------------------------------------------------------ what they get

    async def unasked(self, sites: Iterable[str], now_ms: int, limit: int) -> list[Subscriber]:
        """Whose owners are to be asked now, oldest first."""
        asked = json.dumps(list(sites))

        def read(connection: sqlite3.Connection) -> list[Subscriber]:
            found = self._queries.unasked(connection, sites=asked, now_ms=now_ms, longest_ms=LONGEST_MS, limit=limit)
            return [Subscriber(**dict(row)) for row in found]

        return await self._engine.call(read)

    async def was_asked(self, id_: str, next_ms: int | None) -> None:
        """Note, durably, that its owner has been asked, or is to be at next_ms if that comes to nothing."""
        await self._engine.transact(lambda c: self._queries.asked_subscriber(c, id=id_, next_ms=next_ms))

    async def to_mail(self, notice: str, site: str, owed_ms: int, now_ms: int) -> list[Subscriber]:
        """Who is to have a notice that was owed at that moment, and does not have it yet."""
        asked = {"notice": notice, "site": site, "owed_ms": owed_ms, "now_ms": now_ms}

        def read(connection: sqlite3.Connection) -> list[Subscriber]:
            rows = self._queries.to_mail(connection, **asked)
            return [Subscriber(**dict(row)) for row in rows]

        return await self._engine.call(read)

    async def has_anybody(self, notice: str) -> bool:
        """Whether somebody has that notice already."""
        found: int = await self._engine.call(lambda c: self._queries.has_mailed(c, notice=notice)["has_any"])
        return bool(found)

    async def has_it(self, notice: str, id_: str, at_ms: int, *, is_refused: bool) -> None:
        """Note, durably, that nothing more is to be sent to it of a notice. is_refused: there is no such mailbox."""

        def write(connection: sqlite3.Connection) -> None:
            self._queries.add_mailed(connection, notice=notice, subscriber=id_, at_ms=at_ms)
            self._queries.count_refusals(connection, id=id_, is_refused=is_refused, at_ms=at_ms, day_ms=DAY_MS)
            self._queries.drop_refused(connection, id=id_, most=REFUSALS)

        await self._engine.transact(write)

    async def put_off(self, notice: str, id_: str, at_ms: int, next_ms: int) -> None:
        """Note, durably, that it is to have a notice later, and not before next_ms."""
        row = {"notice": notice, "subscriber": id_, "at_ms": at_ms, "next_ms": next_ms}
        await self._engine.transact(lambda c: self._queries.put_off(c, **row))

    async def waiting(self, channel: str, stream: str, notice: str) -> set[str]:
        """Who is to have other notices of a stream of a channel first."""

        def read(connection: sqlite3.Connection) -> set[str]:
            found = self._queries.waiting(connection, channel=channel, stream=stream, notice=notice)
            return {row["subscriber"] for row in found}

        return await self._engine.call(read)

    async def late(self, channel: str, now_ms: int, limit: int) -> list[tuple[str, Pending]]:
        """Who is to have what now that was put off, of each stream the first; those that have waited longest first.

        Of a Pending, attempts is how often it was put off again, and owed_ms when it was first.
        """
        asked = {"channel": channel, "now_ms": now_ms, "longest_ms": LONGEST_MS, "limit": limit}

        def read(connection: sqlite3.Connection) -> list[tuple[str, Pending]]:
            found = self._queries.mailed_later(connection, **asked)
            return [
                (row["subscriber"], Pending(rows.notice(row), row["tries"], now_ms, row["since_ms"], row["tells"]))
                for row in found
            ]

        return await self._engine.call(read)


def _mailbox(address: str) -> str:
    """The address without what stands behind a + in its local part, which most servers deliver to the same mailbox."""
    local, _, domain = address.rpartition("@")
    return f"{local[0]}{local[1:].partition('+')[0]}@{domain}"
