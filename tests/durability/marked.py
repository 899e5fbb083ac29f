"""A daemon that says of each of its commits what is in the database after it, and that the commit has returned.

`python -m tests.durability.marked VERB ...` is `prober VERB ...`, with marks written to /dev/null, for strace to see.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
MARK = b"committed "


def summed(connection: sqlite3.Connection) -> str:
    """A digest of all rows there are, but for what every start counts up."""
    tables = [
        name
        for (name,) in map(tuple, connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1"))
        if not name.startswith("sqlite_")
    ]
    found = hashlib.blake2b(digest_size=16)
    for table in tables:
        columns = [f'"{row[1]}"' for row in connection.execute(f'PRAGMA table_info("{table}")') if row[1] != "epoch"]
        found.update(table.encode())
        for row in connection.execute(f'SELECT {", ".join(columns)} FROM "{table}" NOT INDEXED'):
            found.update(repr(tuple(row)).encode())
    return found.hexdigest()


def is_installed(connection: sqlite3.Connection) -> bool:
    """Whether the store has been begun in this database."""
    has_table = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'installation'").fetchone()
    return bool(has_table and connection.execute("SELECT 1 FROM installation").fetchone())


def mark_commits() -> None:
    """From now on, each transaction of the store is marked once its commit has returned.

    But for those that make the schema: as long as nobody is installed, nothing is told that could be lost.
    """
    from prober import fault
    from prober.store import engine

    out = os.open("/dev/null", os.O_WRONLY)
    plain = engine.Engine.transact
    reach = fault.reach
    last = [""]  # what is in the database after the commit that comes; written and read in the connection's thread

    async def transact(self: engine.Engine, command: Callable[[sqlite3.Connection], T], point: str = "") -> T:
        def whole(connection: sqlite3.Connection) -> T:
            result = command(connection)
            last[0] = summed(connection) if is_installed(connection) else ""
            return result

        return await plain(self, whole, point)

    def reached(name: str) -> None:
        if last[0] and name.endswith(".after") and not name.startswith("send"):
            os.write(out, MARK + json.dumps({"point": name, "sum": last[0]}).encode())
        reach(name)

    engine.Engine.transact = transact  # type: ignore[method-assign]
    fault.reach = reached


if __name__ == "__main__":
    from prober.cli import main

    mark_commits()
    main()
