"""What the page calls things. Every state is a word and a shape, so that nobody depends on its colour."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from prober.core.model import Impact, IncidentStatus, Indicator, MaintenanceStatus, Status
from statusapi.nouns import (
    ComponentView,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageView,
)


class Word(NamedTuple):
    """A state in words. tone: the class that colours it and chooses its shape; see static/page.css."""

    text: str
    tone: str


COMPONENT: Mapping[Status, Word] = {
    Status.OPERATIONAL: Word("Operational", "good"),
    Status.MAINTENANCE: Word("Under maintenance", "planned"),
    Status.DEGRADED: Word("Degraded performance", "minor"),
    Status.PARTIAL: Word("Partial outage", "major"),
    Status.MAJOR: Word("Major outage", "critical"),
}
UNWATCHED = Word("Not yet watched", "unknown")

INCIDENT: Mapping[IncidentStatus, str] = {
    IncidentStatus.INVESTIGATING: "Investigating",
    IncidentStatus.IDENTIFIED: "Identified",
    IncidentStatus.MONITORING: "Monitoring",
    IncidentStatus.RESOLVED: "Resolved",
    IncidentStatus.POSTMORTEM: "Postmortem",
}
MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "Planned",
    MaintenanceStatus.INPROGRESS: "In progress",
    MaintenanceStatus.VERIFYING: "Verifying",
    MaintenanceStatus.COMPLETED: "Completed",
    MaintenanceStatus.CANCELLED: "Cancelled",
}

_IMPACT: Mapping[Impact, str] = {
    Impact.NONE: "good",
    Impact.MINOR: "minor",
    Impact.MAJOR: "major",
    Impact.CRITICAL: "critical",
}
_INDICATOR: Mapping[Indicator, str] = {
    Indicator.NONE: "good",
    Indicator.MINOR: "minor",
    Indicator.MAJOR: "major",
    Indicator.CRITICAL: "critical",
    Indicator.MAINTENANCE: "planned",
}


def of_component(shown: ComponentView | GroupView) -> Word:
    """What a component or group shows; a planned state is known even of what was never probed."""
    if not shown.watched and shown.status is Status.OPERATIONAL:
        return UNWATCHED
    return COMPONENT[shown.status]


def of_page(page: PageView) -> Word:
    """The headline. Before the first answer it promises nothing."""
    if not page.watched and page.headline.indicator is Indicator.NONE:
        return UNWATCHED
    return Word(page.headline.text, _INDICATOR[page.headline.indicator])


def of_incident(incident: IncidentView) -> Word:
    """Where an incident stands, in the tone of its impact until it is over."""
    return Word(INCIDENT[incident.status], _IMPACT[incident.impact] if incident.is_open else "good")


def of_maintenance(work: MaintenanceView) -> Word:
    """Where planned work stands."""
    return Word(MAINTENANCE[work.status], "good" if work.status is MaintenanceStatus.COMPLETED else "planned")


def of_update(status: IncidentStatus | MaintenanceStatus) -> str:
    """Where it stood when an entry of its timeline was written."""
    return INCIDENT[status] if isinstance(status, IncidentStatus) else MAINTENANCE[status]


def lasted_ms(incident: IncidentView) -> int:
    """How long it took; 0 while it is open."""
    return 0 if incident.resolved_ms is None else incident.resolved_ms - incident.started_ms


def affected(page: PageView) -> int:
    """How many components are not as they should be; planned work is not counted."""
    return sum(c.status not in (Status.OPERATIONAL, Status.MAINTENANCE) for c in page.components)


def instant(at_ms: int) -> str:
    """For <time datetime>: the second, in UTC."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at_ms: int) -> str:
    """For people: day and minute, in UTC; a script may show it in the reader's zone."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%b %-d, %Y, %H:%M UTC")
