"""What happened long ago can still be read."""

from pathlib import Path

import pytest

from statusapi import views
from tests.statusapi.scene import MINUTE, Scene, scene

pytestmark = pytest.mark.anyio
DAY = 24 * 60 * MINUTE


async def outages(it: Scene, count: int, apart_ms: int) -> list[str]:
    """So many incidents, one after the other; their slugs."""
    slugs = []
    for _ in range(count):
        await it.see("up up down down")
        slugs.append(it.views.pages["main"].incidents[0].slug)
        await it.see("up up")
        await it.wait(apart_ms)
    return slugs


async def test_each_month_has_its_incidents_and_its_neighbours(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        old, middle, new = await outages(it, 3, 31 * DAY)  # from Nov 14, 2023 on
        answers = {m: (await it.public.get(f"/history/2023-{m}")) for m in ("10", "11", "12")}
        assert answers["10"].status_code == 404
        assert old in answers["11"].text
        assert middle not in answers["11"].text
        assert 'rel="next" href="/history/2023-12"' in answers["11"].text
        assert 'rel="prev"' not in answers["11"].text
        assert middle in answers["12"].text
        assert 'rel="prev" href="/history/2023-11"' in answers["12"].text
        assert new in (await it.public.get("/history/2024-01")).text
        assert "None in this month." in (await it.public.get("/history")).text  # February
        assert (await it.public.get("/history/2024-03")).status_code == 404


@pytest.mark.parametrize("month", ["2023-13", "2023-1", "x", "0000-00", "99999-01", "2023-11-14", "٢٠٢٣-11"])
async def test_what_is_no_month_is_not_found(tmp_path: Path, month: str) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.get(f"/history/{month}")).status_code == 404


async def test_an_incident_that_the_page_has_forgotten_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "RECENT", 1)
    async with scene(tmp_path) as it:
        first, *_, last = await outages(it, 3, MINUTE)
        page = it.views.pages["main"]
        assert (page.incident(first), page.incident(last) is None) == (None, False)
        answer = await it.public.get(f"/incidents/{first}")
        assert (answer.status_code, "Shop is down" in answer.text) == (200, True)
        assert (await it.public.get(f"/s/second/incidents/{first}")).status_code == 404
        assert (await it.public.get("/incidents/none")).status_code == 404


async def test_what_was_read_is_kept_until_the_page_changes(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        (slug,) = await outages(it, 1, MINUTE)
        before = (await it.public.get("/history")).text
        assert before == (await it.public.get("/history")).text
        assert before.count(f"incidents/{slug}") == 1
        await it.see("down down")
        assert "Investigating" in (await it.public.get("/history")).text
