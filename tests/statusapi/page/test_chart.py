"""What answers took is drawn as it was, complete without a script, and told to those who can't see it."""

import re
from pathlib import Path

import html5lib
import pytest

from prober.core.sketch import ERROR
from statusapi.chronicle import Speed, Speeds
from statusapi.page import chart
from statusapi.page.languages import LANGUAGES
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
