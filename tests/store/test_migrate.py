"""Databases of other programs and of newer versions are refused, ours are brought up to date."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store.migrate import APPLICATION_ID, migrate, migrations, prove_structure


def connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_fresh_database_gets_the_schema_and_a_second_look_changes_nothing(tmp_path: Path) -> None:
    connection = connected(tmp_path / "db")
    assert migrate(connection) == migrate(connection) == len(migrations())
    assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    connection.close()


OBSERVED = "check_id, scheduled_ms, lag_ms, took_us, outcome"


def _schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Every table, column, index and rule, as SQLite understands them."""
    asked = """
        SELECT t.type, t.name, t.wr, t.strict, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk
        FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
        WHERE t.schema = 'main'
    """
    indexes = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type <> 'table'"
    return sorted(map(str, [*connection.execute(asked), *connection.execute(indexes)]))  # type: ignore[arg-type]


def test_a_fresh_schema_equals_one_that_was_migrated_step_by_step_with_rows_in_it(tmp_path: Path) -> None:
    with closing(connected(tmp_path / "fresh")) as fresh, closing(connected(tmp_path / "old")) as old:
        migrate(fresh)
        for number in range(1, len(migrations()) + 1):
            migrate(old, number)
            old.execute("INSERT OR IGNORE INTO installation (identity, epoch, seq, next_num) VALUES (x'00', 1, 0, 1)")
            old.execute(f"INSERT INTO observation ({OBSERVED}) VALUES ('a', ?, 0, 1, 'up')", (number,))
        assert _schema(old) == _schema(fresh)
        assert len(_schema(fresh)) > 100
        kept = [row[0] for row in old.execute("SELECT scheduled_ms FROM observation ORDER BY num")]
        assert kept == list(range(1, len(migrations()) + 1))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("ALTER TABLE delivery RENAME COLUMN took_ms TO tock_ms", "delivery with column tock_ms INTEGER where table"),
        ("DROP INDEX subscriber_asked", "where index subscriber_asked belongs"),
        ("CREATE TABLE zoo (a)", "found table zoo with column a where nothing belongs"),
    ],
)
def test_a_structure_that_is_not_that_of_its_number_is_found(tmp_path: Path, changes: str, told: str) -> None:
    with closing(connected(tmp_path / "db")) as connection:
        migrate(connection)
        prove_structure(connection)
        connection.execute(changes)
        with pytest.raises(StoreError, match=told):
            prove_structure(connection)


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


KILLS = """
import os, sqlite3, sys
from contextlib import closing
from prober import fault
from prober.store.migrate import migrate, migrations

def told():
    with closing(sqlite3.connect(sys.argv[1])) as connection:
        return [connection.execute("PRAGMA user_version").fetchone()[0], *connection.iterdump()]

before = told()
places = [f"migrating:{n}" for n in range(1, len(migrations()))] + ["migrated.before:1", "migrated.after:1"]
for place in places:
    child = os.fork()
    if not child:
        fault.arm({"PROBER_FAULT": place})
        migrate(sqlite3.connect(sys.argv[1], isolation_level=None))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(place, os.WTERMSIG(status), "as it was" if told() == before else f"schema {told()[0]}")
"""


def test_killed_in_any_migration_it_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    with closing(connected(tmp_path / "db")) as connection:
        migrate(connection, 1)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO installation VALUES (1, x'00', 1, 2, 3, NULL)")
        connection.execute("INSERT INTO observation VALUES ('shop', 1, 0, 5, 'up', NULL, NULL)")
    command = [sys.executable, "-c", KILLS, str(tmp_path / "db")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = found.stdout.splitlines()
    assert len(lines) == len(migrations()) + 1, found.stderr
    assert all(line.endswith("9 as it was") for line in lines[:-1]), lines
    assert lines[-1] == f"migrated.after:1 9 schema {len(migrations())}"


@pytest.mark.parametrize("number", [2, 10, len(migrations())])
def test_a_migration_that_fails_leaves_the_database_as_it_was(number: int, tmp_path: Path) -> None:
    with closing(connected(tmp_path / "db")) as connection:
        migrate(connection, 1)
        before = list(connection.iterdump())
        begun: list[int] = []

        def authorized(act: int, name: str | None, value: str | None, *_: object) -> int:
            if act == sqlite3.SQLITE_PRAGMA and name == "user_version" and value:
                begun.append(int(value))
            is_refused = number in begun and act != sqlite3.SQLITE_TRANSACTION
            return sqlite3.SQLITE_DENY if is_refused else sqlite3.SQLITE_OK

        connection.set_authorizer(authorized)
        with pytest.raises(sqlite3.DatabaseError):
            migrate(connection)
        connection.set_authorizer(None)
        assert not connection.in_transaction
        assert list(connection.iterdump()) == before
        assert migrate(connection) == len(migrations())
