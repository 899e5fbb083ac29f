"""What is withheld, and why: the opening of incidents for components under maintenance, or below one that is down.

A status that a person has pinned stands in the place of what the checks say, for the incident as for readers; planned
work is shown even so, and nothing opens in it.

Probing goes on and verdicts move as ever. Under maintenance a component shows *maintenance*, and nothing new opens.
While all checks of a component that it depends on, at any remove, are down or about to be (their latest answer was a
failure), a component shows its own trouble, but no incident opens for it; what still fails when the other one is back
opens then. An incident that was
announced before goes on and is closed when its trouble ends: what was announced is always closed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from prober.core.events import Rule
from prober.core.model import MaintenanceState, Pin, Status
from prober.core.policy import ComponentPolicy, Policy
from prober.core.work import is_planned

# What stands in ComponentState.withheld_by for a component whose incident a person has resolved while it still fails.
BY_HAND = "a person"


class Shown(NamedTuple):
    """What a component shows for its trouble, and the rule that says so."""

    status: Status
    rule: Rule


def shown(works: Iterable[MaintenanceState], component: str, trouble: Status, pin: Pin | None, at_ms: int) -> Shown:
    """The status that readers see for a component with that trouble. works: all that may be under way; pin: what a
    person has set, if that holds.
    """
    if is_planned(works, component, at_ms):
        return Shown(Status.MAINTENANCE, Rule.MAINTENANCE_WINDOW)
    if pin is not None:
        return Shown(pin.status, Rule.PINNED)
    return Shown(trouble, Rule.FROM_CHECKS)


def down_above(policy: Policy, component: ComponentPolicy, trouble: Callable[[str], Status]) -> str:
    """The nearest component that is down of those that this one depends on; "" if none is.

    trouble: of a component, by its id, whether it is sure yet or not.
    """
    seen, nearest = {component.id}, list(component.depends_on)
    for id_ in nearest:
        if id_ in seen or id_ not in policy.components:
            continue
        seen.add(id_)
        if trouble(id_) is Status.MAJOR:
            return id_
        nearest += policy.components[id_].depends_on
    return ""


def dependents(policy: Policy, component: str) -> list[str]:
    """The components that depend on that one, at any remove, the nearest first."""
    found: dict[str, None] = {}
    nearest = list(policy.below.get(component, ()))
    for id_ in nearest:
        if id_ not in found:
            found[id_] = None
            nearest += policy.below.get(id_, ())
    return list(found)


def below(components: Mapping[str, ComponentPolicy]) -> Mapping[str, tuple[str, ...]]:
    """By component, those that name it as one they depend on: what Policy.below is to hold."""
    found: dict[str, tuple[str, ...]] = {}
    for component in components.values():
        for above in component.depends_on:
            found[above] = (*found.get(above, ()), component.id)
    return found
