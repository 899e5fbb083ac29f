"""Bodies made once per change, and the conditional requests that they answer."""

from pathlib import Path

import pytest

from statusapi.nouns import PageView
from statusapi.prepared import Kept, Pages, Prepared, body, has_it
from tests.statusapi.scene import scene


def test_equal_contents_have_equal_strong_tags() -> None:
    assert body(b"a").etag == body(b"a").etag != body(b"b").etag
    assert body(b"a").etag.startswith('"')


@pytest.mark.parametrize(
    ("header", "has"),
    [
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ("a", False),
        ("*", True),
        ('"b",W/"a" ', True),
    ],
)
def test_if_none_match_is_compared_weakly(header: str, has: bool) -> None:
    assert has_it(header, '"a"') is has


VARY = {"/": "Accept-Encoding, Accept-Language", "/api/v2/summary.json": "Accept-Encoding"}


@pytest.mark.anyio
@pytest.mark.parametrize("path", VARY)
async def test_what_is_large_is_sent_gzipped_to_whom_takes_that_and_each_form_has_its_tag(
    tmp_path: Path, path: str
) -> None:
    async with scene(tmp_path) as it:
        plain = await it.public.get(path, headers={"Accept-Encoding": "identity"})
        gzipped = await it.public.get(path, headers={"Accept-Encoding": "gzip"})
        assert plain.content == gzipped.content
        assert (plain.headers.get("content-encoding"), gzipped.headers["content-encoding"]) == (None, "gzip")
        assert int(gzipped.headers["content-length"]) < len(plain.content) / 2
        assert plain.headers["etag"] != gzipped.headers["etag"]
        assert plain.headers["vary"] == gzipped.headers["vary"] == VARY[path]
        smallest = await it.public.get(path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        assert smallest.content == plain.content
        assert smallest.headers["content-encoding"] == "br"
        assert int(smallest.headers["content-length"]) < int(gzipped.headers["content-length"])
        assert len({answer.headers["etag"] for answer in (plain, gzipped, smallest)}) == 3
        refused = await it.public.get(path, headers={"Accept-Encoding": "br;q=0, gzip"})
        assert refused.headers["content-encoding"] == "gzip"
        for answer, coding in ((plain, "identity"), (gzipped, "gzip"), (smallest, "br")):
            headers = {"Accept-Encoding": coding, "If-None-Match": answer.headers["etag"]}
            assert (await it.public.get(path, headers=headers)).status_code == 304


@pytest.mark.anyio
async def test_a_body_is_made_once_for_each_change_of_its_page(tmp_path: Path) -> None:
    made: list[str] = []

    def make(page: PageView, name: str) -> bytes:
        made.append(name)
        return page.headline.text.encode()

    prepared = Prepared(make)
    async with scene(tmp_path) as it:
        for _ in range(3):
            assert prepared.get(it.views.pages["main"], "x").content == b"All Systems Operational"
        assert made == ["x"]
        await it.see("down down")
        assert prepared.get(it.views.pages["main"], "x").content == b"Partial System Outage"
        prepared.get(it.views.pages["second"], "x")
        prepared.get(it.views.pages["second"], "x")
        assert made == ["x", "x", "x"]


@pytest.mark.anyio
async def test_what_is_made_of_all_pages_is_made_once_for_each_change_of_any(tmp_path: Path) -> None:
    made: list[str] = []

    def make(pages: Pages, key: str) -> int:
        made.append(key)
        return sum(len(page.incidents) for page in pages.values())

    kept = Kept(make)
    async with scene(tmp_path) as it:
        assert [kept.get(it.views.pages, key) for key in ("x", "y", "x")] == [0, 0, 0]
        assert made == ["x", "y"]
        await it.see("down down", "lone")
        assert [kept.get(it.views.pages, key) for key in ("x", "x")] == [1, 1]
        assert made == ["x", "y", "x"]
