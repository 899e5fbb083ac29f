"""Which troubles are one: components that fail soon after each other and have something in common.

`group_by` of a component names what may make its trouble one with that of others of its site. An incident that the
automation has opened takes in what fails within `group_wait` of its opening and shares at least one of these with a
component that it is about and that still fails. What joins is told in one message, at the end of that wait.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

from prober.core.model import CheckState
from prober.core.policy import ComponentPolicy, Policy


class GroupBy(StrEnum):
    """What components can have in common."""

    PARENT = "parent"  # a component that both depend on
    HOST = "host"  # of what failing checks probe
    ADDRESS = "address"  # at which they failed
    RESOLVER = "resolver"  # that they ask
    CERTIFICATE = "certificate"  # that they were shown
    GROUP = "group"
    SITE = "site"


def shares(
    policy: Policy, component: ComponentPolicy, causes: Iterable[str], state: Callable[[str], CheckState]
) -> frozenset[tuple[str, str]]:
    """(kind, value) of all that it may have in common with others, by its `group_by`.

    causes: its failing checks; state: of a check, by its id.
    """
    found = {(GroupBy.PARENT.value, above) for above in component.depends_on}
    found |= {(GroupBy.SITE.value, component.site), (GroupBy.GROUP.value, component.group or "")}
    for id_ in causes:
        failing = state(id_)
        found |= set(policy.checks[id_].shares)
        found |= {(GroupBy.ADDRESS.value, failing.address), (GroupBy.CERTIFICATE.value, failing.certificate)}
    return frozenset((kind, value) for kind, value in found if value and kind in component.group_by)
