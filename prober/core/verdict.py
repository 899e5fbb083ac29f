"""From observations to a verdict.

The rules, in the order they are tried after an observation has been counted:

1. What `policy.down` needs, of answers that were down, is *down*.
2. What `policy.up` needs, of answers that were up, is *up*; from *unknown*, one answer is enough: there is nothing to
   regain.
3. Out of *down* with what `policy.up` needs, of answers that were not down, yet not all up, is *degraded*.
4. What `policy.degraded` needs, of answers that were not up, is *degraded*.
5. Otherwise the verdict stays.

A need asks for so many answers in a row, or among the last n, and may ask that they have lasted some time. In a row,
one answer to the contrary starts the count and the time anew; among the last n, each change of the verdict does.
Only an answer that speaks for it can meet a need: a good answer makes nothing worse, and a failure nothing better.
While too many answers of a window were slow, every good one counts as degraded; see pace.
An unknown observation (our own trouble, or a gap) neither fails nor succeeds: it moves nothing.
The new verdict holds from the first observation that made it.
"""

from typing import NamedTuple

from prober.core.events import Rule
from prober.core.flapping import flapped, shifted
from prober.core.model import CheckState, Observation, Outcome, Verdict
from prober.core.pace import is_slow, paced, told
from prober.core.policy import CheckPolicy, Need
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
    has_pace = policy.quantile is not None or bool(state.pace)
    if not has_pace and outcome is Outcome.UP and _is_settled(state, policy):
        return None  # the usual case, so it is seen at once
    address, certificate = (str(observation.facts.get(key, "")) for key in ("ip", "cert_fingerprint"))
    answer = _Answer(outcome, reason, observation.detail, observation.started_ms, address, certificate)
    if not has_pace:
        return _judged(state, answer, policy)
    counted = state._replace(pace=paced(state.pace, observation, policy.quantile))
    is_crawling = answer.outcome is Outcome.UP and is_slow(counted.pace, policy.quantile)
    if is_crawling:
        detail = told(counted.pace, policy.quantile)
        answer = answer._replace(outcome=Outcome.DEGRADED, reason=Reason.EXPECT_TIME, detail=detail)
    judged = _judged(counted, answer, policy)
    if judged is None:
        return None if counted == state else Judged(counted, None)
    return judged._replace(rule=Rule.DEGRADED_BY_QUANTILE) if is_crawling and judged.rule in _DEGRADED else judged


class _Answer(NamedTuple):
    """An observation as it counts."""

    outcome: Outcome
    reason: Reason | None
    detail: str
    at_ms: int
    address: str
    certificate: str


def _judged(state: CheckState, answer: _Answer, policy: CheckPolicy) -> Judged | None:
    outcome = answer.outcome
    if outcome is Outcome.UP and _is_settled(state, policy):
        return None
    counted = _counted(state, outcome, answer.at_ms, policy)
    proof = _proof(counted, policy, answer.at_ms)
    if outcome is not Outcome.UP:
        counted = counted._replace(
            reason=answer.reason, detail=answer.detail, address=answer.address, certificate=answer.certificate
        )
    elif state.reason is not None and (state.verdict if proof is None else proof.verdict) is Verdict.UP:
        counted = counted._replace(reason=None, detail="", address="", certificate="")
    if proof is None:
        return None if counted == state else Judged(counted, None)
    return Judged(counted._replace(verdict=proof.verdict, since_ms=proof.since_ms, recent=()), proof.rule)


def _is_settled(state: CheckState, policy: CheckPolicy) -> bool:
    """Whether one more good answer tells nothing new: the usual case, so it is seen at once."""
    has_all = state.good == state.not_down == policy.up.answers
    is_calm = not (state.recent or state.flips or state.flapped)
    return has_all and is_calm and state.verdict is Verdict.UP and state.reason is None


def _counted(state: CheckState, outcome: Outcome, at_ms: int, policy: CheckPolicy) -> CheckState:
    """The streaks with one more outcome; a streak stops growing where it can no longer matter."""
    is_up, is_down = outcome is Outcome.UP, outcome is Outcome.DOWN
    flips = 0
    if policy.flap_high is not None:
        flips = shifted(state.flips, state.bad > 0 if is_up else state.good > 0)
    return state._replace(
        down=min(state.down + 1, policy.down.answers) if is_down else 0,
        bad=0 if is_up else min(state.bad + 1, policy.degraded.answers),
        not_down=0 if is_down else min(state.not_down + 1, policy.up.answers),
        good=min(state.good + 1, policy.up.answers) if is_up else 0,
        down_from_ms=(state.down_from_ms or at_ms) if is_down else 0,
        bad_from_ms=0 if is_up else (state.bad_from_ms or at_ms),
        not_down_from_ms=0 if is_down else (state.not_down_from_ms or at_ms),
        good_from_ms=(state.good_from_ms or at_ms) if is_up else 0,
        recent=_recent(state, outcome, at_ms, policy),
        flips=flips,
        flapped=flapped(state.flapped, flips, policy),
    )


def _recent(state: CheckState, outcome: Outcome, at_ms: int, policy: CheckPolicy) -> tuple[tuple[Outcome, int], ...]:
    """The latest answers, as many as any need looks back on; those before the first contrary one don't matter."""
    longest = max(policy.down.of or 0, policy.degraded.of or 0, policy.up.of or 0)
    if not longest:
        return ()
    window = (*state.recent, (outcome, at_ms))[-longest:]
    contrary = (n for n, (answer, _) in enumerate(window) if answer.value != state.verdict.value)
    return window[next(contrary, longest) :]


class _Proof(NamedTuple):
    """A verdict other than the one believed, since when it holds, and by which rule."""

    verdict: Verdict
    since_ms: int
    rule: Rule


def _proof(state: CheckState, policy: CheckPolicy, at_ms: int) -> _Proof | None:
    """What the answers prove; None if the verdict stays."""
    believed = state.verdict
    since_ms = _met(policy.down, state.down, state.down_from_ms, _DOWN, state, at_ms)
    if since_ms is not None:
        return _unless(believed, Verdict.DOWN, since_ms, _FAILURES, policy.down)
    since_ms = _met(policy.up, state.good, state.good_from_ms, _GOOD, state, at_ms)
    if since_ms is not None:
        return _unless(believed, Verdict.UP, since_ms, _SUCCESSES, policy.up)
    if believed is Verdict.UNKNOWN and state.good:
        return _Proof(Verdict.UP, state.good_from_ms, Rule.FIRST_ANSWER)
    if believed is Verdict.DOWN:
        since_ms = _met(policy.up, state.not_down, state.not_down_from_ms, _NOT_DOWN, state, at_ms)
        return None if since_ms is None else _unless(believed, Verdict.DEGRADED, since_ms, _SUCCESSES, policy.up)
    since_ms = _met(policy.degraded, state.bad, state.bad_from_ms, _BAD, state, at_ms)
    return None if since_ms is None else _unless(believed, Verdict.DEGRADED, since_ms, _DEGRADED, policy.degraded)


def _met(
    need: Need, count: int, from_ms: int, speaking: frozenset[Outcome], state: CheckState, at_ms: int
) -> int | None:
    """Since when the need is met; None if it is not. count, from_ms: the running streak; speaking: what is for it."""
    if need.of is not None:
        if not any(answer in speaking for answer, _ in state.recent[-1:]):
            return None  # a good answer proves no outage, whatever the ones before it were
        for_it = [ms for answer, ms in state.recent[-need.of :] if answer in speaking]
        count, from_ms = len(for_it), for_it[0]
    return from_ms if count >= need.answers and at_ms - from_ms >= need.for_ms else None


def _unless(believed: Verdict, found: Verdict, since_ms: int, rules: "_Rules", need: Need) -> _Proof | None:
    if found is believed:
        return None
    if need.of is not None:
        return _Proof(found, since_ms, rules.of_last)
    return _Proof(found, since_ms, rules.lasting if need.for_ms else rules.in_a_row)


_DOWN = frozenset({Outcome.DOWN})
_GOOD = frozenset({Outcome.UP})
_NOT_DOWN = frozenset({Outcome.UP, Outcome.DEGRADED})
_BAD = frozenset({Outcome.DOWN, Outcome.DEGRADED})


class _Rules(NamedTuple):
    """The names of a need's three forms."""

    in_a_row: Rule
    of_last: Rule
    lasting: Rule


_FAILURES = _Rules(Rule.FAILURES_IN_A_ROW, Rule.FAILURES_OF_LAST, Rule.FAILURES_LASTING)
_DEGRADED = _Rules(Rule.DEGRADED_IN_A_ROW, Rule.DEGRADED_OF_LAST, Rule.DEGRADED_LASTING)
_SUCCESSES = _Rules(Rule.SUCCESSES_IN_A_ROW, Rule.SUCCESSES_OF_LAST, Rule.SUCCESSES_LASTING)
