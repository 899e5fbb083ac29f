"""Is a failure the target's, or is it ours: the canaries are asked before it counts.

A check may name canaries: other checks, of things that we can hardly lose all at once, such as a gateway, the resolvers
and two known addresses. Each vouches for one class of failures: the network, or the look-up of names. While all that
vouch for the class in which a check fails do so as well, its failure proves nothing of its target: the observation
becomes *unknown*, our own, and moves nothing. A lost network explains failed look-ups; failed look-ups do not explain a
target that cannot be reached. A target that was down before stays down. A failure that neither can cause (a certificate
for another name, an error status) is never excused.
"""

from collections.abc import Mapping
from enum import StrEnum

from prober.core.model import Observation, Outcome
from prober.core.policy import CheckPolicy, Policy
from prober.core.reason import Reason
from prober.core.rollup import seat
from prober.core.state import State


class FailureClass(StrEnum):
    """What of ours would explain a failure."""

    DNS = "dns"
    NETWORK = "network"


CLASS_OF: Mapping[Reason, FailureClass] = {
    Reason.DNS_NXDOMAIN: FailureClass.DNS,
    Reason.DNS_SERVFAIL: FailureClass.DNS,
    Reason.DNS_TIMEOUT: FailureClass.DNS,
    Reason.DNS_NO_ADDRESS: FailureClass.DNS,
    Reason.CONNECT_REFUSED: FailureClass.NETWORK,
    Reason.CONNECT_TIMEOUT: FailureClass.NETWORK,
    Reason.CONNECT_RESET: FailureClass.NETWORK,
    Reason.UNREACHABLE: FailureClass.NETWORK,
    Reason.TLS_TIMEOUT: FailureClass.NETWORK,
    Reason.ICMP_TIMEOUT: FailureClass.NETWORK,
    Reason.HTTP_TIMEOUT: FailureClass.NETWORK,
}
# failure class -> the classes of canaries' failures that explain it; and the canaries that are asked, those of any one
EXPLAINED_BY: Mapping[FailureClass, tuple[FailureClass, ...]] = {
    FailureClass.DNS: (FailureClass.DNS, FailureClass.NETWORK),
    FailureClass.NETWORK: (FailureClass.NETWORK,),
}


def attributed(state: State, observation: Observation, policy: Policy) -> Observation:
    """The observation as it counts: a failure that the canaries share is unknown, and ours."""
    if observation.outcome is not Outcome.DOWN or observation.reason is None:
        return observation
    check, found = policy.checks.get(observation.check), CLASS_OF.get(observation.reason)
    if check is None or found is None or not check.canaries:
        return observation
    failing = _explaining(state, check, found, policy, observation.location)
    if not failing:
        return observation
    reason = Reason.SELF_UPLINK if found is FailureClass.NETWORK else Reason.SELF_DNS
    detail = f"{', '.join(failing)} fail as well: {observation.detail}"
    return observation._replace(outcome=Outcome.UNKNOWN, reason=reason, detail=detail)


def _explaining(
    state: State, check: CheckPolicy, found: FailureClass, policy: Policy, location: str
) -> tuple[str, ...]:
    """The canaries that fail in a way that explains the check's failure; none if some of their class do not."""
    for vouched in EXPLAINED_BY[found]:
        asked = [id_ for id_ in check.canaries if id_ in policy.checks and policy.checks[id_].vouches_for == vouched]
        if asked and all(fails_by(state, seat(id_, location), EXPLAINED_BY[found]) for id_ in asked):
            return tuple(asked)
    return ()


def fails_by(state: State, key: str, classes: tuple[FailureClass, ...]) -> bool:
    """Whether the latest answer to a check, by its state's key, was a failure of one of these classes."""
    found = state.checks.get(key)
    return found is not None and found.down > 0 and found.reason is not None and CLASS_OF.get(found.reason) in classes
