"""A loop that stood still is told from one that waited."""

import asyncio
import time

import anyio
import pytest

from prober.wire.standstill import BEAT_NS, PATIENCE_NS, Standstill, standstill

pytestmark = pytest.mark.anyio

LONG_NS = 5 * (BEAT_NS + PATIENCE_NS)


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ns = 7

    def __call__(self) -> int:
        return self.ns


async def begun(hands: Hands) -> Standstill:
    found = Standstill(asyncio.get_running_loop(), hands)
    found.begin()
    return found


async def test_waiting_for_a_beat_is_no_standstill() -> None:
    found = await begun(Hands())
    assert found.look(7 + BEAT_NS + PATIENCE_NS) == 0


async def test_a_standstill_counts_from_the_last_sign_of_life() -> None:
    found = await begun(Hands())
    found.look(7 + 1_000)
    assert found.look(7 + 1_000 + LONG_NS) == LONG_NS
    assert found.look(7 + 1_000 + LONG_NS + 5) == LONG_NS  # once


async def test_two_standstills_add_up() -> None:
    found = await begun(Hands())
    assert found.look(7 + LONG_NS) == LONG_NS
    assert found.look(7 + 2 * LONG_NS) == 2 * LONG_NS


async def test_nothing_is_known_of_the_time_without_probes() -> None:
    hands = Hands()
    found = await begun(hands)
    found.end()
    await anyio.sleep(2 * BEAT_NS / 1e9)  # the last beat
    hands.ns += LONG_NS
    found.begin()
    assert (found.look(hands.ns), found.under_way) == (0, 1)


async def test_a_blocked_loop_is_seen_by_whoever_looks_first() -> None:
    found = standstill(time.monotonic_ns)
    assert standstill(time.monotonic_ns) is found
    found.begin()
    before = found.look(time.monotonic_ns())
    end_ns = time.monotonic_ns() + LONG_NS
    while time.monotonic_ns() < end_ns:  # holds the loop, as nobody should
        pass
    assert found.look(time.monotonic_ns()) - before >= LONG_NS
    found.end()


async def test_another_clock_has_its_own() -> None:
    assert standstill(Hands()) is not standstill(Hands())
