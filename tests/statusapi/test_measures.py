"""What is measured is on the pages once it was looked at, and nothing else of them changes by it."""

from pathlib import Path

import pytest

from prober.core.made import Made
from prober.store.made import Point
from statusapi.measures import LOOK_EVERY_MS, MOST_METRICS, MOST_POINTS
from statusapi.nouns import MetricView
from tests.builders import T0, observation
from tests.statusapi.page.test_live import tag_of
from tests.statusapi.scene import MINUTE, Scene, scene

pytestmark = pytest.mark.anyio


async def feed(it: Scene, id_: str, points: list[Point], **content: object) -> None:
    await it.store.made.change([Made("metrics", id_, {"site": "main", **content})], [], it.now_ms)
    await it.store.made.add_points(id_, points)
    await it.remake()
    await it.measures.refresh()


async def answer(it: Scene, ms: int) -> None:
    await it.take([observation("up", it.now_ms, took_us=ms * 1000)])
    await it.store.rollups.roll(10_000)
    await it.measures.refresh()


async def test_what_answers_took_is_looked_at_now_and_then(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await answer(it, 100)
        shop, blog = it.views.pages["main"].components[:2]
        assert shop.speeds is not None
        assert shop.speeds.p50_ms == pytest.approx(100, rel=0.01)
        assert blog.speeds is None
        await answer(it, 900)
        assert it.views.pages["main"].components[0].speeds == shop.speeds
        it.now_ms += LOOK_EVERY_MS
        await answer(it, 900)
        now = it.views.pages["main"].components[0].speeds
        assert now is not None
        assert now.p50_ms == pytest.approx(900, rel=0.01)


async def test_what_came_out_as_it_was_leaves_the_page_as_it_is(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await answer(it, 100)
        page = it.views.pages["main"]
        await it.measures.refresh()
        assert it.views.pages["main"] is page


async def test_readers_are_not_told_of_what_is_measured_all_the_time(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up up")
        before, tag = (await it.public.get("/")).headers["etag"], await tag_of(it)
        await answer(it, 100)
        await feed(it, "orders", [Point(T0, 1.0)])
        assert await tag_of(it) == tag
        assert (await it.public.get("/")).headers["etag"] != before


async def test_active_metrics_are_on_the_page_of_their_site_in_their_order(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await feed(it, "late", [Point(T0 - MINUTE, 2.0), Point(T0, 3.5)], name="Late", suffix="min", order=2)
        await feed(it, "early", [Point(T0, 1.0)], order=1)
        await feed(it, "off", [Point(T0, 1.0)], active=False)
        await feed(it, "empty", [])
        await feed(it, "to_come", [Point(T0 + MINUTE, 1.0)])
        await feed(it, "other", [Point(T0, 1.0)], site="second")
        assert it.views.pages["main"].metrics == (
            MetricView("early", "early", "", (Point(T0, 1.0),)),
            MetricView("late", "Late", "min", (Point(T0 - MINUTE, 2.0), Point(T0, 3.5))),
        )
        assert [one.id for one in it.views.pages["second"].metrics] == ["other"]


async def test_metrics_are_bounded_in_number_and_length(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        many = [Made("metrics", f"m{n}", {"site": "main"}) for n in range(MOST_METRICS + 1)]
        await it.store.made.change(many, [], it.now_ms)
        for made in many:
            await it.store.made.add_points(made.id, [Point(T0 - n, n) for n in range(MOST_POINTS + 1)])
        await it.remake()
        await it.measures.refresh()
        shown = it.views.pages["main"].metrics
        assert len(shown) == MOST_METRICS
        assert {len(one.points) for one in shown} == {MOST_POINTS}
        assert shown[0].points[-1] == Point(T0, 0)
