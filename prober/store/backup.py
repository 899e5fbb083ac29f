"""Saving a database while it is in use, and putting a saved one in its place.

A backup is one file that needs nothing beside it, and has been read through before it gets its name.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from prober.errors import StoreError
from prober.store import chain
from prober.store.engine import TOLD, refusal
from prober.store.files import complete, kept_aside
from prober.store.lock import owned
from prober.store.migrate import check_known, prove_structure
from prober.store.named import queries

FILE = "prober.db"


class Saved(NamedTuple):
    """A database that has been written. size: bytes. aside: where the replaced one is, None if there was none.
    head: of its chain; None if it has none, or was not asked.
    """

    path: Path
    size: int
    aside: Path | None = None
    head: chain.Head | None = None


def back_up(directory: Path, target: Path, *, may_replace: bool) -> Saved:
    """Save the database of a state directory to a file of its own; a daemon may be at work on it.

    Raises StoreError, and leaves nothing, if there is none, if it is not sound, or if the target is there already.
    """
    source = directory / FILE
    if not source.exists():
        raise StoreError(f"{directory}: expected a state to save, found none")
    if target.exists() and target.samefile(source):
        raise StoreError(f"{target}: expected another file than the state itself")
    with complete(target, may_replace=may_replace) as part:
        head = _copy(source, part)
    return Saved(target, target.stat().st_size, head=head)


def restore(directory: Path, backup: Path, *, may_replace: bool) -> Saved:
    """Put a saved database in the place of the one in the state directory, which is kept aside.

    It becomes another installation: what happened since is not known and numbers are counted from where they stood, so
    by the old identity other messages would get the ids of those that were sent since, and be taken for repeats.
    Raises StoreError, and changes nothing, if a daemon owns the state, if the backup is not sound, or if there is a
    state already and it may not be replaced.
    """
    if not backup.is_file():
        raise StoreError(f"{backup}: expected a backup, found none")

    def make(part: Path) -> None:
        _copy(backup, part)
        with closing(sqlite3.connect(part)) as connection, connection:
            queries().rename_installation(connection, identity=secrets.token_bytes(32))

    return put_in_place(directory, make, may_replace=may_replace)


def put_in_place(directory: Path, make: Callable[[Path], None], *, may_replace: bool) -> Saved:
    """Let `make` write a database into an empty file, and make that the state."""
    path = directory / FILE
    with owned(directory):
        aside = None
        with complete(path, may_replace=may_replace) as part:
            make(part)
            if path.exists():
                _fold(path)
                aside = kept_aside(path)
        return Saved(path, path.stat().st_size, aside)


def _copy(source: Path, part: Path) -> chain.Head | None:
    """All of it at once, as it is at one moment: in steps, each commit of the daemon would start it anew.

    The head of its chain; None if it has none.
    """
    with refusing(source), closing(opened_to_read(source)) as there, closing(sqlite3.connect(part)) as here:
        if not check_known(there):
            raise StoreError("expected a database of prober, found an empty one")
        there.backup(here)
        here.execute("PRAGMA journal_mode = DELETE")  # one file, that can be read where nothing can be written
        return prove_whole(here)


def verify(path: Path, known: str = "") -> chain.Proof:
    """Walk the chain of a database, be it a backup or one that a daemon is at work on, and then all its pages.

    known: a head that the chain once had, as it was told; "" = none. Raises StoreError that names the first bad row.
    """
    head = chain.Head.read(known) if known else None
    if not path.is_file():
        raise StoreError(f"{path}: expected a database, found none")
    with refusing(path), closing(opened_to_read(path)) as connection:
        found = check_known(connection)
        if not chain.has_chain(connection):
            raise StoreError(f"expected a database with a chain, found one of schema {found}, which has none yet")
        proof = chain.prove(connection, head)
        prove_sound(connection)
        return proof


def opened_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def prove_whole(connection: sqlite3.Connection) -> chain.Head | None:
    """Raises StoreError unless all of the database is in order; its connection is good for nothing else afterwards.

    The head of its chain; None if it has none.
    """
    prove_sound(connection)
    return chain.prove(connection).head if chain.has_chain(connection) else None


def prove_sound(connection: sqlite3.Connection) -> None:
    """Raises StoreError unless every page and every reference of the database is in order."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise StoreError(f"expected a database in order, found: {' '.join(str(found[0]).split())}")
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise StoreError("expected a database in order, found a row that belongs to none")
    prove_structure(connection)


def _fold(path: Path) -> None:
    """Take what is in the log of a database into its file, as far as it can still be read."""
    with suppress(sqlite3.Error, StoreError):
        with closing(opened_to_read(path)) as connection:
            check_known(connection)  # SQLite throws the log away where it finds no database to put it into
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Names the file in whatever is wrong with it."""
    try:
        yield
    except StoreError as error:
        raise type(error)(f"{path}: {error}") from error
    except TOLD as error:
        raise refusal(error)(f"{path}: expected a database that can be read, found: {error}") from error
