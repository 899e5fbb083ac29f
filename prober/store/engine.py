"""One SQLite connection and its thread.

A command is one function that runs wholly in the connection's thread, from BEGIN IMMEDIATE to COMMIT, and is
shielded from cancellation: it has happened, or it has not. Only one connection writes and checkpoints; readers
cannot write, and are interrupted when a question takes too long. Every connection proves its pragmas when it is opened.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from anyio import CancelScope

from prober import fault
from prober.errors import StoreDamagedError, StoreError, StoreFullError
from prober.store.named import queries

T = TypeVar("T")
Pragmas = dict[str, tuple[Any, Any]]
Connect = Callable[[], sqlite3.Connection]

BUSY_MS = 5_000
WAITING = 1_000  # commands for one connection; who comes then is refused, and not held for longer and longer
READ_S = 30.0  # no question takes longer; whoever asks more asks for too much at once
LOG_BYTES = 8 * 1024 * 1024  # the log is cut to that once it is taken into the file, however long a reader made it grow
STEPS = 10_000  # of SQLite's machine between two looks at the time
# pragma -> (value to set, value it must then have)
_WRITER: Pragmas = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "journal_size_limit": (LOG_BYTES, LOG_BYTES),
    "secure_delete": ("ON", 1),  # what is deleted, such as the address of who leaves, is overwritten in the file
}
_READER: Pragmas = {"synchronous": ("FULL", 2), "query_only": ("ON", 1)}


_KINDS = {
    sqlite3.SQLITE_FULL: StoreFullError,
    sqlite3.SQLITE_CORRUPT: StoreDamagedError,
    sqlite3.SQLITE_NOTADB: StoreDamagedError,
}


TOLD = (sqlite3.Error, UnicodeDecodeError)  # the second is what becomes of a message that quotes what is not UTF-8


def refusal(error: Exception) -> type[StoreError]:
    """The kind of trouble that SQLite has told, or has tried to tell in words of a schema that is spoilt."""
    if isinstance(error, UnicodeDecodeError):
        return StoreDamagedError
    code = getattr(error, "sqlite_errorcode", None) or 0
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # what it says where there is no space for the index of its log
        return StoreFullError
    return _KINDS.get(code & 0xFF, StoreError)


class Engine(aiosqlite.Connection):
    """A connection whose commands are whole functions."""

    read_s: float | None = None
    """How long a command may take; None = as long as it does."""

    standing_in: "Engine | None" = None
    """Who does the work of this one, which has no database; None = it does it itself."""

    async def call(self, command: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function in the connection's thread. Raises StoreError for whatever SQLite objects to.

        Who is cancelled meanwhile learns what came of it all the same, and is cancelled when it next waits.
        """
        if self.standing_in is not None:
            return await self.standing_in.call(command)
        whole = command if self.read_s is None else _within(self.read_s, command)
        try:
            if not self._running:
                raise ValueError("the connection is closed")
            if self.waiting >= WAITING:
                raise ValueError(f"{WAITING} commands wait for it already")
            end: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            self._tx.put_nowait((end, partial(whole, self._conn)))
            with CancelScope(shield=True):
                await _ended(end)
            return end.result()
        except (*TOLD, ValueError) as error:
            raise refusal(error)(f"the database refused: {error}") from error

    @property
    def waiting(self) -> int:
        """Commands that wait for their turn, less the one that has it."""
        return self._tx.qsize()

    async def take_over(self, one: Connect) -> None:
        """Do the work oneself from now on, by that connection. Raises StoreError if it can't be had."""

        def change() -> None:
            before, self._connection = self._conn, one()
            before.close()

        with CancelScope(shield=True):
            try:
                await self._execute(change)  # type: ignore[no-untyped-call]
            except sqlite3.Error as error:
                raise refusal(error)(f"the database refused: {error}") from error
        self.standing_in = None

    def join(self) -> None:
        """Wait for the thread of a connection that could not be opened: it still wants to tell the loop of its end."""
        self._thread.join()

    async def transact(self, command: Callable[[sqlite3.Connection], T], point: str = "") -> T:
        """Run a function as one transaction: committed and synced when this returns, undone when it raises.

        point: the fault points before and after the commit, without these words.
        """

        def whole(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = command(connection)
                fault.reach(f"{point}.before")
                connection.execute("COMMIT")
                fault.reach(f"{point}.after")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self.call(whole)


def connecting(path: Path, *, may_write: bool, is_alone: bool = False) -> Connect:
    """What connects to the database file; the one that may write creates it.

    is_alone: keep everybody else out, and so do without the shared index of the log, which takes room on the disk.
    """
    mode = "rwc" if may_write else "ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_MS / 1000,
        )
        connection.row_factory = sqlite3.Row
        try:
            if is_alone:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Only of a database that is made now: of one that is there, it would write to the file.
            if may_write and not connection.execute("PRAGMA page_count").fetchone()[0]:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            _prove(connection, _WRITER if may_write else _READER)
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


@asynccontextmanager
async def opened(path: Path, *, may_write: bool, is_alone: bool = False) -> AsyncIterator[Engine]:
    """A connection to the database file, as `connecting` makes it."""
    engine = Engine(connecting(path, may_write=may_write, is_alone=is_alone), iter_chunk_size=64)
    engine.read_s = None if may_write else READ_S
    try:
        await engine
    except TOLD as error:
        engine.join()
        raise refusal(error)(f"{path}: expected a database that can be opened, found: {error}") from error
    try:
        yield engine
    finally:
        with CancelScope(shield=True):
            await engine.close()


async def _ended(future: "asyncio.Future[Any]") -> None:
    """Wait until it is done. A shield keeps off what a scope cancels; what a server cancels at its end, is put off."""
    is_cancelled = False
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError:
            is_cancelled = True
    task = asyncio.current_task()
    if is_cancelled and task is not None:
        task.uncancel()  # it is the same cancellation, and must not count twice
        task.cancel()


@asynccontextmanager
async def stood_in(engine: Engine) -> AsyncIterator[Engine]:
    """A connection to no database, for which another does the work for the time being."""
    one = Engine(lambda: sqlite3.connect(":memory:", isolation_level=None), iter_chunk_size=64)
    one.read_s = READ_S
    await one
    one.standing_in = engine
    try:
        yield one
    finally:
        with CancelScope(shield=True):
            await one.close()


def fold(connection: sqlite3.Connection) -> None:
    """Take the log into the file and give its space back, unless the file has no room for it either."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def share(connection: sqlite3.Connection) -> None:
    """Let others look at a database that one was alone with; one stays alone if that fails.

    The way leads through another kind of journal: by the same connection, since statements that are still known
    somewhere would keep a closed one's lock.
    """
    try:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("PRAGMA locking_mode = NORMAL").fetchone()
        queries().count_schema(connection)  # the lock goes with the next use
        _prove(connection, _WRITER)
    except sqlite3.Error:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchone()
        _prove(connection, _WRITER)
        raise


def _within(limit_s: float, command: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
    def bounded(connection: sqlite3.Connection) -> T:
        until_s = time.monotonic() + limit_s
        connection.set_progress_handler(lambda: time.monotonic() > until_s, STEPS)
        try:
            return command(connection)
        finally:
            connection.set_progress_handler(None, 0)

    return bounded


def _prove(connection: sqlite3.Connection, pragmas: Pragmas) -> None:
    for name, (value, expected) in pragmas.items():
        connection.execute(f"PRAGMA {name} = {value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise sqlite3.OperationalError(f"PRAGMA {name} is {found!r} instead of {expected!r}")
