"""From observations to a verdict; the stories in tests/stories/verdict.txt tell the sequences."""

import pytest

from prober.core.events import Rule
from prober.core.model import CheckState, Outcome, Verdict
from prober.core.reason import Reason
from prober.core.verdict import graded, judge
from tests.builders import T0, check, observation


def after(*outcomes: str, failures: int = 2, successes: int = 2) -> CheckState:
    state, policy = CheckState("shop"), check(failures=failures, successes=successes)
    for minute, outcome in enumerate(outcomes):
        judged = judge(state, observation(outcome, T0 + minute), policy)
        state = judged.state if judged else state
    return state


@pytest.mark.parametrize(
    ("outcomes", "verdict", "since"),
    [
        ("up", Verdict.UP, 0),
        ("down", Verdict.UNKNOWN, None),
        ("down down", Verdict.DOWN, 0),
        ("unknown unknown", Verdict.UNKNOWN, None),
        ("degraded degraded", Verdict.DEGRADED, 0),
        ("degraded down", Verdict.DEGRADED, 0),
        ("up down down", Verdict.DOWN, 1),
        ("up down up down", Verdict.UP, 0),
        ("up down down up up", Verdict.UP, 3),
        ("up down down degraded up", Verdict.DEGRADED, 3),
        ("up down down degraded up up", Verdict.UP, 4),
        ("up degraded degraded down down", Verdict.DOWN, 3),
        ("up degraded degraded up", Verdict.DEGRADED, 1),
    ],
)
def test_the_verdict_follows_the_streaks_and_holds_from_their_first_probe(
    outcomes: str, verdict: Verdict, since: int | None
) -> None:
    state = after(*outcomes.split())
    assert state.verdict is verdict
    assert state.since_ms == (0 if since is None else T0 + since)


def test_a_steady_answer_changes_nothing() -> None:
    steady = after("up", "up")
    assert judge(steady, observation("up", T0 + 9), check()) is None


def test_a_steady_outage_changes_nothing_while_its_reason_stays() -> None:
    steady = after("down", "down")
    assert judge(steady, observation("down", T0 + 9), check()) is None
    moved = judge(steady, observation("down", T0 + 9, reason=Reason.HTTP_STATUS), check())
    assert moved is not None
    assert (moved.rule, moved.state.reason) == (None, Reason.HTTP_STATUS)


def test_the_reason_is_kept_while_it_is_down_and_dropped_when_it_is_up() -> None:
    assert after("down", "down", "up").reason is Reason.CONNECT_REFUSED
    assert after("down", "down", "up", "up").reason is None


@pytest.mark.parametrize(
    ("outcomes", "rule"),
    [
        ("up", Rule.FIRST_ANSWER),
        ("down down", Rule.FAILURES_IN_A_ROW),
        ("degraded degraded", Rule.DEGRADED_IN_A_ROW),
        ("down down up up", Rule.SUCCESSES_IN_A_ROW),
    ],
)
def test_every_change_names_its_rule(outcomes: str, rule: Rule) -> None:
    *before, last = outcomes.split()
    judged = judge(after(*before), observation(last, T0 + 9), check())
    assert judged is not None
    assert judged.rule is rule


def test_only_a_good_answer_can_be_too_slow() -> None:
    policy = check(degraded_over_us=1_000_000)
    assert graded(observation("up", took_us=1_000_000), policy)[0] is Outcome.UP
    assert graded(observation("up", took_us=1_000_001), policy) == (Outcome.DEGRADED, Reason.EXPECT_TIME)
    assert graded(observation("down", took_us=9_000_000), policy)[0] is Outcome.DOWN
