"""A connection whose commands are whole functions, with its pragmas proved."""

import asyncio
import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import anyio
import pytest

from prober.errors import StoreError
from prober.store.engine import connecting, opened, share, stood_in

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


@pytest.mark.parametrize("may_write", [True, False])
async def test_every_connection_syncs_fully_and_only_readers_are_query_only(tmp_path: Path, may_write: bool) -> None:
    async with opened(tmp_path / "db", may_write=True), opened(tmp_path / "db", may_write=may_write) as engine:
        asked = ("synchronous", "query_only", "journal_mode")
        found = [await engine.call(partial(_pragma, name)) for name in asked]
        assert found == [2, int(not may_write), "wal"]


def _pragma(name: str, connection: sqlite3.Connection) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_a_write_begins_by_taking_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.store.engine.BUSY_MS", 50)
    async with opened(tmp_path / "db", may_write=True) as writer:
        with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began: list[int] = []
            with pytest.raises(StoreError, match="locked"):
                await writer.transact(lambda _: began.append(1))
            assert began == []
            other.execute("ROLLBACK")
        await writer.transact(lambda _: began.append(1))
        assert began == [1]


async def test_no_more_commands_wait_than_can_be_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.store.engine.WAITING", 3)
    hang, begun = threading.Event(), threading.Event()
    done: list[int] = []

    def hold(_: sqlite3.Connection) -> None:
        begun.set()
        hang.wait(20)

    async def count(number: int) -> None:
        await writer.transact(lambda _: None)
        done.append(number)

    async with opened(tmp_path / "db", may_write=True) as writer, anyio.create_task_group() as tasks:
        tasks.start_soon(writer.call, hold)
        await anyio.to_thread.run_sync(begun.wait, 20)
        for number in range(3):
            tasks.start_soon(count, number)
        await anyio.wait_all_tasks_blocked()
        assert writer.waiting == 3
        with pytest.raises(StoreError, match="3 commands wait for it already"):
            await count(3)
        hang.set()
    assert done == [0, 1, 2]


async def test_a_question_that_takes_too_long_is_interrupted_and_the_next_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.store.engine.READ_S", 0.05)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    async with opened(tmp_path / "db", may_write=True), opened(tmp_path / "db", may_write=False) as reader:
        with pytest.raises(StoreError, match="interrupted"):
            await reader.call(lambda c: c.execute(endless).fetchone())
        assert await reader.call(lambda c: c.execute("SELECT 1").fetchone()[0]) == 1


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
async def test_cancelled_commands_have_happened_or_not_and_leave_no_transaction(tmp_path: Path, count: int) -> None:
    """Half are cancelled by their scope; half as tasks, from outside. Whatever has happened is told."""
    draw, told = random.Random(7), set()
    asyncio.get_running_loop().set_debug(False)  # noting where each task comes from takes ten times as long

    async with opened(tmp_path / "db", may_write=True) as writer:
        await writer.call(lambda c: c.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, y)") and None)

        await writer.call(
            lambda c: c.execute("PRAGMA synchronous = OFF") and None
        )  # the disk is not what is asked here

        async def command(number: int) -> None:
            with anyio.CancelScope() as scope:
                if number % 2:
                    scope.cancel()
                await writer.transact(partial(_insert_twice, 2 * number))
                told.add(number)
                await asyncio.sleep(0)
                assert not (number % 2), "expected to be cancelled"

        for first in range(0, count, 100):
            tasks = [asyncio.create_task(command(number)) for number in range(first, first + 100)]
            for _ in range(draw.randrange(20)):
                await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            came = await asyncio.gather(*tasks, return_exceptions=True)
            assert [one for one in came if isinstance(one, Exception)] == []
        assert not writer.in_transaction
        rows = await writer.call(lambda c: [row[0] for row in c.execute("SELECT x FROM t ORDER BY x")])
    written = {row // 2 for row in rows}
    assert rows == sorted(row for number in written for row in (2 * number, 2 * number + 1))
    assert told == written
    assert written >= set(range(1, count, 2))


def _insert_twice(number: int, connection: sqlite3.Connection) -> None:
    connection.executemany("INSERT INTO t (x) VALUES (?)", [(number,), (number + 1,)])


async def test_who_is_alone_lets_others_look_again(tmp_path: Path) -> None:
    path = tmp_path / "db"
    async with opened(path, may_write=True, is_alone=True) as writer, stood_in(writer) as reader:
        await writer.transact(lambda c: c.execute("CREATE TABLE t (n)") and None)
        assert await reader.call(lambda c: c.execute("SELECT count(*) FROM t").fetchone()[0]) == 0
        with pytest.raises(StoreError, match="locked"):
            await reader.take_over(_impatient(path))
        await writer.call(share)
        await reader.take_over(connecting(path, may_write=False))
        await writer.transact(lambda c: c.execute("INSERT INTO t VALUES (1)") and None)
        assert await reader.call(lambda c: c.execute("SELECT count(*) FROM t").fetchone()[0]) == 1
        with pytest.raises(StoreError, match="readonly"):
            await reader.call(lambda c: c.execute("INSERT INTO t VALUES (2)") and None)


def _impatient(path: Path) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=0)
        try:
            connection.execute("SELECT * FROM t")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return connect
