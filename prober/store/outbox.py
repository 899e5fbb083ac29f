"""The outbox: messages owed, and every attempt to deliver them."""

import sqlite3
from typing import Any, NamedTuple

from prober.core.model import Notice
from prober.store import chain, rows
from prober.store.engine import Engine


class Pending(NamedTuple):
    """A notice that is owed. attempts: made so far; next_ms: not to be tried again before."""

    notice: Notice
    attempts: int
    next_ms: int


class Attempt(NamedTuple):
    """One attempt to deliver a notice, ended. error: why it did not arrive, None if it did.

    next_ms: when to try again; None = never again: it is delivered, or given up.
    """

    notice: str
    attempt: int
    at_ms: int
    took_ms: int
    status: int | None
    error: str | None
    next_ms: int | None

    @property
    def progress(self) -> str:
        if self.next_ms is not None:
            return "pending"
        return "delivered" if self.error is None else "failed"


class Outbox:
    """What is owed and what was tried; part of the store."""

    def __init__(self, engine: Engine, queries: Any) -> None:
        self._engine = engine
        self._queries = queries

    async def pending(self, channel: str, limit: int) -> list[Pending]:
        """The oldest `limit` notices owed on a channel, in the order they were decided."""

        def read(connection: sqlite3.Connection) -> list[Pending]:
            found = self._queries.pending_notices(connection, channel=channel, limit=limit)
            return [Pending(rows.notice(row), row["attempts"], row["next_ms"]) for row in found]

        return await self._engine.call(read)

    async def depths(self) -> dict[str, tuple[int, int]]:
        """channel -> (how many notices are owed, the oldest one's moment), of channels that are owed any."""

        def read(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
            found = self._queries.pending_channels(connection)
            return {row["channel"]: (row["depth"], row["oldest_ms"]) for row in found}

        return await self._engine.call(read)

    async def tried(self, attempt: Attempt) -> None:
        """Write down an attempt and what comes of the notice, durably. Writing it again changes nothing."""
        row = attempt._asdict() | {"progress": attempt.progress}

        def write(connection: sqlite3.Connection) -> None:
            self._queries.add_delivery(connection, **row)
            self._queries.advance_notice(connection, **(row | {"next_ms": attempt.next_ms or attempt.at_ms}))
            chain.append(connection, attempt.at_ms, ("notice", "delivery"))

        await self._engine.transact(write, "tried")

    async def attempts(self, notice: str) -> list[Attempt]:
        """All attempts for a notice, oldest first; next_ms is not kept."""

        def read(connection: sqlite3.Connection) -> list[Attempt]:
            return [Attempt(**dict(row), next_ms=None) for row in self._queries.deliveries(connection, notice=notice)]

        return await self._engine.call(read)

    async def counts(self) -> dict[tuple[str, str], int]:
        """(channel, progress) -> how many notices; progress is pending, delivered or failed."""

        def read(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
            found = self._queries.count_notices(connection)
            return {(row["channel"], row["progress"]): row["notices"] for row in found}

        return await self._engine.call(read)
