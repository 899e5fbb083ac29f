"""The quantile of a window against its bound, counted in tenths; the stories in tests/stories/verdict.txt tell more."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.events import Rule
from prober.core.model import CheckState
from prober.core.pace import TENTHS, Pace, is_slow, paced, told
from prober.core.policy import Quantile
from prober.core.sketch import Sketch
from prober.core.verdict import judge
from tests.builders import T0, check, observation

MIN = 60_000
BOUND = Quantile(95, 500_000, 10 * MIN)


def counted(*answers: tuple[int, int], outcome: str = "up", bound: Quantile = BOUND) -> Pace:
    """(minute, ms it took) of each."""
    pace: Pace = ()
    for minute, took_ms in answers:
        pace = paced(pace, observation(outcome, T0 + minute * MIN, took_us=took_ms * 1000), bound)
    return pace


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=80), st.integers(50, 99))
def test_counting_the_slow_ones_tells_the_quantile_exactly(took_ms: list[int], percent: int) -> None:
    bound = Quantile(percent, 500_000, 10 * MIN)
    at_quantile = sorted(took_ms)[floor(percent * (len(took_ms) - 1) / 100)]
    assert is_slow(counted(*((0, ms) for ms in took_ms), bound=bound), bound) is (at_quantile > 500)


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=80))
def test_it_says_what_the_sketch_says_to_within_its_error(took_ms: list[int]) -> None:
    shown_ms = Sketch.of(took_ms).quantile(0.95) or 0
    if not 500 / 1.011 < shown_ms < 500 * 1.011:
        assert is_slow(counted(*((0, ms) for ms in took_ms)), BOUND) is (shown_ms > 500)


def test_however_many_answers_there_are_ten_tenths_are_kept() -> None:
    pace = counted(*((minute, 900) for minute in range(60)))
    assert len(pace) == TENTHS
    assert sum(answers for _, answers, _ in pace) == TENTHS


def test_old_answers_leave_the_window_when_a_failure_comes() -> None:
    later = observation("down", T0 + 60 * MIN)
    assert paced(counted((0, 900)), later, BOUND) == ()


def test_a_clock_that_was_set_back_loses_no_answer() -> None:
    assert counted((5, 900), (1, 900))[-1][1:] == (2, 2)


def test_without_a_bound_nothing_is_counted_or_slow() -> None:
    pace = counted((0, 900))
    assert paced(pace, observation(), None) == ()
    assert not is_slow(pace, None)
    state = CheckState("shop", pace=pace)
    assert judge(state, observation(), check()) == judge(state._replace(pace=()), observation(), check())


@pytest.mark.parametrize(("failures", "rule"), [(1, Rule.DEGRADED_BY_QUANTILE), (2, None)])
def test_the_change_names_its_rule_and_how_many_were_slow(failures: int, rule: Rule | None) -> None:
    policy = check(failures=failures, quantile_over_us=500_000)
    judged = judge(CheckState("shop"), observation(took_us=900_000), policy)
    assert judged is not None
    assert (judged.rule, judged.state.detail) == (rule, "1 of 1 answers took more than 500 ms")
    assert told((), None) == "0 of 0 answers took more than 0 ms"


def test_a_failure_in_an_empty_window_moves_only_what_failures_move() -> None:
    policy = check(quantile_over_us=500_000, failures=1)
    down = judge(CheckState("shop"), observation("down"), policy)
    assert down is not None
    assert judge(down.state, observation("down", T0 + 1), policy) is None
    assert judge(down.state, observation("unknown", T0 + 1), policy) is None
