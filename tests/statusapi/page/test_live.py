"""Readers are told of changes at once, over real sockets."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from prober.daemon.connection import PageConnection, most_connections
from prober.demo.serve import address, listener, serving
from statusapi.page import live
from tests.statusapi.scene import Scene, scene

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def reading(it: Scene, path: str = "/live") -> AsyncIterator[AsyncIterator[str]]:
    """What a browser is told, a line each, without blanks and comments."""
    socket = listener(0)
    async with serving(it.application, socket), httpx.AsyncClient(base_url=f"http://{address(socket)}") as client:
        async with client.stream("GET", path) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            lines = (line async for line in answer.aiter_lines() if line and not line.startswith(":"))
            assert await anext(lines) == "retry: 3000"
            yield lines
        it.views.close()


async def tag_of(it: Scene, path: str = "/") -> str:
    """What the page calls itself."""
    found = re.search('data-tag="([0-9a-f]+)"', (await it.public.get(path)).text)
    assert found
    return found[1]


async def test_a_change_is_told_with_the_tag_of_the_page(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        with anyio.fail_after(20):
            async with reading(it) as lines:
                first = await anext(lines)
                assert first == f"data: {await tag_of(it)}"
                await it.see("down down")
                second = await anext(lines)
                assert second != first
                assert second == f"data: {await tag_of(it)}"


async def test_what_changes_on_another_site_is_no_news(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        with anyio.fail_after(20):
            async with reading(it, "/s/second/live") as lines:
                await anext(lines)
                await it.see("down down", "shop")
                await it.see("down down", "lone")
                assert await anext(lines) == f"data: {await tag_of(it, '/s/second')}"


async def test_a_stream_ends_when_another_configuration_takes_over(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        with anyio.fail_after(20):
            async with reading(it) as lines:
                await anext(lines)
                it.views.close()
                assert [line async for line in lines] == []


async def test_there_are_no_more_readers_than_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 0)
    async with scene(tmp_path) as it:
        answer = await it.public.get("/live")
        assert (answer.status_code, "ask for the page instead" in answer.text) == (503, True)


@pytest.mark.parametrize("descriptors", [64, 1_024, 20_000, 65_536])
def test_readers_leave_a_quarter_of_the_connections_to_those_who_only_ask(
    monkeypatch: pytest.MonkeyPatch, descriptors: int
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (descriptors, descriptors))
    assert live.most_readers() == most_connections(PageConnection.eighths) * 3 // 4


async def test_a_site_that_is_not_there_has_no_stream(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.get("/s/none/live")).status_code == 404


async def test_head_tells_what_there_is_and_ends(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.head("/live")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
