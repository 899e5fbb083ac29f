"""The scheduler's shell: on time, under its limit, never two probes of one check."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import Due, Observation, Status
from prober.core.schedule import Schedule
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.record import Recorder
from tests.builders import T0, check, observation, policy, window
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


class Slow:
    """A probe that takes its time and notes how many are under way."""

    under_way = most = 0

    def __init__(self, takes_s: float) -> None:
        self.takes_s = takes_s
        self.answered: list[Due] = []

    async def probe(self, due: Due) -> Observation:
        Slow.under_way += 1
        Slow.most = max(Slow.most, Slow.under_way)
        try:
            await anyio.sleep(self.takes_s)
        finally:
            Slow.under_way -= 1
        self.answered.append(due)
        return observation("up", due.scheduled_ms, due.check)


@asynccontextmanager
async def looping(
    recorder: Recorder, probes: dict[str, Slow], limit: int = 10, clock: Clock | None = None
) -> AsyncIterator[Meters]:
    Slow.under_way = Slow.most = 0
    intervals = {id_: c.interval_ms for id_, c in recorder.policy.checks.items()}
    clock, meters = clock or Clock(), Meters(intervals, [])
    schedule = Schedule(intervals, clock.now_ms())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Loop(probes, schedule, recorder, clock, Limits(limit), meters, Progress()).run)
        yield meters
        tasks.cancel_scope.cancel()


async def test_every_slot_is_answered_and_recorded(tmp_path: Path) -> None:
    async with recording(tmp_path, policy(check(interval_ms=50))) as (recorder, _):
        probes = {"shop": Slow(0)}
        async with looping(recorder, probes):
            with anyio.fail_after(20):
                while len(probes["shop"].answered) < 5:
                    await anyio.sleep(0.01)
        slots = [due.scheduled_ms for due in probes["shop"].answered]
        assert {slot % 50 for slot in slots} == {slots[0] % 50}
        assert slots == sorted(set(slots))
        assert recorder.probed["shop"] == len(slots)


async def test_a_probe_that_outlives_its_interval_misses_slots_and_they_are_counted(tmp_path: Path) -> None:
    async with recording(tmp_path, policy(check(interval_ms=50))) as (recorder, _):
        probes = {"shop": Slow(0.4)}
        async with looping(recorder, probes) as meters:
            with anyio.fail_after(20):
                while not probes["shop"].answered:
                    await anyio.sleep(0.01)
            assert Slow.most == 1
            assert meters.missed["shop"] >= 3


class Failing(Slow):
    """A probe whose target is down."""

    async def probe(self, due: Due) -> Observation:
        self.answered.append(due)
        return observation("down", due.scheduled_ms, due.check)


async def test_a_failure_is_made_sure_beside_the_grid(tmp_path: Path) -> None:
    rules = policy(check(interval_ms=600_000, failures=4, retry_interval_ms=20))
    async with recording(tmp_path, rules) as (recorder, _):
        probes: dict[str, Slow] = {"shop": Failing(0)}
        clock, meters = Clock(), Meters(["shop"], [])
        schedule = Schedule({"shop": 600_000}, clock.now_ms(), never_answered={"shop"})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Loop(probes, schedule, recorder, clock, Limits(1), meters, Progress()).run)
            with anyio.fail_after(20):
                while len(probes["shop"].answered) < 4:
                    await anyio.sleep(0.01)
            await anyio.sleep(0.1)
            tasks.cancel_scope.cancel()
        assert len(probes["shop"].answered) == 4
        assert recorder.probed["shop"] == 4


async def test_other_checks_take_over_and_an_answer_to_the_old_question_is_dropped(tmp_path: Path) -> None:
    rules = policy(check(interval_ms=50), check("blog", interval_ms=50), check("gone", interval_ms=50))
    async with recording(tmp_path, rules) as (recorder, _):
        stays, old, gone, new = Slow(0.4), Slow(3600), Slow(3600), Slow(0)
        probes = {"shop": stays, "blog": old, "gone": gone}
        intervals = dict.fromkeys(probes, 50)
        clock, meters = Clock(), Meters(intervals, [])
        Slow.under_way = 0
        loop = Loop(probes, Schedule(intervals, clock.now_ms()), recorder, clock, Limits(9), meters, Progress())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loop.run)
            with anyio.fail_after(20):
                while Slow.under_way < 3:
                    await anyio.sleep(0.005)
            loop.follow({"shop": stays, "blog": new}, {"shop": 50, "blog": 50}, {"blog"})
            with anyio.fail_after(20):
                while not (stays.answered and len(new.answered) > 2):
                    await anyio.sleep(0.005)
            tasks.cancel_scope.cancel()
        assert (old.answered, gone.answered, recorder.probed["gone"]) == ([], [], 0)
        assert recorder.probed["blog"] == len(new.answered)
        assert recorder.probed["shop"] == len(stays.answered)


async def test_no_more_than_the_limit_are_under_way(tmp_path: Path) -> None:
    checks = [check(f"c{n}", "shop", interval_ms=100) for n in range(20)]
    async with recording(tmp_path, policy(*checks)) as (recorder, _):
        probes = {c.id: Slow(0.05) for c in checks}
        async with looping(recorder, probes, limit=3):
            with anyio.fail_after(20):
                while sum(len(p.answered) for p in probes.values()) < 20:
                    await anyio.sleep(0.01)
        assert Slow.most == 3


async def test_the_time_in_which_the_machine_slept_was_not_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.loop.LOOK_EVERY_MS", 10)
    slept_ms = 0
    clock = Clock(wall_ns=lambda: (T0 + slept_ms) * 1_000_000, monotonic_ns=lambda: 0)
    async with recording(tmp_path) as (recorder, store), looping(recorder, {"shop": Slow(0)}, clock=clock) as meters:
        recorder.observe(answers("up up", T0 - 2_000))
        slept_ms = 3_600_000
        with anyio.fail_after(20):
            while not meters.clock_jumps._value.get():
                await anyio.sleep(0.01)
        await recorder.flush()
        found = [(change.after, change.rule) for change in await store.component_changes(0)]
        assert found == [("operational", "from_checks"), ("unknown", "not_watched"), ("operational", "not_watched")]


@pytest.mark.parametrize("jump_ms", [3_600_000, -3_600_000])
async def test_a_clock_that_jumps_into_planned_work_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump_ms: int
) -> None:
    monkeypatch.setattr("prober.daemon.loop.LOOK_EVERY_MS", 10)
    jumped_ms = 0
    clock = Clock(wall_ns=lambda: (T0 + jumped_ms) * 1_000_000, monotonic_ns=lambda: 0)
    rules = policy(windows=[window(T0 + jump_ms - 60_000, T0 + jump_ms + 60_000)])
    async with recording(tmp_path, rules) as (recorder, _), looping(recorder, {"shop": Slow(0)}, clock=clock) as meters:
        jumped_ms = jump_ms
        with anyio.fail_after(20):
            while not meters.clock_jumps._value.get():
                await anyio.sleep(0.01)
        await recorder.flush()
        assert recorder.shown.components["shop"].status is Status.MAINTENANCE


async def test_a_check_is_probed_when_somebody_asks_for_it(tmp_path: Path) -> None:
    async with recording(tmp_path, policy(check(interval_ms=3_600_000))) as (recorder, _):
        probes, clock = {"shop": Slow(0)}, Clock()
        schedule = Schedule({"shop": 3_600_000}, clock.now_ms())
        loop = Loop(probes, schedule, recorder, clock, Limits(1), Meters(["shop"], []), Progress())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loop.run)
            loop.look_now("shop")
            loop.look_now("none")
            with anyio.fail_after(20):
                while not probes["shop"].answered:
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
