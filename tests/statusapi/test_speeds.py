"""How long answers took is read from sums of all checks together."""

from pathlib import Path

import pytest

from statusapi.speeds import Speeds, read_speeds
from tests.builders import T0, observation
from tests.statusapi.scene import MINUTE, scene

pytestmark = pytest.mark.anyio


async def test_checks_are_counted_together_and_steps_without_an_answer_left_out(tmp_path: Path) -> None:
    start = T0 - T0 % (10 * MINUTE)
    async with scene(tmp_path) as it:
        for check, at, ms in (("shop", 0, 100), ("blog", 0, 300), ("shop", 3, 200)):
            await it.take([observation("up", start + at * 10 * MINUTE, check=check, took_us=ms * 1000)])
        await it.take([observation("down", start + 20 * MINUTE)])
        await it.store.rollups.roll(100)
        found = await read_speeds(it.store.rollups, ["shop", "blog"], start, start + 40 * MINUTE, 10 * MINUTE)
        assert [one.at_ms - start for one in found.points] == [0, 30 * MINUTE]
        assert [one.p50_ms for one in found.points] == pytest.approx([100, 200], rel=0.01)
        assert found.p50_ms == pytest.approx(200, rel=0.01)
        nothing = await read_speeds(it.store.rollups, [], 0, MINUTE, MINUTE)
        assert nothing == Speeds(0, MINUTE, MINUTE, (), 0, 0)
