"""Every observation is counted once, in its minute, hour and day; what is old goes."""

import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from prober.core.model import Observation
from prober.core.sketch import ERROR
from prober.errors import StoreError
from prober.store import Store
from prober.store.rollup import DAY_MS, HOUR_MS, MINUTE_MS, SETTLED_MS, spent_ms
from tests.builders import T0, observation
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

HOUR0 = T0 - T0 % HOUR_MS
DAY0 = T0 - T0 % DAY_MS


def minutely(count: int, check: str = "shop", took_us: int = 1_000) -> list[Observation]:
    return [observation("up", HOUR0 + n * MINUTE_MS, check, took_us * (n + 1)) for n in range(count)]


async def rolled(store: Store, limit: int = 100) -> int:
    total = 0
    while count := await store.rollups.roll(limit):
        total += count
    return total


async def test_each_observation_is_counted_once_whatever_the_steps(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(minutely(130))
        recorder.observe(answers("down degraded unknown", HOUR0 + 2 * MINUTE_MS))
        await recorder.flush()
        assert await rolled(store, 7) == 133
        assert await rolled(store, 7) == 0
        minutes = await store.rollups.between("shop", HOUR0, HOUR0 + HOUR_MS, MINUTE_MS)
        assert len(minutes) == 60
        assert minutes[2][:5] == (HOUR0 + 2 * MINUTE_MS, 1, 1, 1, 1)
        assert minutes[2].took.count == 2
        hours = await store.rollups.between("shop", HOUR0, HOUR0 + 9 * HOUR_MS, HOUR_MS)
        assert [one.answers for one in hours] == [63, 60, 10]
        first, second = await store.rollups.between("shop", DAY0, DAY0 + 2 * DAY_MS, DAY_MS)
        assert (first.up, first.degraded, first.down, first.unknown) == (120, 1, 1, 1)
        assert (second.start_ms, second.answers) == (DAY0 + DAY_MS, 10)


async def test_one_transaction_writes_a_bounded_number_of_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.store.rollup.MINUTES_AT_ONCE", 8)
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(one for n in range(9) for one in minutely(11, f"check-{n}"))
        await recorder.flush()
        before = await store._writer.call(lambda connection: connection.total_changes)
        written: list[int] = []
        transact = store._writer.transact

        async def counted(command: Callable[[sqlite3.Connection], None], point: str = "") -> None:
            await transact(command, point)
            written.append(await store._writer.call(lambda connection: connection.total_changes))

        monkeypatch.setattr(store._writer, "transact", counted)
        assert await store.rollups.roll(1_000) == 99
        steps = [after - so_far for so_far, after in pairwise([before, *written])]
        assert (len(steps), max(steps) <= 3 * 8 + 1) == (13, True)
        for n in range(9):
            (day,) = await store.rollups.between(f"check-{n}", DAY0, DAY0 + DAY_MS, DAY_MS)
            assert (day.up, day.took.count) == (11, 11)


async def test_quantiles_of_any_step_are_those_of_all_its_answers(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(minutely(100))
        await recorder.flush()
        await rolled(store, 33)
        for step_ms in (5 * MINUTE_MS, HOUR_MS * 2, DAY_MS):
            from_ms = HOUR0 if step_ms < DAY_MS else DAY0
            found = await store.rollups.between("shop", from_ms, from_ms + DAY_MS, step_ms)
            assert sum(one.answers for one in found) == 100
        assert found[0].took.quantile(0.95) == pytest.approx(95_000, rel=ERROR)
        assert await store.rollups.between("other", DAY0, DAY0 + DAY_MS, DAY_MS) == []


async def test_what_comes_late_is_counted_where_it_belongs(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        for outcomes in ("up up", "down"):
            recorder.observe(answers(outcomes, HOUR0))
            await recorder.flush()
            await rolled(store)
        (hour,) = await store.rollups.between("shop", HOUR0, HOUR0 + HOUR_MS, HOUR_MS)
        assert (hour.up, hour.down) == (2, 1)


async def test_an_hour_that_is_over_says_how_long_the_verdict_was_what(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up", HOUR0))
        recorder.observe(answers("down down", HOUR0 + 30 * MINUTE_MS))
        await recorder.flush()
        await rolled(store)
        over_ms = HOUR0 + HOUR_MS + SETTLED_MS
        assert await store.rollups.close_hours(over_ms, 10) == 0
        assert await store.rollups.close_hours(over_ms + 1, 10) == 1
        assert await store.rollups.close_hours(over_ms + 1, 10) == 0
        for table in ("rollup_hour", "rollup_day"):
            asked = f"SELECT up_ms, degraded_ms, down_ms, unknown_ms FROM {table}"
            found = await store._reader.call(partial(_asked, asked))
            assert found == (30 * MINUTE_MS, 0, 30 * MINUTE_MS - 1000, 0)


def _asked(statement: str, connection: sqlite3.Connection) -> tuple[int, ...]:
    return tuple(connection.execute(statement).fetchone())


def test_the_verdict_decided_last_holds() -> None:
    found = spent_ms([(0, "up"), (60, "down"), (40, "unknown"), (90, "up"), (200, "down")], 20, 100)
    assert found == {"up_ms": 30, "degraded_ms": 0, "down_ms": 0, "unknown_ms": 50}
    assert spent_ms([], 0, 100) == {"up_ms": 0, "degraded_ms": 0, "down_ms": 0, "unknown_ms": 0}


async def test_old_sums_go_check_by_check_and_days_stay(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe([*minutely(5), *minutely(3, "blog")])
        await recorder.flush()
        await rolled(store)
        before_ms = HOUR0 + 3 * MINUTE_MS
        gone = [await store.rollups.drop("minute", before_ms, 2) for _ in range(6)]
        assert gone == [2, 2, -1, 0, 1, -1] or gone == [2, 2, -1, 1, 1, -1]
        assert len(await store.rollups.between("shop", HOUR0, HOUR0 + HOUR_MS, MINUTE_MS)) == 2
        assert await store.rollups.between("blog", HOUR0, HOUR0 + HOUR_MS, MINUTE_MS) == []
        with pytest.raises(StoreError, match="kept for ever"):
            await store.rollups.drop("day", before_ms, 2)


def _read_of(connection: sqlite3.Connection, tables: set[str] | None) -> None:
    """Note which tables are read from now on; None = no more."""

    def note(action: int, table: str | None, *_: str | None) -> int:
        if tables is not None and action == sqlite3.SQLITE_READ and table:
            tables.add(table)
        return sqlite3.SQLITE_OK

    connection.set_authorizer(None if tables is None else note)


async def test_questions_of_90_days_read_no_observation(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        for day in range(90):
            recorder.observe(answers("up down down up up", DAY0 + day * DAY_MS))
        await recorder.flush()
        await rolled(store)
        tables: set[str] = set()
        await store._reader.call(partial(_read_of, tables=tables))
        changes = await store.component_changes(DAY0)
        (whole,) = await store.rollups.between("shop", DAY0, DAY0 + 90 * DAY_MS, 90 * DAY_MS)
        (month,) = await store.rollups.between("shop", DAY0 + 60 * DAY_MS, DAY0 + 90 * DAY_MS, 30 * DAY_MS)
        hours = await store.rollups.between("shop", DAY0, DAY0 + 90 * DAY_MS, HOUR_MS)
        await store._reader.call(partial(_read_of, tables=None))
        assert (whole.answers, month.answers, len(hours), len(changes)) == (450, 150, 90, 181)
        assert month.took.quantile(0.95)
        assert tables == {"transition", "rollup_day", "rollup_hour"}


async def test_space_that_is_not_used_any_more_is_given_back_in_steps(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers(["up"] * 20_000))
        await recorder.flush()
        await rolled(store, 5000)
        await store.drop_observations(T0 + DAY_MS, 50_000)
        unused = await store.shrink(10, 50)
        assert unused > 100
        assert await store.shrink(10, 10_000) == unused - 50
        assert await store.shrink(10, 50) == 10
