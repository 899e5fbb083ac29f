"""The named queries, each with its purpose, in `queries/*.sql`."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.sqlite3 import SQLite3Adapter

from prober.errors import StoreError


class _Adapter(SQLite3Adapter):
    """Rows come from SQLite's own cursor: a generator around it costs more than they do, and has to be ended."""

    def select(self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        return conn.execute(sql, parameters)


@cache  # to read them takes longer than all else at the start
def queries() -> Any:
    """All of them, as methods that take a connection."""
    folder = resources.files("prober.store") / "queries"
    if not isinstance(folder, Path):
        raise StoreError(f"expected the program's queries in a folder, found {folder}")
    return aiosql.from_path(folder, _Adapter, mandatory_parameters=False)


@cache
def statement(name: str, **words: str) -> str:
    """A query that is about more than one table: its text, with these words in the place of those in braces."""
    text: str = getattr(queries(), name).sql
    return text.format(**words)
