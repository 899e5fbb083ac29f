"""Jobs report as clients of Healthchecks do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from prober.core.heartbeat import Signal
from statusapi.pings import MOST_BODY
from tests.statusapi.scene import TOKEN, scene

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("behind", "signal", "code"),
    [
        ("", Signal.GOOD, None),
        ("?rid=2b1e0f3e-0000-4000-8000-000000000000", Signal.GOOD, None),
        ("/start", Signal.START, None),
        ("/fail", Signal.FAIL, None),
        ("/log", Signal.LOG, None),
        ("/0", Signal.GOOD, 0),
        ("/1", Signal.FAIL, 1),
        ("/255", Signal.FAIL, 255),
    ],
)
async def test_each_address_says_what_it_says(
    tmp_path: Path, method: str, behind: str, signal: Signal, code: int | None
) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.request(method, f"/ping/{TOKEN}{behind}")
        assert (answer.status_code, answer.text) == (200, "" if method == "HEAD" else "OK")
        assert it.reports == [(TOKEN, signal, code)]


async def test_what_means_nothing_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for behind in ("256", "-1", "1.0", "stop", "01234", "²"):
            answer = await it.public.get(f"/ping/{TOKEN}/{behind}")
            assert (answer.status_code, answer.text) == (400, "invalid url format")
        unknown = await it.public.get("/ping/another-token-of-nobody")
        assert (unknown.status_code, unknown.text) == (404, "not found")
        assert (await it.public.delete(f"/ping/{TOKEN}")).status_code == 405
        assert (await it.public.get(f"/ping/{TOKEN}/1/2")).status_code == 404
        assert len(it.reports) == 1


async def test_a_body_is_heard_out_within_bounds(tmp_path: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b"x" * 1000

    async with scene(tmp_path) as it:
        answer = await it.public.post(f"/ping/{TOKEN}", content=endless())
        assert (answer.status_code, it.reports) == (200, [(TOKEN, Signal.GOOD, None)])
    assert MOST_BODY < sent <= MOST_BODY + 10_000
