"""What is sent again as it was is what would have been made anew."""

from pathlib import Path
from typing import Any

import pytest

from statusapi import express
from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio

PATHS = ("/", "/history", "/api/v2/summary.json", "/history.atom", "/badge.svg", "/live-not", "/metrics")


def kept(it: Scene) -> int:
    made: express.Express = it.application.application.application
    return len(made._kept)


async def asked(it: Scene, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    answer = await it.public.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return answer.status_code, answer.content, dict(answer.headers)


@pytest.mark.parametrize("path", PATHS[:-1])
async def test_the_second_answer_is_the_first(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        first = await asked(it, path)
        assert await asked(it, path) == first
        assert kept(it) == (first[0] == 200)


async def test_a_change_is_in_the_next_answer(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await asked(it, "/")
        await it.see("down down")
        assert b"Major outage" in (await asked(it, "/"))[1]


async def test_languages_codings_sites_and_tags_are_kept_apart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ways: list[dict[str, Any]] = [
            {},
            {"accept_language": "de"},
            {"accept_encoding": "identity"},
            {"host": "second.example:8443"},
        ]
        first = [await asked(it, "/", **way) for way in ways]
        assert [await asked(it, "/", **way) for way in ways] == first
        assert len({headers["etag"] for _, _, headers in first}) == len(ways)
        tag = first[0][2]["etag"]
        for _ in range(2):
            status, content, _ = await asked(it, "/", if_none_match=tag)
            assert (status, content) == (304, b"")


async def test_nothing_is_kept_of_what_is_not_for_everyone(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for key in (ADMIN, ACME):
            await asked(it, "/api/prober/v1/incidents", authorization=f"Bearer {key}")
        await asked(it, "/metrics")
        await asked(it, "/none")
        await asked(it, "/", cookie="a=b")
        await asked(it, "/", accept_language="x" * 1000)
        await it.public.head("/")
        assert kept(it) == 0


async def test_readers_cannot_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(express, "MOST", 3)
    async with scene(tmp_path) as it:
        for n in range(10):
            await asked(it, f"/?{n}")
            assert kept(it) <= 3
