"""Backups are made when they are due, and what keeps them from being made is told."""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from prober.clock import Clock
from prober.daemon.backups import keep_backed_up
from prober.daemon.meters import Meters
from prober.store import verify
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

DAY_MS = 86_400_000


class Moment:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ms = T0
        self.clock = Clock(wall_ns=lambda: 0, monotonic_ns=lambda: self.now_ms * 1_000_000)
        self.clock._offset_ns = 0


def figure(meters: Meters, name: str) -> float:
    return next(s.value for metric in meters.collect() for s in metric.samples if s.name == name)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not holds():
            await anyio.sleep(0.01)


async def test_one_is_made_when_it_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.daemon.backups.LOOK_EVERY_S", 0.01)
    moment, meters, folder = Moment(), Meters([], []), tmp_path / "backups"

    def count() -> int:
        return len(list(folder.glob("prober-*.db")))

    async with recording(tmp_path), anyio.create_task_group() as tasks:
        tasks.start_soon(keep_backed_up, tmp_path, folder, DAY_MS, 9, moment.clock, meters)
        await until(lambda: figure(meters, "uptime_backup_timestamp_seconds") == T0 / 1000)
        moment.now_ms += DAY_MS - 1
        await anyio.sleep(0.1)
        assert count() == 1
        moment.now_ms += 1
        await until(lambda: count() == 2)
        tasks.cancel_scope.cancel()
    async with recording(tmp_path), anyio.create_task_group() as tasks:
        tasks.start_soon(keep_backed_up, tmp_path, folder, DAY_MS, 9, moment.clock, meters)
        await anyio.sleep(0.1)
        assert count() == 2
        tasks.cancel_scope.cancel()
    assert figure(meters, "uptime_backup_trouble") == 0


async def test_the_log_tells_the_head_of_its_chain_which_can_be_asked_for_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    moment, meters, folder = Moment(), Meters([], []), tmp_path / "backups"
    async with recording(tmp_path) as (recorder, store), anyio.create_task_group() as tasks:
        recorder.observe(answers("down down"))
        await recorder.flush()
        tasks.start_soon(keep_backed_up, tmp_path, folder, DAY_MS, 9, moment.clock, meters)
        await until(lambda: "the head of its chain is 1:" in caplog.text)
        head = caplog.text.split("the head of its chain is ")[1].split()[0]
        recorder.observe(answers("up up", T0 + 60_000))
        await recorder.flush()
        tasks.cancel_scope.cancel()
        assert verify(store.path, head).head.num == 2


async def test_one_that_cannot_be_made_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("prober.daemon.backups.RETRY_S", 0.01)
    moment, meters, folder = Moment(), Meters([], []), tmp_path / "backups"
    folder.write_text("in the way")
    async with recording(tmp_path), anyio.create_task_group() as tasks:
        tasks.start_soon(keep_backed_up, tmp_path, folder, DAY_MS, 9, moment.clock, meters)
        await until(lambda: figure(meters, "uptime_backup_trouble") == 1)
        assert "the backup failed" in caplog.text
        folder.unlink()
        await until(lambda: figure(meters, "uptime_backup_trouble") == 0)
        tasks.cancel_scope.cancel()
