"""A page as it was shown at a moment: what had been decided by then, under the names and in the order of today.

Days and their figures are left out: they are of the ninety days before now. Planned work that recurs is known from the
moment at which its time was near.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prober.core.events import Change
from prober.core.incident import as_of
from prober.core.model import Incident, MaintenanceState, Status
from prober.core.status import headline
from prober.core.work import as_of as work_as_of
from statusapi.nouns import FROM_BEST, ComponentView, GroupView, PageView
from statusapi.views import shown, shown_work


def as_it_was(
    page: PageView,
    at_ms: int,
    changes: Mapping[str, Change | None],
    incidents: Iterable[Incident],
    works: Iterable[MaintenanceState],
    extra: Callable[[int], Mapping[str, Any]],
) -> PageView:
    """The page at a moment. changes: by component the latest one that was decided by then.

    incidents, works: as they are now; those of which nothing had been told by then are left out. extra: what some
    dialects know besides of the event of a number.
    """
    components = {one.id: _component(one, changes.get(one.id)) for one in page.components}
    entries = tuple(_entry(entry, components) for entry in page.entries)
    then = page._replace(components=tuple(components.values()), entries=entries)
    told = [one for one in (as_of(incident, at_ms) for incident in incidents) if one is not None]
    found = tuple(shown(one, then, extra(one.num)) for one in sorted(told, key=lambda one: one.num, reverse=True))
    planned = [one for one in (work_as_of(work, at_ms) for work in works) if one is not None]
    return then._replace(
        headline=headline(component.status for component in then.components),
        incidents=tuple(incident for incident in found if incident.is_open),
        recent=found,
        maintenances=tuple(shown_work(work, then, extra(work.num)) for work in planned),
        watched=any(component.watched for component in then.components),
        updated_ms=max(
            (*(one.updated_ms for one in found), *(c.at_ms for c in changes.values() if c is not None)), default=at_ms
        ),
    )


def _component(one: ComponentView, change: Change | None) -> ComponentView:
    status = Status.OPERATIONAL if change is None or change.after not in FROM_BEST else Status(change.after)
    return one._replace(
        status=status,
        since_ms=one.since_ms if change is None else change.since_ms,
        watched=change is not None and change.after in FROM_BEST,
        uptime=None,
        bars=(),
        pin=None,
    )


def _entry(entry: GroupView | ComponentView, components: Mapping[str, ComponentView]) -> GroupView | ComponentView:
    if isinstance(entry, ComponentView):
        return components[entry.id]
    members = tuple(components[one.id] for one in entry.components)
    return entry._replace(
        components=members,
        status=max((one.status for one in members), key=FROM_BEST.index),
        since_ms=max(one.since_ms for one in members),
        watched=any(one.watched for one in members),
    )
