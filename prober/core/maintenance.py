"""Planned work: is this moment planned, which boundaries have passed, which comes next.

A window holds from its start (inclusive) to its end (exclusive). Boundaries that passed while nobody looked
are acted on at the next look, with their own time, unless the whole window is over: then nobody needs to hear of it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prober.core.model import Maintenance, MaintenanceStatus, Policy


class Boundary(NamedTuple):
    """A window's start or end that has come."""

    at_ms: int
    window: Maintenance
    starts: bool


def status_at(window: Maintenance, at_ms: int) -> MaintenanceStatus:
    """Where the maintenance stands at that moment."""
    if at_ms < window.start_ms:
        return MaintenanceStatus.PLANNING
    return MaintenanceStatus.INPROGRESS if at_ms < window.end_ms else MaintenanceStatus.COMPLETED


def is_planned(policy: Policy, component: str, at_ms: int) -> bool:
    """Whether the component is in a maintenance at that moment."""
    return any(w.start_ms <= at_ms < w.end_ms and component in w.components for w in policy.maintenances.values())


def passed(windows: Iterable[Maintenance], after_ms: int, until_ms: int) -> list[Boundary]:
    """The boundaries in (after_ms, until_ms], in order; an end before a start of the same moment."""

    def boundaries() -> Iterator[Boundary]:
        for window in windows:
            starts, ends = (after_ms < edge <= until_ms for edge in (window.start_ms, window.end_ms))
            if starts and not ends:
                yield Boundary(window.start_ms, window, starts=True)
            if ends and not starts:
                yield Boundary(window.end_ms, window, starts=False)

    return sorted(boundaries(), key=lambda b: (b.at_ms, b.starts, b.window.id))


def next_boundary_ms(windows: Iterable[Maintenance], after_ms: int) -> int | None:
    """The first boundary later than after_ms; None if no window has one."""
    edges = (edge for w in windows for edge in (w.start_ms, w.end_ms))
    return min((edge for edge in edges if edge > after_ms), default=None)
