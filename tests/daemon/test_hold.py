"""Safe mode holds messages back for a while, and loses none."""

from pathlib import Path

import anyio
import pytest

from prober.daemon.hold import Hold, held, keep_count
from prober.daemon.meters import Meters
from prober.store import WITHIN_MS, Starts
from tests.builders import T0

pytestmark = pytest.mark.anyio


def figure(meters: Meters) -> float:
    return next(s.value for m in meters.collect() for s in m.samples if s.name == "uptime_safe_mode")


def test_the_last_of_several_starts_is_in_safe_mode_if_wanted(tmp_path: Path) -> None:
    starts = Starts(tmp_path)
    assert [held(starts, T0 + n, 3).is_on for n in range(4)] == [False, False, True, True]
    assert held(starts, T0 + 9, 0).reason is None
    assert "nothing is sent yet" in (held(starts, T0 + 9, 3).reason or "")
    assert not held(starts, T0 + 2 * WITHIN_MS, 3).is_on


async def test_it_ends_by_itself_and_the_starts_before_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.hold.WITHIN_MS", 300)
    starts, meters, hold = Starts(tmp_path), Meters([], []), Hold(is_on=True)
    starts.begin(T0)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_count, starts, hold, meters)
            await anyio.wait_all_tasks_blocked()
            assert (hold.is_on, figure(meters)) == (True, 1)
            await hold.wait()
    assert (hold.is_on, figure(meters)) == (False, 0)
    assert starts.begin(T0 + 1) == 1


async def test_without_safe_mode_nobody_waits() -> None:
    with anyio.fail_after(20):
        await Hold().wait()
