"""From observations to a verdict.

The rules, in the order they are tried after an observation has been counted:

1. `failures` times down in a row is *down*.
2. `successes` times up in a row is *up*; from *unknown*, one answer is enough: there is nothing to regain.
3. Out of *down* with `successes` answers in a row that were not down, yet not all up, is *degraded*.
4. `failures` times not up in a row is *degraded*.
5. Otherwise the verdict stays.

An unknown observation (our own trouble, or a gap) neither fails nor succeeds: it moves nothing.
The new verdict holds from the first observation of the streak that made it.
"""

from typing import NamedTuple

from prober.core.events import Rule
from prober.core.model import CheckPolicy, CheckState, Observation, Outcome, Verdict
from prober.core.reason import Reason


class Judged(NamedTuple):
    """A check's new state; rule is None if its verdict stayed and only a streak moved."""

    state: CheckState
    rule: Rule | None


def graded(observation: Observation, policy: CheckPolicy) -> tuple[Outcome, Reason | None]:
    """The observation's outcome once the latency bound is applied, and the reason it is not up."""
    bound_us = policy.degraded_over_us
    if observation.outcome is Outcome.UP and bound_us is not None and observation.took_us > bound_us:
        return Outcome.DEGRADED, Reason.EXPECT_TIME
    return observation.outcome, observation.reason


def judge(state: CheckState, observation: Observation, policy: CheckPolicy) -> Judged | None:
    """What the observation makes of the check's state; None if nothing changes."""
    outcome, reason = graded(observation, policy)
    if outcome is Outcome.UNKNOWN:
        return None
    counted = _counted(state, outcome, observation.started_ms, policy)
    verdict, since_ms, rule = _believed(counted, policy)
    if outcome is not Outcome.UP:
        counted = counted._replace(reason=reason, detail=observation.detail)
    elif verdict is Verdict.UP and state.reason is not None:
        counted = counted._replace(reason=None, detail="")
    after = counted._replace(verdict=verdict, since_ms=since_ms) if rule else counted
    return None if after == state else Judged(after, rule)


def _counted(state: CheckState, outcome: Outcome, at_ms: int, policy: CheckPolicy) -> CheckState:
    """The streaks with one more outcome; a streak stops growing where it can no longer matter."""
    is_up, is_down = outcome is Outcome.UP, outcome is Outcome.DOWN
    return state._replace(
        down=min(state.down + 1, policy.failures) if is_down else 0,
        bad=0 if is_up else min(state.bad + 1, policy.failures),
        not_down=0 if is_down else min(state.not_down + 1, policy.successes),
        good=min(state.good + 1, policy.successes) if is_up else 0,
        down_from_ms=(state.down_from_ms or at_ms) if is_down else 0,
        bad_from_ms=0 if is_up else (state.bad_from_ms or at_ms),
        not_down_from_ms=0 if is_down else (state.not_down_from_ms or at_ms),
        good_from_ms=(state.good_from_ms or at_ms) if is_up else 0,
    )


def _believed(state: CheckState, policy: CheckPolicy) -> tuple[Verdict, int, Rule | None]:
    """The verdict that the streaks prove, since when it holds, and by which rule; rule None if it stays."""
    believed = state.verdict
    if state.down >= policy.failures:
        found, since_ms, rule = Verdict.DOWN, state.down_from_ms, Rule.FAILURES_IN_A_ROW
    elif state.good >= policy.successes:
        found, since_ms, rule = Verdict.UP, state.good_from_ms, Rule.SUCCESSES_IN_A_ROW
    elif believed is Verdict.UNKNOWN and state.good:
        found, since_ms, rule = Verdict.UP, state.good_from_ms, Rule.FIRST_ANSWER
    elif believed is Verdict.DOWN and state.not_down >= policy.successes:
        found, since_ms, rule = Verdict.DEGRADED, state.not_down_from_ms, Rule.SUCCESSES_IN_A_ROW
    elif believed is not Verdict.DOWN and state.bad >= policy.failures:
        found, since_ms, rule = Verdict.DEGRADED, state.bad_from_ms, Rule.DEGRADED_IN_A_ROW
    else:
        return believed, state.since_ms, None
    if found is believed:
        return believed, state.since_ms, None
    return found, since_ms, rule
