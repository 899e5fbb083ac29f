"""What changes is told in order, as it happens, and to whom it concerns; a reader resumes where it has left."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from prober.demo.serve import address, listener, serving
from statusapi.app import Local
from statusapi.dialects import native_transitions
from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio

BASE = "/api/prober/v1"


async def listed(it: Scene, query: str = "", key: str = ACME) -> Any:
    answer = await it.public.get(f"{BASE}/transitions{query}", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return answer.json()["transitions"]


@asynccontextmanager
async def reading(it: Scene, application: Any = None, **headers: str) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The id and the data of each event. application: which is asked, the public listener's if none is named."""
    socket, told = (
        listener(0),
        {"Authorization": f"Bearer {ACME}"} | {k.replace("_", "-"): v for k, v in headers.items()},
    )

    async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Any]]:
        id_ = ""
        async for line in lines:
            name, _, said = line.partition(": ")
            id_ = said if name == "id" else id_
            if name == "data":
                yield id_, json.loads(said)

    async with (
        serving(application or it.application, socket),
        httpx.AsyncClient(base_url=f"http://{address(socket)}") as client,
    ):
        async with client.stream("GET", f"{BASE}/stream", headers=told) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = aiter(answer.aiter_lines())
            assert await anext(lines) == "retry: 3000"
            yield events(lines)
        it.views.close()


async def test_changes_are_listed_in_order_from_one_on_and_for_whom_they_concern(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up down down")
        await it.see("down down", "lone")
        found = await listed(it)
        assert [(one["component"], one["check"], one["after"]) for one in found] == [
            ("shop", "shop", "up"),
            ("shop", None, "operational"),
            ("shop", "shop", "down"),
            ("shop", None, "major"),
        ]
        assert await listed(it, "?limit=1") == found[:1]
        assert await listed(it, f"?limit=2&after={found[0]['id']}") == found[1:3]
        assert await listed(it, f"?after={found[-1]['id']}") == []
        everything = await listed(it, key=ADMIN)
        assert {one["component"] for one in everything} == {"shop", "lone"}
        for after in ("x", "1", "-1-0", "1-0-0", "9" * 20 + "-0"):
            answer = await it.public.get(
                f"{BASE}/transitions?after={after}", headers={"Authorization": f"Bearer {ACME}"}
            )
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "field")


async def test_few_of_many_are_found(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for _ in range(5):
            await it.see("down down up up", "lone")
        await it.see("down down")
        (first,) = await listed(it, "?limit=1")
        assert first["component"] == "shop"


async def test_what_happens_is_told_at_once_and_what_was_missed_first(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        with anyio.fail_after(20):
            async with reading(it) as events:
                await it.see("down down", "lone")
                await it.see("up up")
                told = [await anext(events), await anext(events)]
        found = await listed(it)
        assert told == [(one["id"], one) for one in found[-2:]]


async def test_a_reader_resumes_by_the_id_that_it_has_seen(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down up up")
        found = await listed(it)
        with anyio.fail_after(20):
            async with reading(it, Last_Event_ID=found[0]["id"]) as events:
                assert [(await anext(events))[1] for _ in found[1:]] == found[1:]


async def test_a_stream_ends_when_another_configuration_takes_over(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        with anyio.fail_after(20):
            async with reading(it) as events:
                it.views.close()
                assert [one async for one in events] == []


async def test_who_comes_by_the_control_socket_is_told_on_and_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, reading(it, Local(it.application), Authorization="") as events:
        await it.see("up")
        first = await anext(events)
        await it.see("down down")
        assert (await anext(events))[0] != first[0]


async def test_there_are_no_more_readers_than_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_transitions, "MOST_READERS", 0)
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"{BASE}/stream", headers={"Authorization": f"Bearer {ACME}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")


async def test_head_tells_what_there_is_and_ends(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.head(f"{BASE}/stream", headers={"Authorization": f"Bearer {ACME}"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
