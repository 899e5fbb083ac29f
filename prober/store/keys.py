"""Keys of the status API, by their digests."""

import sqlite3
from typing import Any, NamedTuple

from prober.store.engine import Engine


class KeyRow(NamedTuple):
    """A key, but for the key itself. account: what it opens, None = every account. Moments are ms; None = never."""

    id: str
    account: str | None
    name: str
    scope: str
    digest: bytes
    created_ms: int
    expires_ms: int | None = None
    revoked_ms: int | None = None
    used_ms: int | None = None

    def is_live(self, now_ms: int) -> bool:
        """Whether it opens anything at that moment."""
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


class Keys:
    """Part of the store."""

    def __init__(self, engine: Engine, queries: Any) -> None:
        self._engine = engine
        self._queries = queries

    async def all(self) -> list[KeyRow]:
        """All that there ever were, oldest first."""

        def read(connection: sqlite3.Connection) -> list[KeyRow]:
            return [KeyRow(**dict(row)) for row in self._queries.api_keys(connection)]

        return await self._engine.call(read)

    async def add(self, key: KeyRow, instead_of: str | None = None) -> None:
        """Keep a new one, durably. instead_of: the id of one that is revoked in the same transaction."""

        def write(connection: sqlite3.Connection) -> None:
            self._queries.add_api_key(connection, **key._asdict())
            if instead_of is not None:
                self._queries.revoke_api_key(connection, id=instead_of, revoked_ms=key.created_ms)

        await self._engine.transact(write)

    async def revoke(self, id_: str, at_ms: int) -> None:
        """Let it open nothing any more, durably."""
        await self._engine.transact(lambda c: self._queries.revoke_api_key(c, id=id_, revoked_ms=at_ms))

    async def use(self, id_: str, at_ms: int) -> None:
        """Note when it was used."""
        await self._engine.transact(lambda c: self._queries.use_api_key(c, id=id_, used_ms=at_ms))
