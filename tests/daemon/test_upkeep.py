"""Small steady duties."""

import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import Status
from prober.daemon.progress import Progress
from prober.daemon.upkeep import (
    STEADY_MS,
    Kept,
    Small,
    keep_awake,
    keep_measured,
    keep_small,
    keep_told,
    keep_written,
)
from prober.errors import StoreError
from prober.store import Attempt, Batch, Store, verify
from prober.store.engine import Engine
from tests.builders import T0, policy, window
from tests.worlds import answers, recording

DAY_MS = 86_400_000

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def doing(duty: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(duty, *args)
        yield
        tasks.cancel_scope.cancel()


async def eventually(holds: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    with anyio.fail_after(20):
        while not await holds():
            await anyio.sleep(0.01)


def clock_at(ms: int) -> Clock:
    return Clock(wall_ns=lambda: ms * 1_000_000, monotonic_ns=lambda: 0)


def steady_at(ms: int) -> Clock:
    """It has not jumped for as long as it takes to be believed."""
    passed_ms = 0
    clock = Clock(lambda: (ms - STEADY_MS) * 1_000_000, lambda: passed_ms * 1_000_000)
    passed_ms = STEADY_MS
    return clock


async def test_changes_are_written_without_being_asked(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store), doing(keep_written, recorder, Progress()):
        recorder.observe(answers("down down"))

        async def is_written() -> bool:
            return bool((await store.load()).incidents)

        await eventually(is_written)


async def test_many_observations_do_not_wait_for_the_second_to_be_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.upkeep.FLUSH_EVERY_S", 3_600.0)
    monkeypatch.setattr("prober.record.OBSERVATIONS_AT_ONCE", 3)
    async with recording(tmp_path) as (recorder, store), doing(keep_written, recorder, Progress()):
        recorder.observe(answers("up"))
        await recorder.flush()
        recorder.observe(answers("up up up"))

        async def are_written() -> bool:
            return await store.count_observations() == 4

        await eventually(are_written)


async def test_writing_is_tried_again_until_the_store_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.daemon.upkeep.RETRY_STORE_S", 0.01)
    refusals = 3
    write = Store.write

    async def reluctant(self: Store, batch: Batch) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            raise StoreError("the disk is full")
        await write(self, batch)

    async with recording(tmp_path) as (recorder, store):
        monkeypatch.setattr(Store, "write", reluctant)
        async with doing(keep_written, recorder, Progress()):
            recorder.observe(answers("down down"))

            async def is_written() -> bool:
                return bool((await store.load()).incidents) and recorder.trouble is None

            await eventually(is_written)


async def test_the_core_is_woken_when_a_window_begins(tmp_path: Path) -> None:
    rules = policy(windows=[window(T0 + 1000, T0 + 9000)])
    async with recording(tmp_path, rules) as (recorder, _):
        async with doing(keep_awake, recorder, clock_at(T0 + 1500)):

            async def is_shown() -> bool:
                await recorder.flush()
                return recorder.shown.components["shop"].status is Status.MAINTENANCE

            await eventually(is_shown)
        assert recorder.wake_ms == T0 + 9000


async def test_old_observations_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.daemon.upkeep.DROPPED_AT_ONCE", 2)
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up up up up"))
        await recorder.flush()
        async with doing(keep_small, store, steady_at(T0 + 4000 + DAY_MS), Kept(DAY_MS, DAY_MS, DAY_MS, DAY_MS)):

            async def are_gone() -> bool:
                return await store.count_observations() == 2

            await eventually(are_gone)


async def test_a_recorder_without_changes_is_flushed_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.upkeep.FLUSH_EVERY_S", 0.01)
    async with recording(tmp_path) as (recorder, store), doing(keep_written, recorder, Progress()):
        recorder.observe(answers("up up"))

        async def are_written() -> bool:
            return await store.count_observations() == 2

        await eventually(are_written)


async def test_a_disk_that_hangs_is_told_as_our_own_trouble_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.upkeep.LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("prober.daemon.upkeep.STUCK_S", 0.05)
    hang = threading.Event()
    async with recording(tmp_path) as (recorder, store), anyio.create_task_group() as tasks:
        tasks.start_soon(keep_told, recorder)
        tasks.start_soon(store._writer.call, lambda _: hang.wait(20))
        tasks.start_soon(keep_written, recorder, Progress())
        recorder.observe(answers("down down"))

        async def is_told() -> bool:
            return "has taken no write for" in str(recorder.trouble)

        async def is_written() -> bool:
            found = await store.recent_incidents("main", 9)
            return [i.is_open for i in found] == [False] and recorder.trouble is None

        await eventually(is_told)
        recorder.observe(answers("up up", T0 + 60_000))
        assert recorder.shown.incidents == {}
        hang.set()
        await eventually(is_written)
        tasks.cancel_scope.cancel()


async def test_what_is_old_goes_from_all_that_is_kept(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up down down up up"))
        await recorder.flush()
        for owed in await store.outbox.pending("hook", 9):
            await store.outbox.tried(Attempt(owed.notice.id, 1, T0 + 9_000, 1, 200, None, None))
        async with doing(keep_small, store, steady_at(T0 + 3 * DAY_MS), Kept(DAY_MS, DAY_MS, DAY_MS, DAY_MS)):

            async def are_gone() -> bool:
                minutes = await store.rollups.between("shop", 0, T0 + DAY_MS, 60_000)
                hours = await store.rollups.between("shop", 0, T0 + DAY_MS, 3_600_000)
                return (minutes, hours) == ([], []) and len(await store.outbox.counts()) <= 1

            async def is_summed_up() -> bool:
                return [one.answers for one in await store.rollups.between("shop", 0, T0 + DAY_MS, DAY_MS)] == [6]

            await eventually(is_summed_up)
            await eventually(are_gone)
        assert verify(store.path).first > 1


AT_ONCE = {
    "daemon.upkeep.SUMMED_AT_ONCE": 200,
    "daemon.upkeep.DROPPED_AT_ONCE": 100,
    "daemon.upkeep.HOURS_AT_ONCE": 10,
    "daemon.upkeep.LINKS_AT_ONCE": 4,
    "daemon.upkeep.SPARE_PAGES": 5,
    "daemon.upkeep.PAGES_AT_ONCE": 10,
    "store.rollup.MINUTES_AT_ONCE": 20,
    "store.chain.CARRIED_AT_ONCE": 40,
}


class Effort:
    """How much the greatest step of upkeep was for each connection, in instructions of SQLite's machine and in rows."""

    def __init__(self, store: Store) -> None:
        self.steps = 0
        self.instructions: dict[str, int] = {}
        self.rows = 0
        for name, engine in (("writer", store._writer), ("reader", store._reader)):
            engine.read_s = None  # its watch has no place beside this
            self._watch(name, engine)

    def _watch(self, name: str, engine: Engine) -> None:
        call = engine.call

        async def watched(command: Callable[[sqlite3.Connection], Any]) -> Any:
            def counted(connection: sqlite3.Connection) -> Any:
                counts, before = [0], connection.total_changes
                connection.set_progress_handler(lambda: counts.__setitem__(0, counts[0] + 1), 10)
                try:
                    return command(connection)
                finally:
                    self.steps += 1
                    self.instructions[name] = max(self.instructions.get(name, 0), counts[0] * 10)
                    self.rows = max(self.rows, connection.total_changes - before)

            return await call(counted)

        engine.call = watched  # type: ignore[method-assign]


async def effort(folder: Path, hours: int) -> Effort:
    """What it takes to sum up and delete that much, which all is old."""
    hour_ms, end_ms = 3_600_000, T0 + 400 * DAY_MS
    async with recording(folder) as (recorder, store):
        for hour in range(hours):
            recorder.observe(answers("down down up up", T0 + hour * hour_ms))
            recorder.observe(answers(["up"] * 200, T0 + hour * hour_ms + 10_000, "blog"))
            await recorder.flush()
        while owed := await store.outbox.pending("hook", 99):
            for one in owed:
                await store.outbox.tried(Attempt(one.notice.id, 1, T0, 1, 200, None, None))
        found = Effort(store)
        small = Small(store, steady_at(end_ms), Kept(DAY_MS, DAY_MS, DAY_MS, DAY_MS))
        while await small.turn():
            pass
        assert await store.count_observations() <= 200
        assert await store.rollups.between("blog", 0, end_ms, hour_ms) == []
        assert await store.outbox.counts() == {}
        return found


@pytest.mark.timeout(180)
async def test_no_step_of_the_upkeep_grows_with_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in AT_ONCE.items():
        monkeypatch.setattr(f"prober.{name}", value)
    short, long = await effort(tmp_path / "short", 24), await effort(tmp_path / "long", 96)
    assert long.steps > 3 * short.steps
    assert long.rows <= 1.2 * short.rows <= 400
    for name, instructions in short.instructions.items():
        assert long.instructions[name] <= 1.5 * instructions, name


async def test_who_comes_back_to_another_year_deletes_nothing_until_that_is_sure(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up up"))
        await recorder.flush()
        passed_ms = 0
        clock = Clock(lambda: (T0 + 365 * DAY_MS) * 1_000_000, lambda: passed_ms * 1_000_000)
        small = Small(store, clock, Kept(DAY_MS, DAY_MS, DAY_MS, DAY_MS))
        for moment_ms, left in ((0, 3), (STEADY_MS - 1, 3), (STEADY_MS, 1)):
            passed_ms = moment_ms
            while await small.turn():
                pass
            assert await store.count_observations() == left


@pytest.mark.parametrize("error", [StoreError("the disk is gone"), ZeroDivisionError("by a mistake")])
async def test_what_is_measured_is_shown_again_once_it_can_be_read(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("prober.daemon.upkeep.MEASURE_EVERY_S", 0.001)
    asked = 0

    async def measure() -> None:
        nonlocal asked
        asked += 1
        if asked <= 3:
            raise error

    async def is_over() -> bool:
        return asked > 4

    async with doing(keep_measured, measure):
        await eventually(is_over)
    assert caplog.text.count("shown as it was") == 1


async def test_who_has_not_confirmed_in_a_day_is_forgotten_though_no_channel_sends_mails_any_more(
    tmp_path: Path,
) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        for name in ("ann", "bob"):
            await them.ask("main", f"{name}@mail.example", T0)
        await them.confirm((await them.all())[0].id, T0)
        kept = Kept(DAY_MS, DAY_MS, DAY_MS, DAY_MS)
        await Small(store, steady_at(T0 + DAY_MS), kept).turn()
        assert len(await them.all()) == 2
        await Small(store, steady_at(T0 + DAY_MS + 1), kept).turn()
        assert [one.confirmed_ms for one in await them.all()] == [T0]
