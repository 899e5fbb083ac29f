"""Planned work: is this moment planned, which boundaries have passed, which comes next.

A window holds from its start (inclusive) to its end (exclusive); one that recurs is as many windows as it has starts,
each known by its own id. Boundaries that passed while nobody looked are acted on at the next look, with their own time,
unless the whole window is over: then nobody needs to hear of it.

A clock that is set back makes the last look one of the future. By a little, nothing is acted on twice; by more, what
was seen there counts for nothing: else no boundary would be seen until the clock has come there again.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, takewhile
from typing import NamedTuple

from prober.core.model import Maintenance, MaintenanceStatus, Policy
from prober.core.recurrence import starts

SET_BACK_MS = 60_000  # a clock that is behind the last look by more has been set back


def is_set_back(handled_ms: int | None, at_ms: int) -> bool:
    """Whether a look at that moment, after one at handled_ms, is one by a clock that was set back."""
    return handled_ms is not None and handled_ms - at_ms > SET_BACK_MS


class Boundary(NamedTuple):
    """A window's start or end that has come."""

    at_ms: int
    window: Maintenance
    starts: bool


def occurrences(window: Maintenance, from_ms: int) -> Iterator[Maintenance]:
    """The windows that are not over at from_ms, in order; of one that recurs perhaps without end."""
    recurrence = window.recurrence
    if recurrence is None:
        if from_ms < window.end_ms:
            yield window
        return
    for start_ms in starts(recurrence, from_ms - recurrence.lasts_ms + 1):
        id_, end_ms = f"{window.id}@{start_ms // 1000}", start_ms + recurrence.lasts_ms
        yield window._replace(id=id_, start_ms=start_ms, end_ms=end_ms, recurrence=None)


def upcoming(window: Maintenance, from_ms: int, count: int) -> list[Maintenance]:
    """The first few windows that are not over at from_ms."""
    return list(islice(occurrences(window, from_ms), count))


def between(windows: Iterable[Maintenance], after_ms: int, until_ms: int) -> list[Maintenance]:
    """The windows that touch (after_ms, until_ms], in order of their starts."""
    found = (takewhile(lambda one: one.start_ms <= until_ms, occurrences(w, after_ms)) for w in windows)
    return sorted(chain.from_iterable(found), key=lambda one: (one.start_ms, one.id))


def status_at(window: Maintenance, at_ms: int) -> MaintenanceStatus:
    """Where the maintenance stands at that moment."""
    if at_ms < window.start_ms:
        return MaintenanceStatus.PLANNING
    return MaintenanceStatus.INPROGRESS if at_ms < window.end_ms else MaintenanceStatus.COMPLETED


def is_planned(policy: Policy, component: str, at_ms: int) -> bool:
    """Whether the component is in a maintenance at that moment."""
    concerning = (w for w in policy.maintenances.values() if component in w.components)
    return any(one.start_ms <= at_ms for w in concerning for one in upcoming(w, at_ms, 1))


def passed(windows: Iterable[Maintenance], after_ms: int, until_ms: int) -> list[Boundary]:
    """The boundaries in (after_ms, until_ms], in order; an end before a start of the same moment."""

    def boundaries() -> Iterator[Boundary]:
        for window in between(windows, after_ms, until_ms):
            starts, ends = (after_ms < edge <= until_ms for edge in (window.start_ms, window.end_ms))
            if starts and not ends:
                yield Boundary(window.start_ms, window, starts=True)
            if ends and not starts:
                yield Boundary(window.end_ms, window, starts=False)

    return sorted(boundaries(), key=lambda b: (b.at_ms, b.starts, b.window.id))


def next_boundary_ms(windows: Iterable[Maintenance], after_ms: int) -> int | None:
    """The first boundary later than after_ms; None if no window has one."""
    near = chain.from_iterable(_near(window, after_ms) for window in windows)
    edges = (edge for one in near for edge in (one.start_ms, one.end_ms))
    return min((edge for edge in edges if edge > after_ms), default=None)


def _near(window: Maintenance, after_ms: int) -> Iterator[Maintenance]:
    """The windows under way, and the next one: it may start before they end."""
    for one in occurrences(window, after_ms):
        yield one
        if one.start_ms > after_ms:
            return
