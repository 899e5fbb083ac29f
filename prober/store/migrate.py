"""Brings a database to the schema of this program: numbered files, each applied once, all that are missing in one
transaction. Whatever goes wrong in any of them, or kills us, leaves the database as it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import zip_longest

from prober import fault
from prober.errors import StoreError
from prober.store.named import queries

APPLICATION_ID = 0x70726F62  # "prob": tells our databases from others


def migrations() -> list[tuple[int, Traversable]]:
    """(number, file) of all migrations, in order; numbers start at 1 without gaps."""
    folder = resources.files("prober.store") / "migrations"
    return sorted((int(f.name[:4]), f) for f in folder.iterdir() if f.name.endswith(".sql"))


def migrate(connection: sqlite3.Connection, until: int | None = None) -> int:
    """Apply what is missing; the schema's number. Raises StoreError if the file is not ours or is newer than we are.

    until: the last one to apply, if not all are.
    """
    found = check_known(connection)
    known = migrations()[:until]
    if known[found:]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for number, file in known[found:]:
                _apply(connection, number, file)
            fault.reach("migrated.before")
            connection.execute("COMMIT")
            fault.reach("migrated.after")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return known[-1][0]


def check_known(connection: sqlite3.Connection) -> int:
    """The schema's number; 0 of an empty database. Raises StoreError if it is not ours or is newer than we are."""
    known, found = migrations()[-1][0], _version(connection)
    if found > known:
        raise StoreError(f"expected a database of schema {known} or older, found {found}: made by a newer prober")
    return found


def check(connection: sqlite3.Connection) -> None:
    """Raises StoreError unless the database is one of ours with exactly the schema of this program."""
    known, found = migrations()[-1][0], _version(connection)
    if found != known:
        more = "made by a newer prober" if found > known else "`prober migrate` or a start brings it up to date"
        raise StoreError(f"expected a database of schema {known}, found {found}: {more}")


def prove_structure(connection: sqlite3.Connection) -> None:
    """Raises StoreError unless the database has the tables and columns that its schema's number means."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, check_known(connection))
        expected, found = ([tuple(row) for row in queries().structure(one)] for one in (fresh, connection))
    for wanted, one in zip_longest(expected, found):
        if wanted != one:
            raise StoreError(f"expected a database in order, found {_named(one)} where {_named(wanted)} belongs")


def _named(one: tuple[str, ...] | None) -> str:
    if one is None:
        return "nothing"
    kind, name, column, of, *_ = one
    return f"{kind} {name}" + (f" with column {column} {of}".rstrip() if column else "")


def _version(connection: sqlite3.Connection) -> int:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = queries().count_schema(connection)[0] == 0
    if application_id != APPLICATION_ID and not is_empty:
        raise StoreError("expected a database of prober, found one of another program")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _apply(connection: sqlite3.Connection, number: int, file: Traversable) -> None:
    """Within a transaction. Statement by statement: executescript would commit it first."""
    for statement in _statements(file.read_text()):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {number}")
    fault.reach("migrating")


def _statements(script: str) -> Iterator[str]:
    """What SQLite itself takes for whole statements, in order."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
