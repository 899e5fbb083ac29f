"""The page as a browser gets it."""

import gzip
import random
import re
from pathlib import Path

import pytest

from tests.builders import observation
from tests.statusapi.scene import CONFIG, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio


async def text(it: Scene, path: str = "/") -> str:
    answer = await it.public.get(path)
    assert answer.status_code == 200
    return answer.text


def states(page: str) -> dict[str, tuple[str, str]]:
    """Tone and word of each component."""
    found = re.findall(
        r'<span class="name">(.+?)</span>\s*<span class="state (\w+)">.*?</svg>(.+?)</span>', page, re.DOTALL
    )
    return {name: (tone, word) for name, tone, word in found}


async def test_before_the_first_answer_nothing_is_promised(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        page = await text(it)
        assert page.count("Not yet watched") == 6  # title, headline, the group and three components
        assert "Operational" not in page


async def test_an_outage_is_on_the_page_with_its_incident_and_then_in_the_past(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        page = await text(it)
        assert "Partial System Outage" in page
        assert states(page)["Shop"] == ("critical", "Major outage")
        assert "<b>Investigating</b>" in page
        await it.wait(5 * MINUTE)
        await it.see("up up")
        page = await text(it)
        assert "<b>Investigating</b>" not in page
        assert "lasted 5 min" in page
        assert states(page)["Shop"] == ("good", "Operational")


async def test_an_incident_has_a_page_of_its_own_with_its_whole_timeline(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down up up")
        (incident,) = it.views.pages["main"].recent
        page = await text(it, f"/incidents/{incident.slug}")
        assert page.index("<b>Resolved</b>") < page.index("<b>Investigating</b>")
        assert '<span class="name">Shop</span>' in page
        assert 'datetime="2023-11-14T22:13:21Z"' in page


async def test_maintenance_is_announced_and_marks_what_is_worked_on(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        page = await text(it)
        assert "Upgrade" in page
        assert ">Planned</span>" in page
        await it.wait(30 * MINUTE)
        page = await text(it)
        assert ">In progress</span>" in page
        assert ">Under maintenance</span>" in page
        await it.wait(60 * MINUTE)
        assert "Upgrade" not in await text(it)


async def test_what_people_wrote_is_escaped(tmp_path: Path) -> None:
    nasty = CONFIG.replace('name = "Shop"', """name = "<script>alert('x')</script>\\"&" """)
    async with scene(tmp_path, text=nasty) as it:
        await it.see("down down")
        page = await text(it)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(" in page
        assert "Acme &lt;Status&gt;" in page


async def test_a_site_by_its_id_links_to_its_own_incidents(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "lone")
        (incident,) = it.views.pages["second"].incidents
        for path in ("/s/second", "/s/second/"):
            assert f'href="/s/second/incidents/{incident.slug}"' in await text(it, path)
        assert "Lone is down" in await text(it, f"/s/second/incidents/{incident.slug}")
        assert (await it.public.get(f"/incidents/{incident.slug}")).status_code == 404
        answer = await it.public.get("/", headers={"Host": "second.example:8443"})
        assert f'href="/incidents/{incident.slug}"' in answer.text


async def test_the_page_is_sent_again_only_if_it_has_changed(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        tag = (await it.public.get("/")).headers["etag"]
        answer = await it.public.get("/", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        await it.see("down down")
        answer = await it.public.get("/", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.headers["etag"] == tag) == (200, False)


async def test_each_component_has_ninety_days_and_its_uptime_in_bars_and_in_words(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up")
        await it.wait(30 * MINUTE)
        await it.see("down down")
        await it.wait(10 * MINUTE)
        page = await text(it)
        components = re.findall(r'<details class="days" id="days-\w+">.*?</details>', page, re.DOTALL)
        assert [len(re.findall("<i ", component)) for component in components] == [90, 90, 90]
        assert components[0].count('class="unknown" title="Aug 17, 2023: not watched"') == 1
        assert 'title="Nov 14, 2023: 81.90%, down 6 min 38 s, not watched 22 h 13 min · Shop is down">' in components[0]
        assert "<b>Nov 14, 2023</b> 81.90%, down 6 min 38 s" in components[0]
        assert "Uptime in 90 days: </span>81.90%<" in components[0]
        assert "Not watched in the last 90 days." in components[1]
        assert "style=" not in page


async def test_a_page_of_fifty_components_with_a_past_is_small(tmp_path: Path) -> None:
    more = "".join(
        f'[components.c{n}]\nname = "Service {n}"\nsite = "main"\n'
        f'[checks.c{n}]\nkind = "tcp"\nhost = "127.0.0.1"\nport = 9\n'
        for n in range(50)
    )
    async with scene(tmp_path, more) as it:
        for day in range(90):
            ill = random.Random(day).sample(range(50), 5)
            for n in range(50):
                it.now_ms += random.Random(day * 50 + n).randrange(1000)
                if day == 0 or n in ill:
                    await it.see("up up down down up up", f"c{n}")
            await it.wait(24 * 60 * MINUTE)
        for n in range(50):
            took = [random.Random(n * 24 + hour).randrange(1_000, 900_000) for hour in range(24)]
            hours = [it.now_ms - 60 * MINUTE * hour for hour in range(24)][::-1]
            await it.take([observation("up", at, f"c{n}", us) for at, us in zip(hours, took, strict=True)])
        await it.store.rollups.roll(100_000)
        await it.measures.refresh()
        page = await text(it)
        assert page.count("down 2 s") > 400
        assert page.count('class="spark"') == 50
        assert len(gzip.compress(page.encode())) < 60_000


@pytest.mark.parametrize("path", ["/", "/s/main", "/none"])
async def test_a_page_may_load_nothing_from_elsewhere_and_run_no_text_as_script(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert "http://" not in answer.text.replace("https://status.example", "")


async def test_the_address_of_a_maintenance_leads_to_its_place_on_the_page(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        (work,) = it.views.pages["main"].maintenances
        address, _, place = work.url.partition("#")
        assert address == "https://status.example/"
        assert f'<article id="{place}"' in await text(it)
