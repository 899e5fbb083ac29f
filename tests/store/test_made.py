"""What was made is kept, changed and deleted at once; its numbers are never given twice."""

from pathlib import Path

import pytest

from prober.core.made import Made
from prober.store import made as room
from prober.store.made import Point
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


async def test_objects_are_made_changed_deleted_and_made_again(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        await store.made.change([Made("sites", "a", {"name": "A"}), Made("components", "a", {"x": [1]})], [], T0)
        await store.made.change([Made("sites", "a", {"name": "B"})], [("components", "a")], T0 + 1)
        assert await store.made.all() == [Made("sites", "a", {"name": "B"}, 1, T0, T0 + 1)]
        await store.made.change([Made("components", "b", {}), Made("components", "a", {})], [], T0 + 2)
        found = {one.id: (one.num, one.created_ms) for one in await store.made.all() if one.section == "components"}
        assert found["a"] == (2, T0 + 2)
        assert found["b"][0] > 2


async def test_points_of_a_metric_are_bounded_and_go_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "POINTS", 3)
    async with recording(tmp_path) as (_, store):
        await store.made.add_points("load", [Point(n, n) for n in range(5)])
        await store.made.add_points("load", [Point(3, 9.5)])
        assert await store.made.points("load", 0, 9, 9) == [Point(2, 2), Point(3, 9.5), Point(4, 4)]
        assert await store.made.points("load", 0, 3, 1) == [Point(3, 9.5)]
        await store.made.change([], [("metrics", "load")], T0)
        assert await store.made.points("load", 0, 9, 9) == []


async def test_good_answers_of_a_check_are_points(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up down degraded"))
        await recorder.flush()
        assert await store.made.probed("shop", T0, T0 + 9000, 9) == [Point(T0 + 1000, 1.0), Point(T0 + 3000, 1.0)]
