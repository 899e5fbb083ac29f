"""Every moment of a probe is charged to exactly one phase."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.model import Phase
from prober.wire.phases import Stopwatch
from prober.wire.standstill import Standstill


class Hands:
    """A clock that a test sets, in microseconds."""

    def __init__(self) -> None:
        self.us = 5

    def __call__(self) -> int:
        return self.us * 1_000


def test_phases_are_told_with_what_each_took() -> None:
    hands = Hands()
    watch = Stopwatch(hands)
    for phase, us in ((Phase.RESOLVE, 10), (Phase.CONNECT, 20), (Phase.PROCESSING, 30)):
        watch.enter(phase)
        hands.us += us
    watch.stop()
    assert watch.phases_us() == ((Phase.RESOLVE, 10), (Phase.CONNECT, 20), (Phase.PROCESSING, 30))
    assert (watch.took_us, watch.running) == (60, Phase.PROCESSING)


def test_a_phase_entered_again_goes_on_counting_and_is_the_last_again() -> None:
    hands = Hands()
    watch = Stopwatch(hands)
    for phase in (Phase.CONNECT, Phase.PROCESSING, Phase.CONNECT):
        watch.enter(phase)
        hands.us += 7
    watch.stop()
    assert watch.phases_us() == ((Phase.PROCESSING, 7), (Phase.CONNECT, 14))


def test_what_comes_after_the_first_stop_is_not_counted() -> None:
    hands = Hands()
    watch = Stopwatch(hands)
    watch.enter(Phase.SEND)
    hands.us += 3
    watch.stop()
    hands.us += 100
    watch.stop()
    assert (watch.took_us, watch.phases_us()) == (3, ((Phase.SEND, 3),))


@pytest.mark.anyio
async def test_no_phase_is_charged_for_our_own_standstill() -> None:
    hands = Hands()
    still = Standstill(asyncio.get_running_loop(), hands)
    still.begin()
    watch = Stopwatch(hands, still)
    watch.enter(Phase.CONNECT)
    hands.us += 10
    watch.enter(Phase.TLS)
    hands.us += 5_000_000
    assert watch.look() == 5_000_000_000
    hands.us += 20
    watch.stop()
    assert watch.phases_us() == ((Phase.CONNECT, 10), (Phase.TLS, 20))
    assert (watch.took_us, watch.stalled_us, watch.look()) == (30, 5_000_000, 5_000_000_000)


@given(st.lists(st.tuples(st.sampled_from(Phase), st.integers(0, 10**9)), min_size=1))
def test_the_phases_add_up_to_the_whole(entered: list[tuple[Phase, int]]) -> None:
    hands = Hands()
    watch = Stopwatch(hands)
    for phase, us in entered:
        watch.enter(phase)
        hands.us += us
    watch.stop()
    assert sum(us for _, us in watch.phases_us()) == watch.took_us == sum(us for _, us in entered)
