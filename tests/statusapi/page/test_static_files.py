"""Files whose address changes with what they contain."""

import re
from pathlib import Path

import pytest

from statusapi.page.static_files import path_of
from tests.statusapi.scene import scene

pytestmark = pytest.mark.anyio

TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "favicon-unknown.svg": "image/svg+xml",
}


@pytest.mark.parametrize("name", TYPES)
async def test_every_file_that_the_page_names_is_there_for_ever(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path) as it:
        assert path_of(name) in (await it.public.get("/")).text
        answer = await it.public.get(path_of(name))
        assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[name])
        assert "immutable" in answer.headers["cache-control"]


async def test_an_address_of_other_contents_is_not_answered(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        stale = re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", path_of("page.css"))
        assert stale != path_of("page.css")
        assert (await it.public.get(stale)).status_code == 404


async def test_the_icon_is_where_browsers_ask_for_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in ("/favicon.ico", "/favicon.svg"):
            assert (await it.public.get(path)).content.startswith(b"<svg ")
