"""A wall clock that jumps, with monotonic time real, opens and closes nothing, tells nothing twice, deletes nothing."""

import time
from pathlib import Path

import pytest

from prober.clock import Clock
from prober.core.events import Woke
from prober.core.policy import Policy
from prober.core.schedule import Schedule
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.upkeep import Kept, Small
from prober.record import Recorder
from prober.store import Store
from tests.builders import T0, check, policy, subscription
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

SECOND_MS, DAY_MS = 1_000, 86_400_000
JUMPS_MS = [SECOND_MS + 1, 60_000, 3_600_000, DAY_MS, 30 * DAY_MS, 365 * DAY_MS]
CHECKS = (check(failures=1, successes=1), check("blog", "blog", failures=1, successes=1))
RULES: Policy = policy(*CHECKS, subscriptions=[subscription()])


class Hands:
    """How far the wall clock is from real time, from T0 on."""

    def __init__(self) -> None:
        self.off_ms = 0
        self._begun_ns = time.monotonic_ns()

    def wall_ns(self) -> int:
        return (T0 + self.off_ms) * 1_000_000 + time.monotonic_ns() - self._begun_ns


async def told(store: Store, recorder: Recorder) -> tuple[int, list[str]]:
    """How many incidents are open, and the notices there have been."""
    notices = [one.notice.id for one in await store.outbox.pending("hook", 99)]
    return len(recorder.shown.incidents), notices


@pytest.mark.parametrize("jump_ms", [sign * jump_ms for jump_ms in JUMPS_MS for sign in (1, -1)])
async def test_a_jump_there_and_back_changes_and_deletes_nothing(jump_ms: int, tmp_path: Path) -> None:
    hands = Hands()
    clock = Clock(wall_ns=hands.wall_ns)
    async with recording(tmp_path, RULES) as (recorder, store):
        schedule = Schedule({one.id: one.interval_ms for one in CHECKS}, clock.now_ms())
        loop = Loop({}, schedule, recorder, clock, Limits(9), Meters([], []), Progress())
        small = Small(store, clock, Kept(7 * DAY_MS, DAY_MS, DAY_MS, DAY_MS))
        recorder.observe([*answers("up up down", T0 - 10_000), *answers("up up up", T0 - 10_000, "blog")])
        await recorder.flush()
        found = []
        for off_ms in (0, jump_ms, 0):
            hands.off_ms = off_ms
            loop._follow_clock()
            for outcome, id_ in (("down", "shop"), ("up", "blog")):
                recorder.observe(answers(outcome, clock.now_ms() - SECOND_MS, id_))
            if recorder.wake_ms is not None and recorder.wake_ms <= clock.now_ms():
                recorder.wake(Woke(clock.now_ms()))
            await recorder.flush()
            while await small.turn():
                pass
            found.append(await told(store, recorder))
        assert found[0][0] == len(found[0][1]) == 1
        assert found == found[:1] * 3
        assert clock.has_jumped
        assert await store.count_observations() == 12
