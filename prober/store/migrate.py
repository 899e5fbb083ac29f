"""Brings a database to the schema of this program: numbered files, each applied once, in one transaction."""

import sqlite3
from importlib import resources
from importlib.resources.abc import Traversable

from prober.errors import StoreError

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
    for number, file in known[found:]:
        _apply(connection, number, file.read_text())
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
        raise StoreError(f"expected a database of schema {known}, found {found}: made by another version of prober")


def _version(connection: sqlite3.Connection) -> int:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application_id != APPLICATION_ID and not is_empty:
        raise StoreError("expected a database of prober, found one of another program")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    # executescript commits whatever is open before it starts: so the transaction is part of the script.
    connection.executescript(
        f"BEGIN IMMEDIATE;\n{script}\n"
        f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
    )
