"""Answers to requests that may be repeated, kept for a day."""

import sqlite3
from typing import Any, NamedTuple

from prober.store.engine import Engine

KEPT_MS = 86_400_000


class Reply(NamedTuple):
    """request: digest of the body it answered."""

    request: bytes
    status: int
    body: str


class Replies:
    """Part of the store."""

    def __init__(self, engine: Engine, queries: Any) -> None:
        self._engine = engine
        self._queries = queries

    async def find(self, id_: bytes, now_ms: int) -> Reply | None:
        """What was answered in the last day; None if nothing was."""

        def read(connection: sqlite3.Connection) -> Reply | None:
            row = self._queries.reply(connection, id=id_, since_ms=now_ms - KEPT_MS)
            return None if row is None else Reply(**dict(row))

        return await self._engine.call(read)

    async def add(self, id_: bytes, reply: Reply, now_ms: int) -> None:
        """Keep it, durably, and forget what is over a day old."""

        def write(connection: sqlite3.Connection) -> None:
            self._queries.drop_replies(connection, before_ms=now_ms - KEPT_MS)
            self._queries.add_reply(connection, id=id_, at_ms=now_ms, **reply._asdict())

        await self._engine.transact(write)
