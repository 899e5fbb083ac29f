"""Sums of what was observed, by the minute, hour and day, so that long times are asked of few rows.

1. Observations are summed up in the order of their numbers, some at a time; how far it has come is written in the same
   transaction, so that each is counted once. One that comes late is counted in the time it belongs to all the same.
2. How long a verdict was what is told by transitions, and put down once an hour is over, and its verdict settled.
3. What is old goes a few rows of one check at a time. Days are kept for ever.
4. Reading and adding up is a reader's work; the writer is held for as long as it takes to write the rows.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from prober.core.model import Outcome, Verdict
from prober.core.sketch import Sketch
from prober.errors import StoreError
from prober.store.engine import Engine

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
STEPS = {"minute": MINUTE_MS, "hour": HOUR_MS, "day": DAY_MS}
SETTLED_MS = 10 * MINUTE_MS  # a verdict may hold from some time before it was decided
MINUTES_AT_ONCE = 1_000  # rows of minutes that one transaction writes; no more of hours, nor of days
_FIGURES = ("up", "degraded", "down", "unknown")

Row = dict[str, Any]
Values = tuple[Any, ...]


class Sum(NamedTuple):
    """A check's answers of some time. took: microseconds of those that were up or degraded."""

    start_ms: int
    up: int
    degraded: int
    down: int
    unknown: int
    took: Sketch

    @property
    def answers(self) -> int:
        """How many there are."""
        return self.up + self.degraded + self.down + self.unknown


class Rollups:
    """Sums of observations; part of the store."""

    def __init__(self, writer: Engine, reader: Engine, queries: Any) -> None:
        self._writer = writer
        self._reader = reader
        self._queries = queries
        self._dropped_of = dict.fromkeys(STEPS, "")  # the check whose old rows went last

    async def roll(self, limit: int) -> int:
        """Sum up at most so many observations that have not been yet; how many they were."""
        total = 0
        while total < limit and (count := await self._roll_some(limit - total)):
            total += count
        return total

    async def _roll_some(self, limit: int) -> int:
        """The same in one transaction, as far as no more than MINUTES_AT_ONCE rows of minutes come of it."""
        num, count, found = await self._reader.call(lambda connection: self._added_up(connection, limit))

        def write(connection: sqlite3.Connection) -> None:
            for step, rows in found.items():
                getattr(self._queries, f"put_rollup_{step}")(connection, rows)
            self._queries.advance_rolled(connection, num=num)

        if count:
            await self._writer.transact(write)
        return count

    def _added_up(self, connection: sqlite3.Connection, limit: int) -> tuple[int, int, dict[str, list[Values]]]:
        """Number of the latest observation that is summed up, how many they are, and what rows there are then."""
        num, count = self._queries.rolled(connection)[0], 0
        answers: dict[tuple[str, int], dict[str, list[int]]] = {}
        for at_num, check, at_ms, took_us, outcome in self._queries.observations_after(
            connection, num=num, limit=limit
        ):
            mine = answers.get(key := (check, at_ms - at_ms % MINUTE_MS))
            if mine is None:
                if len(answers) == MINUTES_AT_ONCE:
                    break
                mine = answers[key] = {figure: [] for figure in _FIGURES}
            mine[outcome].append(took_us)
            num, count = at_num, count + 1
        minutes = {key: _counted(key[1], mine) for key, mine in answers.items()}
        found = {}
        for step, step_ms in STEPS.items():
            sums = minutes if step == "minute" else _coarser(minutes, step_ms)
            found[step] = [self._row(connection, step, check, one) for (check, _), one in sums.items()]
        return num, count, found

    def _row(self, connection: sqlite3.Connection, step: str, check: str, fresh: Sum) -> Values:
        """What stands there with the fresh in it."""
        stands = getattr(self._queries, f"rollup_{step}")(connection, check=check, start_ms=fresh.start_ms)
        one = fresh if stands is None else _joined(fresh.start_ms, (fresh, _sum(fresh.start_ms, *stands)))
        return (check, *one[:-1], one.took.encoded())

    async def close_hours(self, now_ms: int, limit: int) -> int:
        """Put down how long verdicts were what, of at most so many hours that are over; how many they were."""

        def read(connection: sqlite3.Connection) -> list[Row]:
            before_ms = now_ms - SETTLED_MS - HOUR_MS
            hours = list(self._queries.open_hours(connection, before_ms=before_ms, limit=limit))
            return [self._spent(connection, row["check_id"], row["start_ms"]) for row in hours]

        def write(connection: sqlite3.Connection) -> None:
            self._queries.close_hours(connection, found)
            self._queries.add_to_days(connection, found)

        found = await self._reader.call(read)
        if found:
            await self._writer.transact(write)
        return len(found)

    def _spent(self, connection: sqlite3.Connection, check: str, start_ms: int) -> Row:
        until_ms = start_ms + HOUR_MS
        found = self._queries.verdicts_since(connection, check=check, since_ms=start_ms, until_ms=until_ms)
        spent = spent_ms(((row["since_ms"], row["after"]) for row in found), start_ms, until_ms)
        return {"check": check, "start_ms": start_ms, "day_ms": start_ms - start_ms % DAY_MS, **spent}

    async def between(self, check: str, from_ms: int, to_ms: int, step_ms: int) -> list[Sum]:
        """A check's answers of some time in steps of whole minutes, in order; steps without any are left out.

        They are read from the longest sums that a step consists of. Raises StoreError.
        """
        step = next(name for name in ("day", "hour", "minute") if step_ms % STEPS[name] == 0)

        def read(connection: sqlite3.Connection) -> list[Sum]:
            rows = getattr(self._queries, f"rollups_{step}")(connection, check=check, from_ms=from_ms, to_ms=to_ms)
            parts: dict[int, list[Sum]] = {}
            for one in (_sum(*row) for row in rows):
                parts.setdefault(from_ms + (one.start_ms - from_ms) // step_ms * step_ms, []).append(one)
            return [_joined(start_ms, mine) for start_ms, mine in parts.items()]

        return await self._reader.call(read)

    async def drop(self, step: str, before_ms: int, limit: int) -> int:
        """Delete at most so many minutes or hours of one check from before a moment, of each check in turn.

        How many went; -1 after the last check. Raises StoreError.
        """
        if step not in ("minute", "hour"):
            raise StoreError(f"expected minute or hour, found {step}: those are kept for ever")

        def write(connection: sqlite3.Connection) -> tuple[str, int]:
            check = getattr(self._queries, f"next_check_{step}")(connection, check=self._dropped_of[step])[0]
            if check is None:
                return "", -1
            drop = getattr(self._queries, f"drop_oldest_{step}s")
            return check, drop(connection, check=check, before_ms=before_ms, limit=limit)

        self._dropped_of[step], gone = await self._writer.transact(write)
        return gone


def spent_ms(verdicts: Iterable[tuple[int, str]], start_ms: int, until_ms: int) -> dict[str, int]:
    """Verdict as "up_ms" -> how much of the time it held. verdicts: (from when, which), in the order decided; the
    later one holds where two do.
    """
    held: list[tuple[int, str]] = []
    for since_ms, verdict in verdicts:
        while held and held[-1][0] >= since_ms:
            held.pop()
        held.append((since_ms, verdict))
    ends = [*(since_ms for since_ms, _ in held[1:]), until_ms]
    spent = {f"{verdict}_ms": 0 for verdict in Verdict}
    for (since_ms, verdict), end_ms in zip(held, ends, strict=False):
        spent[f"{verdict}_ms"] += max(0, min(end_ms, until_ms) - max(since_ms, start_ms))
    return spent


def _counted(start_ms: int, answers: dict[str, list[int]]) -> Sum:
    """answers: how long those of each outcome took."""
    took = Sketch.of(chain(answers[Outcome.UP], answers[Outcome.DEGRADED]))
    return Sum(start_ms, **{figure: len(answers[figure]) for figure in _FIGURES}, took=took)


def _coarser(sums: dict[tuple[str, int], Sum], step_ms: int) -> dict[tuple[str, int], Sum]:
    grouped: dict[tuple[str, int], list[Sum]] = {}
    for (check, start_ms), one in sums.items():
        grouped.setdefault((check, start_ms - start_ms % step_ms), []).append(one)
    return {key: _joined(key[1], parts) for key, parts in grouped.items()}


def _joined(start_ms: int, parts: Sequence[Sum]) -> Sum:
    first, *others = parts
    if not others:
        return first._replace(start_ms=start_ms)
    took = first.took.copy()
    for part in others:
        took.merge(part.took)
    return Sum._make((start_ms, *map(sum, zip(*(part[1:5] for part in parts), strict=True)), took))


def _sum(start_ms: int, up: int, degraded: int, down: int, unknown: int, took: bytes) -> Sum:
    """From a row."""
    return Sum(start_ms, up, degraded, down, unknown, Sketch.decoded(took))
