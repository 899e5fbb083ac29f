"""A connection whose commands are whole functions, with its pragmas proved."""

import sqlite3
from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store.engine import opened

pytestmark = pytest.mark.anyio


async def test_the_writer_syncs_every_commit_and_the_reader_cannot_write(tmp_path: Path) -> None:
    async with opened(tmp_path / "db", may_write=True) as writer:
        found = await writer.call(lambda c: c.execute("PRAGMA synchronous").fetchone()[0])
        assert found == 2
        await writer.transact(lambda c: c.execute("CREATE TABLE t (x)") and None)
        async with opened(tmp_path / "db", may_write=False) as reader:
            with pytest.raises(StoreError):
                await reader.call(lambda c: c.execute("INSERT INTO t VALUES (1)") and None)


async def test_a_transaction_that_raises_is_undone(tmp_path: Path) -> None:
    async with opened(tmp_path / "db", may_write=True) as writer:
        await writer.transact(lambda c: c.execute("CREATE TABLE t (x PRIMARY KEY)") and None)

        def twice(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("INSERT INTO t VALUES (1)")

        with pytest.raises(StoreError, match="UNIQUE"):
            await writer.transact(twice)
        assert await writer.call(lambda c: c.execute("SELECT count(*) FROM t").fetchone()[0]) == 0
        assert not writer.in_transaction


async def test_a_path_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected a database that can be opened"):
        async with opened(tmp_path / "missing" / "db", may_write=True):
            pass
