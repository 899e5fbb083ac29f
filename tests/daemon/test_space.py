"""A full disk costs the ballast, and then nothing that was judged."""

from pathlib import Path

import anyio
import pytest

from prober.daemon.meters import Meters
from prober.daemon.space import Space
from prober.errors import StoreFullError
from prober.store import MIB, Ballast

pytestmark = pytest.mark.anyio


class Disk:
    """It is full as long as the ballast is held, or for good."""

    def __init__(self, ballast: Ballast, *, for_good: bool = False) -> None:
        self.ballast, self.for_good, self.written = ballast, for_good, 0

    async def write(self) -> int:
        if self.for_good or self.ballast.is_held:
            raise StoreFullError("full")
        self.written += 1
        return self.written


async def test_what_is_refused_for_want_of_space_is_written_into_the_ballast(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ballast = Ballast(tmp_path, MIB)
    ballast.hold()
    disk, space = Disk(ballast), Space(ballast)
    assert await space.making(disk.write) == 1
    assert "the disk is full: the ballast beside the database is given up" in caplog.text
    assert await space.making(disk.write) == 2
    with pytest.raises(StoreFullError):
        await space.making(Disk(ballast, for_good=True).write)


async def test_it_is_taken_again_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("prober.daemon.space.HOLD_EVERY_S", 0.01)
    ballast, meters = Ballast(tmp_path, MIB), Meters([], [])

    def figure() -> float:
        return next(s.value for m in meters.collect() for s in m.samples if s.name == "uptime_ballast_held")

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Space(ballast).keep, meters)
            while not figure():
                await anyio.sleep(0.01)
            ballast.release()
            while not ballast.is_held:
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
