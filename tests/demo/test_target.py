"""The faulty target is ill when its cycles or its master say so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from prober.clock import Clock
from prober.demo.target import ABOUT, DEMO, STANDALONE, Cycle, Cycles, Mode, Target


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.clock = Clock(wall_ns=lambda: 0, monotonic_ns=lambda: int(self.now_s * 1e9))


@asynccontextmanager
async def asking(target: Target) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(target.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://target") as client:
        yield client


@pytest.mark.parametrize(
    ("age_s", "is_ill"), [(0, False), (14.9, False), (15, True), (39.9, True), (40, False), (134.9, False), (135, True)]
)
def test_a_cycle_is_ill_for_a_while_again_and_again(age_s: float, is_ill: bool) -> None:
    assert Cycle(first_s=15, ill_s=25, period_s=120).is_ill(age_s) is is_ill


@pytest.mark.parametrize("cycles", [STANDALONE, DEMO])
def test_the_healthy_one_is_always_well_and_every_path_is_explained(cycles: Cycles) -> None:
    assert not any(cycles["/healthy"].is_ill(second) for second in range(600))
    assert cycles.keys() == ABOUT.keys()


def test_in_the_demo_an_outage_comes_and_goes_within_a_minute() -> None:
    states = [DEMO["/dies"].is_ill(second) for second in range(60)]
    assert (states[0], any(states), states[-1]) == (False, True, False)


def test_the_flapping_one_never_fails_three_probes_in_a_row() -> None:
    ill = [DEMO["/flapping"].is_ill(tenth / 10) for tenth in range(600)]
    assert any(ill)
    assert not any(all(ill[at + 20 * n] for n in range(3)) for at in range(500))


@pytest.mark.anyio
async def test_the_dying_one_answers_503_while_it_is_dead() -> None:
    hands = Hands()
    async with asking(Target(hands.clock)) as client:
        statuses = []
        for hands.now_s in (1_000, 1_061, 1_121):
            statuses.append((await client.get("/dies")).status_code)
    assert statuses == [200, 503, 200]


@pytest.mark.anyio
async def test_an_order_outweighs_the_cycle_until_it_is_taken_back() -> None:
    target = Target(Hands().clock)
    async with asking(target) as client:
        statuses = []
        for mode in Mode.DOWN, Mode.UP, Mode.AUTO:
            assert (await client.post("/control", json={"path": "/dies", "mode": mode})).status_code == 204
            statuses.append((await client.get("/dies")).status_code)
        assert statuses == [503, 200, 200]
        await client.post("/control", json={"path": "/healthy", "mode": "down"})
        assert "/healthy    ill" in (await client.get("/")).text


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"path": "/dies"}',
        b'{"path": "/dies", "mode": "odd"}',
        b'{"path": "/odd", "mode": "up"}',
        b'{"path": [], "mode": "up"}',
        b"[" * 1_000,
        b" " * 2_000,
    ],
)
async def test_a_bad_order_is_refused_with_what_was_expected(body: bytes) -> None:
    async with asking(Target(Hands().clock)) as client:
        answer = await client.post("/control", content=body)
    assert (answer.status_code, answer.text[:18]) == (400, 'expected {"path": ')


@pytest.mark.anyio
@pytest.mark.parametrize(("delay", "status"), [("0", 200), ("-1", 400), ("61", 400), ("nan", 400), ("soon", 400)])
async def test_a_delay_is_a_number_of_seconds(delay: str, status: int) -> None:
    async with asking(Target(Hands().clock)) as client:
        assert (await client.get("/slow", params={"delay": delay})).status_code == status


@pytest.mark.anyio
async def test_delayed_answers_go_out_when_the_target_stops() -> None:
    target = Target(Hands().clock)
    target.stop()
    async with asking(target) as client:
        assert (await client.get("/slow?delay=60")).status_code == 200
