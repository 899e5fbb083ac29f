"""Our own trouble as a component of its own, so that people are told when silence means nothing.

While the daemon cannot judge (no resolver, no network, no descriptors, a store that takes no writes, a loop that stands
still, more probes than there is room for, a configuration that was refused), the component `@self` is degraded, and has
one incident like any other. It stands on no page: the site `@self` is nobody's but the operator's. Ids of the
configuration cannot begin so.
"""

from prober.core import alert_path
from prober.core.policy import CheckPolicy, ComponentPolicy, Need, Policy
from prober.core.reason import Reason

OWN = "@self"  # the id of the site, of its component, and of the check that feeds it
OWN_NAME = "Monitoring"
LOOK_EVERY_MS = 10_000
NO_ANSWER = frozenset({Reason.SELF_STORE, Reason.SELF_CONFIG, Reason.SELF_OVERLOAD})  # troubles that no probe meets


def with_own(policy: Policy) -> Policy:
    """The policy, and that of our own trouble and of the alert path."""
    check = CheckPolicy(OWN, OWN, LOOK_EVERY_MS, down=Need(2), degraded=Need(2), up=Need(3))
    component = ComponentPolicy(OWN, OWN, OWN_NAME, (OWN,))
    checks = {OWN: check, alert_path.ALERTS: alert_path.check(LOOK_EVERY_MS)}
    components = {OWN: component, alert_path.ALERTS: alert_path.component(OWN)}
    return policy._replace(checks={**policy.checks, **checks}, components={**policy.components, **components})
