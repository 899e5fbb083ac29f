"""What was made through the API, and the points of its metrics."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from prober.core.made import Made
from prober.store.engine import Engine

POINTS = 10_000  # of each metric, the newest


class Point(NamedTuple):
    """One value of a metric."""

    at_ms: int
    value: float


class MadeObjects:
    """Part of the store."""

    def __init__(self, writer: Engine, reader: Engine, queries: Any) -> None:
        self._writer = writer
        self._reader = reader
        self._queries = queries

    async def all(self) -> list[Made]:
        """What is there, in the order it was made."""

        def read(connection: sqlite3.Connection) -> list[Made]:
            found = self._queries.made(connection)
            return [Made(**(dict(row) | {"content": json.loads(row["content"])})) for row in found]

        return await self._writer.call(read)

    async def change(self, put: Iterable[Made], dropped: Iterable[tuple[str, str]], at_ms: int) -> None:
        """Make or change these and delete those (section, id), all of it or nothing, durably."""

        def write(connection: sqlite3.Connection) -> None:
            for section, id_ in dropped:
                self._queries.drop_made(connection, section=section, id=id_, at_ms=at_ms)
                if section == "metrics":
                    self._queries.drop_points(connection, metric=id_)
            for made in put:
                content = json.dumps(dict(made.content), ensure_ascii=False)
                self._queries.put_made(connection, section=made.section, id=made.id, content=content, at_ms=at_ms)

        await self._writer.transact(write)

    async def add_points(self, metric: str, points: Iterable[Point]) -> None:
        """Points of a metric, in place of those of the same moments, durably."""
        rows = [{"metric": metric, "at_ms": point.at_ms, "value": point.value} for point in points]

        def write(connection: sqlite3.Connection) -> None:
            self._queries.put_points(connection, rows)
            self._queries.trim_points(connection, metric=metric, most=POINTS)

        await self._writer.transact(write)

    async def points(self, metric: str, from_ms: int, to_ms: int, limit: int) -> Sequence[Point]:
        """The newest of a metric between two moments, oldest first."""
        return await self._points(self._queries.points, metric=metric, from_ms=from_ms, to_ms=to_ms, limit=limit)

    async def probed(self, check: str, from_ms: int, to_ms: int, limit: int) -> Sequence[Point]:
        """How long the newest good answers of a check took between two moments, in ms, oldest first."""
        return await self._points(self._queries.probed_points, check=check, from_ms=from_ms, to_ms=to_ms, limit=limit)

    async def _points(self, query: Any, **asked: Any) -> Sequence[Point]:
        def read(connection: sqlite3.Connection) -> list[Point]:
            return [Point(row["at_ms"], row["value"]) for row in query(connection, **asked)][::-1]

        return await self._reader.call(read)
