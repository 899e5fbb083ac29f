"""What is withheld, and why: today, the opening of incidents for components under maintenance.

Probing goes on and verdicts move as ever; the component shows *maintenance*, and nothing new opens. An incident that
was announced before goes on and is closed when its trouble ends: what was announced is always closed.
"""

from typing import NamedTuple

from prober.core.events import Rule
from prober.core.maintenance import is_planned
from prober.core.model import Policy, Status


class Shown(NamedTuple):
    """What a component shows for its trouble, and the rule that says so."""

    status: Status
    rule: Rule


def shown(policy: Policy, component: str, trouble: Status, at_ms: int) -> Shown:
    """The status that readers see for a component whose checks say `trouble`."""
    if is_planned(policy, component, at_ms):
        return Shown(Status.MAINTENANCE, Rule.MAINTENANCE_WINDOW)
    return Shown(trouble, Rule.FROM_CHECKS)
