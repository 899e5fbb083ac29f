"""Whose failure it is; the stories in blame.txt tell what comes of it."""

import pytest

from prober.core.blame import BY_NETWORK, attributed
from prober.core.model import CheckState, Outcome
from prober.core.reason import Owner, Reason
from prober.core.state import State
from tests.builders import check, observation, policy

RULES = policy(check("shop", canaries=("a", "b")), check("a"), check("b"))


def failing(*reasons: Reason | None) -> State:
    """A state in which the canaries a, b, ... fail for these reasons; None = the canary is well."""
    return State(
        checks={id_: CheckState(id_, down=r is not None, reason=r) for id_, r in zip("ab", reasons, strict=False)}
    )


@pytest.mark.parametrize("reason", Reason)
def test_only_what_a_broken_network_can_cause_is_excused(reason: Reason) -> None:
    seen = observation("down", reason=reason, detail="words")
    found = attributed(failing(Reason.UNREACHABLE, Reason.CONNECT_TIMEOUT), seen, RULES)
    if reason in BY_NETWORK:
        assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.SELF_UPLINK)
        assert found.detail == "a, b fail as well: words"
    else:
        assert found is seen


@pytest.mark.parametrize(
    "state",
    [
        State(),
        failing(Reason.UNREACHABLE),
        failing(Reason.UNREACHABLE, None),
        failing(Reason.UNREACHABLE, Reason.HTTP_STATUS),
    ],
)
def test_every_canary_must_fail_by_the_network(state: State) -> None:
    seen = observation("down", reason=Reason.CONNECT_TIMEOUT)
    assert attributed(state, seen, RULES) is seen


@pytest.mark.parametrize("outcome", ["up", "degraded", "unknown"])
def test_what_is_no_failure_needs_no_excuse(outcome: str) -> None:
    seen = observation(outcome, reason=Reason.CONNECT_TIMEOUT)
    assert attributed(failing(Reason.UNREACHABLE, Reason.UNREACHABLE), seen, RULES) is seen


def test_without_canaries_every_failure_is_the_targets() -> None:
    seen = observation("down", check="a", reason=Reason.CONNECT_TIMEOUT)
    assert attributed(failing(Reason.UNREACHABLE, Reason.UNREACHABLE), seen, RULES) is seen
    stranger = observation("down", check="stranger", reason=Reason.CONNECT_TIMEOUT)
    assert attributed(State(), stranger, RULES) is stranger


def test_nothing_of_ours_counts_as_the_network_of_a_target() -> None:
    assert {reason.owner for reason in BY_NETWORK} == {Owner.TARGET}
