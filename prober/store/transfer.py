"""The state as JSON Lines, and back: for other programs, and for moving it where a file of SQLite is no use.

The first line says what follows, then comes a line for each row, then one that says how many there were. Tables and
columns are those of the schema, in an order in which each row comes after those it refers to. What a migration adds is
carried along: so the statements are made of the schema's own names, and never of what a line says.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from prober.errors import StoreError
from prober.store import chain
from prober.store.backup import FILE, Saved, opened_to_read, prove_sound, put_in_place, refusing
from prober.store.migrate import check_known, migrate, migrations
from prober.store.named import queries, statement

FORMAT = 1

# Before the tables that refer to them.
_FIRST = ("installation", "incident", "notice")


def exported(directory: Path) -> Iterator[str]:
    """The state of a directory as lines without their ends, as it is at one moment; a daemon may be at work on it.

    Raises StoreError if there is none or it can't be read.
    """
    path = directory / FILE
    if not path.exists():
        raise StoreError(f"{directory}: expected a state to export, found none")
    with refusing(path), closing(opened_to_read(path)) as connection:
        connection.execute("BEGIN")  # all that is read from here on is of one moment
        yield _line({"prober": "export", "format": FORMAT, "schema": check_known(connection)})
        rows = 0
        for table in _tables(connection):
            for row in connection.execute(statement("all_rows", table=table, order=_order(connection, table))):
                yield _line({"table": table, "row": {key: _told(row[key]) for key in row.keys()}})  # noqa: SIM118
                rows += 1
        yield _line({"rows": rows})


def put_in(directory: Path, lines: Iterable[str], *, may_replace: bool) -> Saved:
    """Make what was exported the state of a directory; one that is there is kept aside.

    Raises StoreError, and changes nothing, if a daemon owns the state, if a line is not as it was exported or one is
    missing, or if there is a state already and it may not be replaced.
    """
    return put_in_place(directory, lambda part: _write(part, lines), may_replace=may_replace)


def _write(part: Path, lines: Iterable[str]) -> None:
    numbered = enumerate(lines, 1)
    with closing(sqlite3.connect(part, isolation_level=None)) as connection:
        schema = _schema(next(numbered, (1, "")))
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        migrate(connection, schema)  # rows are put into the tables they came from, and then brought up to date
        connection.execute("BEGIN")
        _put_rows(connection, numbered)
        connection.execute("COMMIT")
        migrate(connection)
        connection.execute("BEGIN")
        chain.begin(connection)
        connection.execute("COMMIT")
        prove_sound(connection)
        chain.prove(connection)


def _schema(numbered: tuple[int, str]) -> int:
    found, known = _parsed(*numbered), migrations()[-1][0]
    schema = found.get("schema")
    if found.get("prober") != "export" or found.get("format") != FORMAT or not isinstance(schema, int):
        raise StoreError(f"line 1: expected an export of prober in format {FORMAT}, found something else")
    if not 1 <= schema <= known:
        raise StoreError(f"line 1: expected schema {known} or older, found {schema}: made by a newer prober")
    return schema


def _put_rows(connection: sqlite3.Connection, numbered: Iterator[tuple[int, str]]) -> None:
    columns = {table: set(_columns(connection, table)) for table in _tables(connection)}
    rows = 0
    for number, line in numbered:
        found = _parsed(number, line)
        if found.keys() == {"rows"}:
            _prove_complete(number, found["rows"], rows, next(numbered, None))
            return
        table, row = found.get("table"), found.get("row")
        if table not in columns or not isinstance(row, dict) or row.keys() - columns[table]:
            raise StoreError(f"line {number}: expected a row of the state, found one that it has no place for")
        _put(connection, number, table, row)
        rows += 1
    raise StoreError(f"expected a last line with the number of rows, found none after {rows} of them")


def _prove_complete(number: int, said: Any, rows: int, more: object) -> None:
    if said != rows:
        raise StoreError(f"line {number}: expected {said} rows before it, found {rows}")
    if more is not None:
        raise StoreError(f"line {number + 1}: expected the end, found more")


def _put(connection: sqlite3.Connection, number: int, table: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    try:
        values = [_meant(value) for value in row.values()]
        connection.execute(statement("put_row", table=table, columns=names, marks=marks), values)
    except (sqlite3.Error, ValueError) as error:
        raise StoreError(f"line {number}: expected a row of the state, found: {error}") from error


def _parsed(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise StoreError(f"line {number}: expected one JSON object, found something else")
    return found


def _line(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _told(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _meant(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"hex"}:
        return bytes.fromhex(str(value["hex"]))
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"a {type(value).__name__} as a value")


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = sorted(row[0] for row in queries().own_tables(connection))
    return [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _order(connection: sqlite3.Connection, table: str) -> str:
    """By its key; a table without one in the order its rows were written."""
    keys = sorted((row[5], row[1]) for row in connection.execute(f'PRAGMA table_info("{table}")') if row[5])
    return ", ".join(f'"{name}"' for _, name in keys) or "rowid"
