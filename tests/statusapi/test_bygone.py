"""The page as it was: what had been decided by a moment, and nothing that came after."""

from pathlib import Path

import pytest

from tests.statusapi.scene import MAINTENANCE, MINUTE, scene

pytestmark = pytest.mark.anyio

DURING, BEFORE = "2023-11-14T22:13:40Z", "2023-11-14T22:13:20Z"


async def test_the_page_is_shown_as_it_was(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.see("down down")
        await it.wait(40 * MINUTE)
        during_work = "2023-11-14T22:50:00Z"
        await it.see("up up")
        await it.wait(120 * MINUTE)
        now = (await it.public.get("/")).text
        assert "All systems operational" in now or "Operational" in now
        assert "What is wrong now" not in now
        then = (await it.public.get(f"/?at={DURING}")).text
        assert "This is what was shown then:" in then
        assert "What was wrong then" in then
        assert "Shop is down" in then
        assert "page.js" not in then
        assert "is completed" not in then
        assert 'class="bars"' not in then
        assert "Maintenance in progress" in (await it.public.get(f"/s/main?at={during_work}")).text
        assert "What was wrong then" not in (await it.public.get(f"/?at={BEFORE}")).text
        german = await it.public.get(f"/?lang=de&at={DURING}")
        assert "Das wurde damals gezeigt:" in german.text


@pytest.mark.parametrize("at", ["now", "2023-11-14", "2033-01-01T00:00:00Z", "1900-01-01T00:00:00Z", ""])
async def test_what_is_no_moment_of_the_past_is_refused(tmp_path: Path, at: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"/?at={at}")
        assert (answer.status_code, "at: expected" in answer.text) == (400, True)


async def test_a_moment_is_read_from_the_store_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        it.now_ms += MINUTE
        asked, read = [], it.store.archive.shown

        async def counted(ids: list[str], at_ms: int) -> object:
            asked.append(at_ms)
            return await read(ids, at_ms)

        monkeypatch.setattr(it.store.archive, "shown", counted)
        for _ in range(3):
            for language in ("en", "de"):
                assert (await it.public.get(f"/?at={DURING}&lang={language}")).status_code == 200
        assert len(asked) == 1
