"""Whose failure it is; the stories in blame.txt tell what comes of it."""

import pytest

from prober.core.blame import CLASS_OF, FailureClass, attributed
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
def test_only_what_we_can_cause_is_excused(reason: Reason) -> None:
    seen = observation("down", reason=reason, detail="words")
    found = attributed(failing(Reason.UNREACHABLE, Reason.CONNECT_TIMEOUT), seen, RULES)
    if reason in CLASS_OF:
        ours = Reason.SELF_UPLINK if CLASS_OF[reason] is FailureClass.NETWORK else Reason.SELF_DNS
        assert (found.outcome, found.reason) == (Outcome.UNKNOWN, ours)
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
    assert {reason.owner for reason in CLASS_OF} == {Owner.TARGET}


@pytest.mark.parametrize(
    ("reason", "resolver", "gateway", "is_ours"),
    [
        (Reason.DNS_TIMEOUT, Reason.DNS_TIMEOUT, None, True),  # our resolver, though the network works
        (Reason.DNS_TIMEOUT, None, Reason.UNREACHABLE, True),  # the network: how else should names be looked up?
        (Reason.DNS_TIMEOUT, None, None, False),
        (Reason.CONNECT_TIMEOUT, Reason.DNS_TIMEOUT, None, False),  # the resolver does not carry connections
        (Reason.CONNECT_TIMEOUT, Reason.DNS_TIMEOUT, Reason.DNS_TIMEOUT, False),  # nor is its failure the network's
        (Reason.CONNECT_TIMEOUT, None, Reason.UNREACHABLE, True),
    ],
)
def test_those_that_vouch_for_the_class_of_the_failure_are_asked(
    reason: Reason, resolver: Reason | None, gateway: Reason | None, is_ours: bool
) -> None:
    rules = policy(check("shop", canaries=("a", "b", "gone")), check("a", vouches_for="dns"), check("b"))
    found = attributed(failing(resolver, gateway), observation("down", reason=reason), rules)
    assert (found.outcome is Outcome.UNKNOWN) is is_ours


def test_canaries_are_asked_where_the_failure_was_seen() -> None:
    seen = observation("down", reason=Reason.CONNECT_TIMEOUT, location="fra")
    assert attributed(failing(Reason.UNREACHABLE, Reason.UNREACHABLE), seen, RULES) is seen
