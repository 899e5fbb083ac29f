"""A loop that is held and a database that grows can be seen from outside."""

import time
from pathlib import Path

import anyio
import pytest

from prober.clock import Clock
from prober.daemon.meters import Meters
from prober.daemon.own_figures import keep_sized, keep_timed
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


def figures(meters: Meters) -> dict[str, float]:
    return {s.name: s.value for m in meters.collect() for s in m.samples if s.labels.get("le", "0.25") == "0.25"}


async def test_a_loop_that_is_held_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.daemon.own_figures.BEAT_S", 0.01)
    meters = Meters([], [])

    def late() -> float:
        found = figures(meters)
        return found["uptime_loop_stall_seconds_count"] - found["uptime_loop_stall_seconds_bucket"]

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_timed, Clock(), meters)
            while not late():
                await anyio.sleep(0.001)
                time.sleep(0.3)  # noqa: ASYNC251
            tasks.cancel_scope.cancel()
    assert figures(meters)["uptime_loop_stall_seconds_sum"] > 0.25


async def test_the_database_and_its_log_have_a_size(tmp_path: Path) -> None:
    meters = Meters([], [])
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(keep_sized, store, meters)
                while not figures(meters)["uptime_store_wal_bytes"]:
                    await anyio.sleep(0.001)
                tasks.cancel_scope.cancel()
        assert figures(meters)["uptime_store_bytes"] == store.path.stat().st_size
        assert store.waiting == 0


async def test_what_is_not_there_has_no_size(tmp_path: Path) -> None:
    meters = Meters([], [])
    async with recording(tmp_path) as (_, store):
        store.path = tmp_path / "none"
        meters.log_bytes.set(1)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(keep_sized, store, meters)
                while figures(meters)["uptime_store_wal_bytes"]:
                    await anyio.sleep(0.001)
                tasks.cancel_scope.cancel()
