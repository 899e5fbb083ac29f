"""Is a failure the target's, or is it ours: the canaries are asked before it counts.

A check may name canaries: other checks, of things that we can hardly lose all at once, such as a gateway and two known
addresses. While every one of them fails by the network, a check that fails by the network proves nothing of its target:
the observation becomes *unknown*, our own, and moves nothing. A target that was down before stays down. A failure that
a broken network cannot cause (a certificate for another name, an error status) is never excused.
"""

from prober.core.model import Observation, Outcome, Policy
from prober.core.reason import Reason
from prober.core.state import State

BY_NETWORK = frozenset(
    {
        Reason.DNS_NXDOMAIN,
        Reason.DNS_SERVFAIL,
        Reason.DNS_TIMEOUT,
        Reason.DNS_NO_ADDRESS,
        Reason.CONNECT_REFUSED,
        Reason.CONNECT_TIMEOUT,
        Reason.CONNECT_RESET,
        Reason.UNREACHABLE,
        Reason.TLS_TIMEOUT,
        Reason.ICMP_TIMEOUT,
        Reason.HTTP_TIMEOUT,
    }
)


def attributed(state: State, observation: Observation, policy: Policy) -> Observation:
    """The observation as it counts: a failure that the canaries share is unknown, and ours."""
    if observation.outcome is not Outcome.DOWN or observation.reason not in BY_NETWORK:
        return observation
    check = policy.checks.get(observation.check)
    if check is None or not check.canaries or not all(fails_by_network(state, id_) for id_ in check.canaries):
        return observation
    detail = f"{', '.join(check.canaries)} fail as well: {observation.detail}"
    return observation._replace(outcome=Outcome.UNKNOWN, reason=Reason.SELF_UPLINK, detail=detail)


def fails_by_network(state: State, check: str) -> bool:
    """Whether the check's latest answer was a failure that a broken network can cause."""
    found = state.checks.get(check)
    return found is not None and found.down > 0 and found.reason in BY_NETWORK
