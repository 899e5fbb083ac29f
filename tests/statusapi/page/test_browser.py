"""The page as a browser shows it: with a script and without, with a keyboard alone, and to those who can't see it."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import html5lib
import pytest
from playwright.async_api import Locator, Page, Route, expect

from prober.demo.serve import address, listener, serving
from statusapi import history
from statusapi.page import html
from statusapi.page.languages import LANGUAGES
from tests.browser import PATIENCE_MS, browser, reading, violations
from tests.statusapi.page.test_html import text
from tests.statusapi.scene import ADMIN, CONFIG, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

PICTURES = Path(__file__).parents[3] / "screenshots"
DAY = 24 * 60 * MINUTE
DRESSED = CONFIG.replace(
    'url = "https://status.example"\n',
    'url = "https://status.example"\ncolour = "#ffd500"\nlinks = {Help = "mailto:help@acme.example"}\n',
)


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the browser is the same."""
    return "asyncio"


async def outage(it: Scene) -> None:
    """One incident that is over with its postmortem, one that is open, and work that is planned."""
    await it.see("up up down down")
    await it.wait(90 * MINUTE)
    await it.see("up up")
    await say(it, it.views.pages["main"].recent[0].num, "postmortem", "A **disk** was full.\n\n- We look at it now")
    await it.wait(2 * DAY)
    await it.see("up down down", "blog")
    await say(
        it, it.views.pages["main"].recent[0].num, "identified", "It is `nginx`, see [the plan](https://a.example)"
    )


async def say(it: Scene, num: int, status: str, body: str) -> None:
    answer = await it.public.post(
        f"/api/prober/v1/incidents/{num}/updates",
        headers={"Authorization": f"Bearer {ADMIN}"},
        json={"status": status, "body": body},
    )
    assert answer.status_code == 201, answer.text


def paths(it: Scene) -> list[str]:
    """Every kind of page that there is now."""
    page = it.views.pages["main"]
    return ["/", "/history", *(f"/incidents/{incident.slug}" for incident in page.recent), "/none"]


async def test_without_a_script_everything_is_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await outage(it)
        async with reading(it, java_script_enabled=False) as page:
            await page.goto("/")
            await expect(page.get_by_role("heading", level=1)).to_have_text("Acme <Status>")
            await expect(page.locator(".said")).to_have_text("Partial System Outage")
            await page.get_by_text("Earlier updates: 1").click()
            await expect(page.get_by_text("We are investigating.")).to_be_visible()
            await page.locator(".days > summary").filter(has_text="Blog").click()
            await expect(page.locator("details[open] .more").get_by_text("Nov 16, 2023", exact=True)).to_be_visible()
            await page.get_by_role("link", name="Blog is down").first.click()
            await expect(page.get_by_role("heading", level=1)).to_have_text("Blog is down")


async def test_a_change_appears_by_itself_and_goes_again_and_nothing_jumps(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up up")
        async with reading(it) as page:
            await page.goto("/")
            shop = page.locator(".days").filter(has_text="Shop")
            await shop.locator("summary").focus()
            await page.keyboard.press("Enter")
            await it.see("down down")
            await expect(shop.locator(".state")).to_have_text("Major outage")
            await expect(page.locator(".said")).to_have_text("Partial System Outage")
            await expect(page).to_have_title("Partial System Outage · Acme <Status>")
            assert "favicon-major" in (await page.locator('link[rel="icon"]').get_attribute("href") or "")
            await expect(shop.locator("summary")).to_be_focused()
            assert await shop.get_attribute("open") is not None
            await it.wait(5 * MINUTE)
            await it.see("up up")
            await expect(shop.locator(".state")).to_have_text("Operational")
            await expect(page.locator(".said")).not_to_have_text("Partial System Outage")


@pytest.mark.parametrize(
    ("missing", "used"),
    [((), ["ws"]), (("EventSource",), ["ws"]), (("WebSocket",), ["http"]), (("WebSocket", "EventSource"), [])],
)
async def test_a_change_is_told_by_whatever_comes_through_or_else_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], used: list[str]
) -> None:
    monkeypatch.setitem(html._TEMPLATES.globals, "refresh_s", 1)
    async with scene(tmp_path) as it:
        await it.see("up up")
        async with reading(it) as page:
            opened: list[str] = []
            page.on("websocket", lambda socket: opened.append(socket.url))
            page.on("request", lambda request: opened.append(request.url) if "/live" in request.url else None)
            for one in missing:
                await page.add_init_script(f"delete window.{one}")
            await page.goto("/")
            await it.see("down down")
            await expect(page.locator(".said")).to_have_text("Partial System Outage")
            assert [url.partition(":")[0] for url in opened] == used


async def test_what_there_is_to_say_is_painted_before_the_script_is_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, reading(it) as page:
        await it.see("down down")
        held: list[Route] = []

        async def hold(route: Route) -> None:
            held.append(route)

        await page.route("**/*.js", hold)
        await page.goto("/", wait_until="commit")
        await expect(page.locator(".said")).to_have_text("Partial System Outage")
        while not await page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
            await expect(page.locator(".said")).to_be_visible()
        assert len(held) == 1
        await held[0].continue_()
        await expect(page.locator("time").first).to_have_attribute("title", re.compile("UTC"))


async def test_a_reader_says_that_the_page_is_old_and_is_back_by_itself_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, browser() as chromium:
        await it.see("up up")
        page = await chromium.new_page()
        socket = listener(0)
        at = address(socket)
        async with serving(it.application, socket):
            await page.goto(f"http://{at}/")
            await expect(page.locator("#stale")).to_be_hidden()
        await expect(page.locator("#stale")).to_contain_text("The connection is lost", timeout=PATIENCE_MS)
        await it.see("down down")
        async with serving(it.application, listener(int(at.rpartition(":")[2]))):
            await expect(page.locator(".said")).to_have_text("Partial System Outage", timeout=PATIENCE_MS)
            await expect(page.locator("#stale")).to_be_hidden()
            await it.see("up up")
            await expect(page.locator(".said")).not_to_have_text("Partial System Outage", timeout=PATIENCE_MS)
            await page.close()


async def test_times_are_the_readers_with_utc_at_hand(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await outage(it)
        async with reading(it, timezone_id="Asia/Tokyo") as page:
            await page.goto("/history")
            time = page.locator('time[datetime="2023-11-14T22:13:23Z"]').first
            await expect(time).to_have_text("Nov 15, 2023, 7:13 AM")
            await expect(time).to_have_attribute("title", "Nov 14, 2023, 22:13 UTC")


async def test_days_are_read_with_the_pointer_and_with_the_keyboard_alone(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await outage(it)
        async with reading(it) as page:
            await page.goto("/")
            tip = page.locator("#tip")
            await page.locator("#days-" + it.views.pages["main"].components[1].slug + " i").last.hover()
            await expect(tip).to_contain_text("Nov 16, 2023")
            await expect(tip).to_contain_text("Blog is down")
            await page.keyboard.press("Escape")
            await expect(tip).to_be_hidden()
            await page.keyboard.press("Tab")
            await expect(page.locator(".skip")).to_be_focused()
            await page.keyboard.press("Enter")
            while "Shop" not in (await page.locator(":focus").text_content() or ""):
                await page.keyboard.press("Tab")
            while "days" not in (await page.evaluate("document.activeElement.parentElement.className") or ""):
                await page.keyboard.press("Tab")
            for _ in range(3):
                await page.keyboard.press("ArrowLeft")
            await expect(tip).to_contain_text("Nov 14, 2023: ")
            await expect(tip).to_contain_text("Shop is down")
            await expect(page.locator("#told")).to_contain_text("Shop is down")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(tmp_path: Path, scheme: str) -> None:
    async with scene(tmp_path, MAINTENANCE.replace("2023-11-14", "2023-11-20"), DRESSED) as it:
        await outage(it)
        async with reading(it, color_scheme=scheme) as page:
            for path in paths(it)[:-1]:
                await page.goto(path)
                await page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
                assert await violations(page) == [], path


async def test_every_page_is_html_without_a_mistake(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE, DRESSED) as it:
        await outage(it)
        for path in paths(it):
            html5lib.HTMLParser(strict=True).parse((await it.public.get(path)).text)


RUN = "<script>window.hit=1</script>"
SEEDS = (
    *(
        RUN,
        f"</title>{RUN}",
        '"><img src=x onerror=window.hit=1>',
        "' onmouseover='window.hit=1",
        "<svg onload=window.hit=1>",
    ),
    *("{{ 7*7 }}{% raw %}", "javascript:window.hit=1", "[x](javascript:window.hit=1)", f"[x](data:text/html,{RUN})"),
    *('![x](x "onerror=window.hit=1")', "<!--", "]]>", f"-->{RUN}", f"</textarea>{RUN}", "&lt;script&gt;"),
    *("&#60;script&#62;window.hit=1", "<a href=javascript:window.hit=1>x</a>", f"`</code>{RUN}`"),
    *(
        f"```\n</pre>{RUN}\n```",
        '<https://x.y/"onclick=window.hit=1>',
        "<iframe srcdoc='<script>parent.hit=1</script>'>",
    ),
    *(f"<math><mi//xlink:href='data:x,{RUN}'>", "<style>*{display:none}</style>", "<base href=//evil.example>"),
    "<meta http-equiv=refresh content=0>",
)
WRAPS = (
    *("{}", "a{}b", "{}{}", "> {}", "- {}", "# {}", "**{}**", "[{}](https://x.y)", "[x](https://x.y/{})", "<{}>"),
    *("\\{}", "`{}", "&{};", "'{}'", '"{}"', "{}\n\n{}", "{} is down", "\u202e{}", "{}\x0b", "é{}"),
)


def hostile() -> list[str]:
    """Five hundred texts that a careless page would run, or be broken by."""
    return [wrap.replace("{}", seed) for seed in SEEDS for wrap in WRAPS]


async def test_five_hundred_hostile_texts_in_every_field_stay_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "DAYS", 2)  # their words are our own, and parsing them takes a minute
    texts = hostile()
    assert len(texts) == 500
    names = [json.dumps(re.sub("[\x00-\x1f\u202e]", "", one)) for one in texts]
    bodies = [json.dumps(one) for one in texts]
    config = CONFIG[: CONFIG.index("[groups.web]")].replace('"All of it"', bodies[0])
    config = config.replace('"Acme <Status>"', names[0])
    config += "".join(
        f'[groups.g{n}]\nname = {names[n]}\nsite = "main"\n'
        f'[components.c{n}]\nname = {names[-n]}\ndescription = {bodies[n]}\nsite = "main"\ngroup = "g{n}"\n'
        f'[maintenance.m{n}]\nname = {names[n]}\nsite = "main"\ncomponents = ["c{n}"]\ndescription = {bodies[n]}\n'
        "start = 2023-11-20T22:00:00Z\nend = 2023-11-20T23:00:00Z\n"
        for n in range(500)
    )
    async with scene(tmp_path, text=config.replace("\\u0000", "")) as it:
        opened = {"components": ["c1"], "status": "investigating", "impact": "major"}
        headers = {"Authorization": f"Bearer {ADMIN}"}
        url = "/api/prober/v1/incidents"
        for n in range(0, 500, 50):
            body = {**opened, "site": "main", "name": json.loads(names[n]), "body": texts[n]}
            assert (await it.public.post(url, headers=headers, json=body)).status_code == 201
            for one in texts[n : n + 50]:
                await say(it, n // 50 + 1, "investigating", one)
        harmless = {path: set(elements(await text(it, path))) for path in paths(it)[:-1]}
        for found in harmless.values():
            assert not {tag for tag, _ in found} & {"iframe", "base", "style", "math", "object", "img", "form"}
            assert not {name for _, name in found if name.startswith("on")}
        async with reading(it, bypass_csp=True) as page:
            for path in harmless:
                await page.goto(path)
                assert await page.evaluate("window.hit") is None


def elements(page: str) -> Iterator[tuple[str, str]]:
    """Every element with the names of its attributes; addresses are judged on the way."""
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        for name, value in element.attrib.items():
            assert name != "href" or re.match(r"https?://|mailto:|[^:]*([/?#]|$)", value), value
            yield str(element.tag), str(name)


LONG = ("Donaudampfschifffahrtsgesellschaft" * 4, "خدمة الدفع عبر الإنترنت", "服务器" * 30, "a/" * 80, "Checkout")
MANY = CONFIG[: CONFIG.index("[groups.web]")] + "".join(
    (f'[groups.g{n}]\nname = "{LONG[n]}"\nsite = "main"\n' if n < len(LONG) else "")
    + f'[components.c{n}]\nname = "{LONG[n * 7 % 5]} {n}"\nsite = "main"\ngroup = "g{n % len(LONG)}"\n'
    + f'[checks.c{n}]\nkind = "tcp"\ncomponent = "c{n}"\nhost = "127.0.0.1"\nport = 1\n'
    for n in range(60)
)
Happens = Callable[[Scene], Awaitable[None]]
STATES: dict[str, tuple[str, str, Happens]] = {}  # configuration, and what happens


def state(maintenance: str = "", text: str = CONFIG) -> Callable[[Happens], Happens]:
    def kept(happens: Happens) -> Happens:
        STATES[happens.__name__] = (maintenance, text, happens)
        return happens

    return kept


@state()
async def fresh(it: Scene) -> None:
    """Nothing has been probed yet."""


@state()
async def calm(it: Scene) -> None:
    for check in ("shop", "blog", "mail"):
        await it.see("up up", check)


@state(MAINTENANCE.replace("2023-11-14", "2023-11-20"), DRESSED)
async def trouble(it: Scene) -> None:
    await outage(it)


@state(MAINTENANCE)
async def work(it: Scene) -> None:
    await calm(it)
    await it.wait(30 * MINUTE)
    assert it.views.pages["main"].maintenances[0].is_under_way


@state(text=MANY)
async def many(it: Scene) -> None:
    for n in range(0, 60, 2):
        await it.see("down down" if n % 7 == 0 else "up up", f"c{n}")


@pytest.mark.parametrize("name", STATES)
async def test_in_every_state_nothing_stands_out_axe_finds_nothing_and_a_picture_is_taken(
    tmp_path: Path, name: str
) -> None:
    PICTURES.mkdir(exist_ok=True)
    maintenance, config, happens = STATES[name]
    async with scene(tmp_path, maintenance, config) as it, reading(it) as page:
        await happens(it)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            await page.goto("/")
            assert await violations(page) == [], scheme
            for width in (360, 768, 1440):
                await page.set_viewport_size({"width": width, "height": 900})
                assert await stands_out(page) <= 0
                await page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)


async def test_from_right_to_left_nothing_stands_out_and_the_order_is_the_other_way(tmp_path: Path) -> None:
    maintenance, config, happens = STATES["trouble"]
    async with scene(tmp_path, maintenance, config) as it, reading(it) as page:
        await happens(it)
        for path in paths(it)[:-1]:
            await page.goto(path)
            await page.evaluate("document.documentElement.dir = 'rtl'")
            for width in (360, 1440):
                await page.set_viewport_size({"width": width, "height": 900})
                assert await stands_out(page) <= 0, path
        await page.goto("/")
        shop = page.locator("#days-" + it.views.pages["main"].components[0].slug)
        found = []
        for way in ("ltr", "rtl"):
            await page.evaluate(f"document.documentElement.dir = '{way}'")
            name, bars, shown = [await left(shop.locator(one)) for one in (".name", ".bars", ".state")]
            found.append((name < bars < shown, name > bars > shown))
        assert found == [(True, False), (False, True)]


async def test_on_paper_the_bars_have_their_colours_and_nothing_is_there_that_one_would_click(tmp_path: Path) -> None:
    maintenance, config, happens = STATES["trouble"]
    async with scene(tmp_path, maintenance, config) as it, reading(it, color_scheme="dark") as page:
        await happens(it)
        await page.goto("/")
        await page.emulate_media(media="print", color_scheme="dark")
        await expect(page.locator(".languages")).to_be_hidden()
        await expect(page.locator("nav")).to_be_hidden()
        paper = "getComputedStyle(document.body).backgroundColor"
        assert await page.evaluate(paper) == "rgb(255, 255, 255)"
        kept = "getComputedStyle(document.querySelector('.bars i')).printColorAdjust"
        assert await page.evaluate(kept) == "exact"
        assert (await page.pdf()).startswith(b"%PDF")


async def left(shown: Locator) -> float:
    """Where it begins."""
    box = await shown.bounding_box()
    assert box is not None
    return box["x"]


async def stands_out(page: Page) -> int:
    """By how many pixels the page is wider than what shows it."""
    found: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


async def test_on_a_german_page_no_english_is_left(tmp_path: Path) -> None:
    german = LANGUAGES["de"].texts
    english = [text for text, said in german.items() if text not in said and "{" not in text and len(text) > 4]
    async with scene(tmp_path, MAINTENANCE.replace("2023-11-14", "2023-11-20")) as it:
        await it.see("up up down down")
        await it.wait(30 * MINUTE)
        await it.see("up up")
        await it.see("down down", "mail")
        for path in paths(it)[:-1]:
            page = await text(it, path + "?lang=de")
            body = html5lib.parse(page, namespaceHTMLElements=False).find("body")
            assert body is not None
            shown = "".join(body.itertext())
            assert [one for one in english if one in shown] == [], path
            assert "ausgefallen" in shown
            assert '<html lang="de" dir="ltr">' in page
            assert 'href="/?lang=de"' in page
