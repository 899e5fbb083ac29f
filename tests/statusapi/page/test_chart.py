"""What answers took is drawn as it was, complete without a script, and told to those who can't see it."""

import re
from pathlib import Path

import html5lib
import pytest

from prober.core.made import Made
from prober.core.sketch import ERROR
from prober.store.made import Point
from statusapi.nouns import MetricView
from statusapi.page import chart
from statusapi.page.languages import LANGUAGES
from statusapi.speeds import Speed, Speeds
from tests.browser import reading, violations
from tests.builders import observation
from tests.statusapi.page.test_html import text
from tests.statusapi.scene import ACME, CONFIG, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

PICTURES = Path(__file__).parents[3] / "screenshots"


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the drawing is the same."""
    return "asyncio"


def speeds(*points: tuple[int, float, float]) -> Speeds:
    """Ten steps of a minute."""
    return Speeds(0, 600_000, 60_000, tuple(Speed(at * 60_000, *figures) for at, *figures in points), 0, 0)


async def seen(it: Scene, minutes: int = 600) -> str:
    """An answer a minute with an hour of silence in the middle; the path of the component's chart."""
    of = [n for n in range(minutes) if not 300 <= n < 360]
    started = it.now_ms
    await it.take([observation("up", started + n * MINUTE, took_us=1000 * (100 + n % 60)) for n in of])
    await it.store.rollups.roll(10_000)
    return f"/latency/{it.views.pages['main'].components[0].slug}"


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 0.1), (0.05, 0.1), (0.3, 0.4), (1, 1), (1.01, 2), (39, 40), (41, 100), (999, 1000), (30_000, 40_000)],
)
def test_the_axis_ends_with_a_short_number_above_all_points(highest: float, top: float) -> None:
    assert chart.top_ms(speeds((0, 0, highest))) == pytest.approx(top)


def test_a_line_ends_where_nobody_answered() -> None:
    found = speeds((0, 5, 10), (1, 10, 10), (4, 0, 10))
    assert chart.line(found, "p50_ms") == "M50 100.0L150 0.0M450 200.0h0"
    assert chart.line(speeds(), "p50_ms") == ""


@pytest.mark.parametrize(
    ("ms", "code", "said"),
    [
        (0.44, "en", "0.4 ms"),
        (9.96, "de", "10,0 ms"),
        (12.4, "en", "12 ms"),
        (999.6, "en", "1000 ms"),
        (1250, "de", "1,25 Sek."),
        (12, "uk", "12 мс"),
    ],
)
def test_times_are_said_in_the_readers_language(ms: float, code: str, said: str) -> None:
    assert chart.took(ms, LANGUAGES[code]).replace("\u00a0", " ") == said


async def test_what_is_drawn_is_in_the_table_and_what_is_not_known_in_neither(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        path = await seen(it)
        page = await text(it, path)
        html5lib.HTMLParser(strict=True).parse(page)
        rows = re.findall(r'<tr><th scope="row">.*?</th><td>(\d+)\u00a0ms</td><td>(\d+)\u00a0ms</td>', page)
        lines = re.findall(r'class="p(?:50|95)" d="(M[^"]{50,})"', page)
        assert [line.count("L") + line.count("M") for line in lines] == [len(rows)] * 2
        assert [line.count("M") for line in lines] == [2, 2]
        median = re.search(r"Half of all answers within (\d+)", page)
        assert median
        assert int(median[1]) == pytest.approx(129, rel=2 * ERROR)
        assert "style=" not in page


async def test_a_time_is_picked_and_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        path = await seen(it)
        for span, one in chart.SPANS.items():
            assert f'aria-current="true">{one.name}</a>' in await text(it, f"{path}/{span}")
        assert '<svg class="curves"' not in await text(it, f"/latency/{it.views.pages['main'].components[1].slug}")
        other = it.views.pages["second"].components[0].slug
        for wrong in (f"{path}/year", f"{path}/", "/latency/none", f"/latency/{other}", "/latency/%3Cscript%3E"):
            assert (await it.public.get(wrong)).status_code == 404, wrong


async def test_answers_that_come_later_are_drawn_although_the_page_has_not_changed(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        path = await seen(it, 30)
        before = await text(it, path)
        it.now_ms += 30 * MINUTE
        await it.take([observation("up", it.now_ms, took_us=900_000)])
        await it.store.rollups.roll(10)
        after = await it.public.get(path)
        assert (after.text.count("<tr>"), after.headers["cache-control"]) == (before.count("<tr>") + 1, "no-cache")


async def test_a_chart_of_a_private_page_is_for_nobody_else(tmp_path: Path) -> None:
    url = 'url = "https://status.example"\n'
    async with scene(tmp_path, text=CONFIG.replace(url, url + "private = true\n")) as it:
        path = await seen(it)
        assert (await it.public.get(path)).status_code == 401
        answer = await it.public.get(path, headers={"Authorization": f"Bearer {ACME}"})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_stands_out(tmp_path: Path, scheme: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    async with scene(tmp_path, text=CONFIG) as it:
        path = await seen(it)
        async with reading(it, color_scheme=scheme) as page:
            for width in (360, 768, 1440):
                await page.set_viewport_size({"width": width, "height": 900})
                await page.goto(path)
                assert await page.evaluate("document.documentElement.scrollWidth") <= width
                await page.screenshot(path=PICTURES / f"latency-{width}-{scheme}.png", full_page=True)
            await page.get_by_text("All figures", exact=True).click()
            assert await violations(page) == []


def test_a_small_chart_is_a_few_bytes_a_point_and_ends_where_nobody_answered() -> None:
    found = speeds((0, 5, 10), (1, 10, 10), (4, 0, 10))
    assert chart.small(found, "p50_ms") == "M5 20l9-19M43 39h0"
    assert chart.small(found, "p95_ms", is_area=True) == "M5 40V1l9 0V40M43 40V1V40"


def test_a_metric_fills_its_chart_from_its_lowest_to_its_highest_value() -> None:
    points = tuple(Point(at, number) for at, number in ((0, -1.0), (50, 1.0), (100, 0.0)))
    assert chart.metric(MetricView("m", "M", "", points)) == "M0 39l48-38l48 19"
    assert chart.metric(MetricView("m", "M", "", points[:1])) == "M0 39h0"


@pytest.mark.parametrize(
    ("number", "suffix", "code", "said"),
    [
        (0.0, "", "en", "0"),
        (42.0, "%", "en", "42%"),
        (1.25, "s", "de", "1,25 s"),
        (-0.5, "", "en", "-0.5"),
        (123456.7, "ms", "en", "123457 ms"),
        (1e300, "", "en", "1e+300"),
        (1e-9, "", "de", "1e-09"),
    ],
)
def test_values_are_said_shortly(number: float, suffix: str, code: str, said: str) -> None:
    assert chart.value(number, suffix, LANGUAGES[code]).replace("\u00a0", " ") == said


async def test_the_main_page_has_small_charts_that_lead_to_the_large_ones(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        path = await seen(it)
        await it.measures.refresh()
        page = await text(it)
        html5lib.HTMLParser(strict=True).parse(page)
        assert page.count('class="spark"') == page.count(f'class="speed" href="{path}"') == 1
        assert re.search(r'<span class="took">\d+\u00a0ms</span>', page)
        assert 'class="spark"' not in await text(it, "/?at=2023-11-14T22:13:20Z")


async def test_metrics_that_others_feed_are_on_the_main_page_in_words_and_as_text(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        content = {"site": "main", "name": "<b>Orders</b>", "suffix": "<i>"}
        await it.store.made.change([Made("metrics", "orders", content)], [], it.now_ms)
        await it.store.made.add_points("orders", [Point(it.now_ms - MINUTE, 5.0), Point(it.now_ms, 7.5)])
        await it.remake()
        await it.measures.refresh()
        page = await text(it)
        html5lib.HTMLParser(strict=True).parse(page)
        assert "<h3>&lt;b&gt;Orders&lt;/b&gt;</h3>" in page
        assert '<p class="value">7.5\u00a0&lt;i&gt;</p>' in page
        assert "From 5\u00a0&lt;i&gt; to 7.5\u00a0&lt;i&gt;" in page
