"""Badges as images and as JSON. `RENEW_GOLDEN=1` writes the golden answers anew, to be reviewed and looked at."""

import re
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from statusapi.measures import LOOK_EVERY_MS
from statusapi.page import badges, days, words
from tests.builders import observation
from tests.statusapi.scene import CONFIG, MAINTENANCE, MINUTE, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden" / "badges"
SVG = "{http://www.w3.org/2000/svg}"
CSS = (Path(words.__file__).parent / "static" / "page.css").read_text()
NAMES = ["badge", "badge/shop", "badge/blog", "badge/mail"]


async def eventful(it: Scene) -> None:
    await it.wait(31 * MINUTE)
    await it.see("down down", "shop")
    await it.see("up up", "blog")


async def image(it: Scene, path: str, status: int = 200) -> ElementTree.Element:
    answer = await it.public.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "image/svg+xml")
    return ElementTree.fromstring(answer.content)


def test_colours_are_those_of_the_page() -> None:
    assert {tone: re.findall(rf"--{tone}: (#\w+)", CSS)[0] for tone in badges.COLOURS} == badges.COLOURS
    tones = {word.tone for word in (*words.COMPONENT.values(), words.UNWATCHED)} | set(words._INDICATOR.values())
    assert tones <= set(badges.COLOURS)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [*badges.COLOURS.values(), badges.NAME_COLOUR])
def test_white_is_readable_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


# Measured in a browser with Verdana at 11 px.
@pytest.mark.parametrize(("text", "px"), [("m", 10.7), ("v1.2.511", 49.48), ("", 0)])
def test_widths_are_those_of_the_font(text: str, px: float) -> None:
    assert badges.width_px(text) == pytest.approx(px, abs=0.1)


def test_widths_of_other_scripts_are_guessed_by_their_kind() -> None:
    assert badges.width_px("監視") == 22
    assert badges.width_px("e\u0301") == badges.width_px("e")
    assert 0 < badges.width_px("é") < 11


@pytest.mark.parametrize("name", NAMES)
async def test_badges_are_as_they_were(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        for end in ("svg", "json"):
            text = (await it.public.get(f"/{name}.{end}")).text
            assert is_golden(GOLDEN / f"{name.replace('/', '-')}.{end}", text)


async def test_an_image_says_its_state_to_those_who_do_not_see_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        found = await image(it, "/badge/shop.svg")
        assert (found.tag, found.get("role")) == (f"{SVG}svg", "img")
        assert found.get("aria-label") == found.findtext(f"{SVG}title") == "Shop: Major outage"
        assert [text.text for text in found.iter(f"{SVG}text")] == ["Shop", "Major outage"]


@pytest.mark.parametrize("name", ["Shop", "A name that goes on and on, as names do", "監視 <b>&\\\"'", "é\\uFFFFx"])
async def test_texts_fit_their_boxes(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path, text=CONFIG.replace('name = "Shop"', f'name = "{name}"')) as it:
        found = await image(it, "/badge/shop.svg")
        first, second = found.iter(f"{SVG}text")
        (box,) = (int(d) for path in found.iter(f"{SVG}path") for d in re.findall(r"H(\d+)v", path.get("d") or ""))
        assert int(first.get("x", "")) + int(first.get("textLength", "")) + badges.MARGIN_PX == box
        end = int(second.get("x", "")) + int(second.get("textLength", "")) + badges.MARGIN_PX
        assert str(end) == found.get("width")
        assert int(second.get("x", "")) == box + badges.MARGIN_PX


async def test_shields_gets_what_it_asks_of_an_endpoint(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "shop")
        shop = await it.json("/badge/shop.json")
        assert shop == {"schemaVersion": 1, "label": "Shop", "message": "Major outage", "color": "#b3211a"}
        page = await it.json("/badge.json")
        assert (page["label"], page["message"]) == ("Acme <Status>", "Partial System Outage")
        assert (await it.json("/badge/mail.json"))["message"] == "Not yet watched"


async def test_a_site_shows_its_own_components_only(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await it.json("/s/second/badge/lone.json"))["label"] == "Lone"
        assert (await it.json("/badge.json", Host="second.example:8443"))["label"] == "Second"
        theirs, none = await it.public.get("/badge/lone.svg"), await it.public.get("/badge/none.svg")
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)


@pytest.mark.parametrize("path", ["/badge.svg", "/badge/shop.svg", "/badge.json", "/s/main/badge/shop.json"])
async def test_a_badge_is_kept_for_a_moment_and_sent_again_only_if_it_has_changed(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(path)
        assert answer.headers["cache-control"] == "public, max-age=30"
        assert answer.headers["access-control-allow-origin"] == "*"
        tag = answer.headers["etag"]
        again = await it.public.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        await it.see("down down")
        assert (await it.public.get(path, headers={"If-None-Match": tag})).status_code == 200


async def refused(it: Scene, method: str, path: str) -> tuple[int, Any]:
    answer = await it.public.request(method, path)
    assert answer.headers["cache-control"] == "no-store"
    if path.endswith(".svg"):
        assert answer.headers["content-type"] == "image/svg+xml"
        return answer.status_code, ElementTree.fromstring(answer.content).findtext(f"{SVG}title")
    said = answer.json()
    assert (said["schemaVersion"], said["isError"]) == (1, True)
    return answer.status_code, f"{said['label']}: {said['message']}"


MISSING = ["/badge/none", "/badge/lone", "/s/none/badge", "/s/none/badge/shop", "/s/main/badge/none", "/badge/a/b"]
THERE = ["/badge", "/badge/shop", "/s/main/badge", "/s/main/badge/shop"]


@pytest.mark.parametrize("end", ["svg", "json"])
async def test_errors_are_badges_of_the_kind_that_was_asked_for(tmp_path: Path, end: str) -> None:
    async with scene(tmp_path) as it:
        for path in MISSING:
            assert await refused(it, "GET", f"{path}.{end}") == (404, "status: Not Found")
        for path, method in product(THERE, ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]):
            assert await refused(it, method, f"{path}.{end}") == (405, "status: Method Not Allowed")


async def test_uptime_is_that_of_the_last_days_alone(tmp_path: Path) -> None:
    day = 24 * 60 * MINUTE
    async with scene(tmp_path) as it:
        await it.see("up up down down")
        await it.wait(day)
        await it.see("up up")
        said = []
        for passed in (0, 10, 30):
            await it.wait(passed * day)
            shields = [await it.json(f"/badge/shop/uptime-{count}d.json") for count in (7, 30, 90)]
            said.append([one["message"] == "100%" for one in shields])
        assert said == [[False] * 3, [True, False, False], [True, True, False]]
        component = it.views.pages["main"].components[0]
        assert shields[2]["message"] == days.percent(component.uptime)
        assert shields[0] == shields[1] | {"label": "Shop, 7 days"}
        assert (await image(it, "/s/main/badge/shop/uptime-7d.svg")).attrib["aria-label"] == "Shop, 7 days: 100%"


async def test_uptime_of_a_year_has_what_is_long_ago(tmp_path: Path) -> None:
    day = 24 * 60 * MINUTE
    async with scene(tmp_path) as it:
        await it.see("up up down down")
        await it.wait(day)
        await it.see("up up")
        said = []
        for passed in (100, 200, 100):
            await it.wait(passed * day)
            said.append((await it.json("/badge/shop/uptime-365d.json"))["message"])
        assert [one == "100%" for one in said] == [False, False, True]


async def test_the_latency_is_that_of_half_of_the_answers(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await it.json("/badge/shop/latency.json"))["message"] == "not known"
        await it.take([observation("up", it.now_ms + n, took_us=took_us) for n, took_us in enumerate([50, 100, 9_000])])
        await it.store.rollups.roll(10_000)
        it.now_ms += LOOK_EVERY_MS
        await it.measures.refresh()
        found = await it.json("/badge/shop/latency.json")
        assert (found["label"], found["color"]) == ("Shop, response time", badges.COLOURS["planned"])
        assert found["message"].endswith("ms")
        assert (await image(it, "/badge/shop/latency.svg")).attrib["aria-label"].startswith("Shop, response time: ")


async def test_before_the_first_answer_there_is_no_figure_of_uptime(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        found = await it.json("/badge/mail/uptime-7d.json")
        assert (found["message"], found["color"]) == ("no figure yet", badges.COLOURS["unknown"])


@pytest.mark.parametrize("name", ["shop/uptime-8d", "shop/uptime-d", "shop/x", "none/uptime-7d", "lone/uptime-7d"])
async def test_a_figure_that_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path) as it:
        await image(it, f"/badge/{name}.svg", 404)
