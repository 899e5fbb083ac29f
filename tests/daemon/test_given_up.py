"""Probes that are given up by a reload, at any moment, leave no descriptor, no task and no place in the line."""

import asyncio
import random
from pathlib import Path
from typing import Any

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import Due, Observation
from prober.core.schedule import Schedule
from prober.daemon.gate import Limits, Place
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.probes import Probe
from tests.builders import check, policy
from tests.wire.hostile import serving
from tests.wire.mutations import prober, served
from tests.wire.test_fuzz import descriptors, dripping
from tests.worlds import recording

pytestmark = pytest.mark.anyio

CHECKS, LIMITS = 60, Limits(20, per_host=15, per_kind=15)
INTERVALS = {f"c{number}": 20 for number in range(CHECKS)}
KINDS = {id_: Place(f"host{number % 3}", f"kind{number % 2}") for number, id_ in enumerate(INTERVALS)}


@pytest.fixture
def anyio_backend() -> Any:
    """On the loop of production alone: it is its sockets that are given up."""
    return ("asyncio", {"use_uvloop": True})


class Counted:
    """Another's probe. ended, given_up: how many of all were."""

    ended = given_up = 0

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    async def probe(self, due: Due) -> Observation:
        try:
            seen = await self._probe.probe(due)
        except asyncio.CancelledError:
            Counted.given_up += 1
            raise
        Counted.ended += 1
        return seen


async def given_up(count: int, folder: Path) -> None:
    """So many probes are given up; then there is nothing more open, under way and in the line than before."""
    dice, clock = random.Random(0), Clock()
    Counted.ended = Counted.given_up = 0
    rules = policy(*(check(id_, interval_ms=20) for id_ in INTERVALS))
    async with served() as quick, serving(dripping) as slow, recording(folder, rules) as (recorder, _):
        kinds = [Counted(prober(quick, "good")), Counted(prober(slow, "good", "200ms"))]
        await kinds[0].probe(Due("c0", 0))
        before, tasks_before = descriptors(), len(asyncio.all_tasks())
        schedule = Schedule(INTERVALS, clock.now_ms())
        loop = Loop({}, schedule, recorder, clock, LIMITS, Meters(INTERVALS, []), Progress())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loop.run)
            while Counted.given_up < count:
                ids = dice.sample(sorted(INTERVALS), dice.randrange(CHECKS))
                fresh = set(dice.sample(ids, dice.randrange(len(ids) + 1)))
                probes = {id_: dice.choice(kinds) for id_ in ids}
                loop.follow(probes, {id_: INTERVALS[id_] for id_ in ids}, fresh, {id_: KINDS[id_] for id_ in ids})
                await anyio.sleep(dice.random() * 0.02)
            loop.follow({}, {}, set())
            with anyio.fail_after(60):
                while loop._under_way:
                    await anyio.sleep(0.01)
            assert (loop._gate.under_way, loop._gate.waiting, +loop._gate._counts) == (0, 0, {})
            tasks.cancel_scope.cancel()
        with anyio.fail_after(60):
            while descriptors() > before or len(asyncio.all_tasks()) > tasks_before:
                await anyio.sleep(0.01)  # the servers notice in their own time
    assert Counted.ended > count / 50, "some went through in between"


@pytest.mark.timeout(120)
async def test_2000_probes_given_up_by_reloads_leave_nothing(tmp_path: Path) -> None:
    await given_up(2_000, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_100000_probes_given_up_by_reloads_leave_nothing(tmp_path: Path) -> None:
    await given_up(100_000, tmp_path)
