"""Databases of other programs and of newer versions are refused, ours are brought up to date."""

import sqlite3
from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store.migrate import APPLICATION_ID, migrate, migrations


def connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_fresh_database_gets_the_schema_and_a_second_look_changes_nothing(tmp_path: Path) -> None:
    connection = connected(tmp_path / "db")
    assert migrate(connection) == migrate(connection) == len(migrations())
    assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    connection.close()


def test_a_database_of_a_newer_prober_is_refused(tmp_path: Path) -> None:
    connection = connected(tmp_path / "db")
    migrate(connection)
    connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="found 999: made by a newer prober"):
        migrate(connection)
    connection.close()


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = connected(tmp_path / "db")
    connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(StoreError, match="another program"):
        migrate(connection)
    connection.close()
