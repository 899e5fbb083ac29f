"""Sums of what was observed, by the minute, hour and day, so that long times are asked of few rows.

1. Observations are summed up in the order of their numbers, some at a time; how far it has come is written in the same
   transaction, so that each is counted once. One that comes late is counted in the time it belongs to all the same.
2. How long a verdict was what is told by transitions, and put down once an hour is over, and its verdict settled.
3. What is old goes a few rows of one check at a time. Days are kept for ever.
4. Reading and adding up is a reader's work; the writer is held for as long as it takes to write the rows.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from prober.core.model import Outcome, Verdict
from prober.core.sketch import Sketch
from prober.errors import StoreError
from prober.store.engine import Engine

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
STEPS = {"minute": MINUTE_MS, "hour": HOUR_MS, "day": DAY_MS}
SETTLED_MS = 10 * MINUTE_MS  # a verdict may hold from some time before it was decided
_FIGURES = ("up", "degraded", "down", "unknown")

Row = dict[str, Any]


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
        num, count, found = await self._reader.call(lambda connection: self._added_up(connection, limit))

        def write(connection: sqlite3.Connection) -> None:
            for step, rows in found.items():
                getattr(self._queries, f"put_rollup_{step}")(connection, rows)
            self._queries.advance_rolled(connection, num=num)

        if count:
            await self._writer.transact(write)
        return count

    def _added_up(self, connection: sqlite3.Connection, limit: int) -> tuple[int, int, dict[str, list[Row]]]:
        num = self._queries.rolled(connection)[0]
        observations = list(self._queries.observations_after(connection, num=num, limit=limit))
        minutes = _minutes([tuple(row)[1:] for row in observations])
        found = {}
        for step, step_ms in STEPS.items():
            sums = minutes if step == "minute" else _coarser(minutes, step_ms)
            found[step] = [self._row(connection, step, check, one) for (check, _), one in sums.items()]
        return (observations[-1]["num"] if observations else num), len(observations), found

    def _row(self, connection: sqlite3.Connection, step: str, check: str, fresh: Sum) -> Row:
        """What stands there with the fresh in it."""
        stands = getattr(self._queries, f"rollup_{step}")(connection, check=check, start_ms=fresh.start_ms)
        one = fresh if stands is None else _joined(fresh.start_ms, [_sum({"start_ms": 0, **dict(stands)}), fresh])
        return one._asdict() | {"check": check, "took": one.took.encoded()}

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
            for one in (_sum(dict(row)) for row in rows):
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


def _minutes(observations: Sequence[tuple[Any, ...]]) -> dict[tuple[str, int], Sum]:
    """(check, its minute) -> the sum of (check, moment, took, outcome)."""
    grouped: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for check, at_ms, took_us, outcome in observations:
        grouped.setdefault((check, at_ms - at_ms % MINUTE_MS), []).append((took_us, outcome))
    return {key: _counted(key[1], answers) for key, answers in grouped.items()}


def _counted(start_ms: int, answers: Iterable[tuple[int, str]]) -> Sum:
    counts, took = dict.fromkeys(_FIGURES, 0), Sketch()
    for took_us, outcome in answers:
        counts[outcome] += 1
        if outcome in (Outcome.UP, Outcome.DEGRADED):
            took.add(took_us)
    return Sum(start_ms, **counts, took=took)


def _coarser(sums: dict[tuple[str, int], Sum], step_ms: int) -> dict[tuple[str, int], Sum]:
    grouped: dict[tuple[str, int], list[Sum]] = {}
    for (check, start_ms), one in sums.items():
        grouped.setdefault((check, start_ms - start_ms % step_ms), []).append(one)
    return {key: _joined(key[1], parts) for key, parts in grouped.items()}


def _joined(start_ms: int, parts: Sequence[Sum]) -> Sum:
    took = Sketch()
    for part in parts:
        took.merge(part.took)
    counts = {figure: sum(getattr(part, figure) for part in parts) for figure in _FIGURES}
    return Sum(start_ms, **counts, took=took)


def _sum(row: Row) -> Sum:
    return Sum(**(row | {"took": Sketch.decoded(row["took"])}))
