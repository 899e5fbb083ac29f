"""Parcels with defaults, so that a test shows only what matters."""

from typing import Any

from prober.core import work
from prober.core.model import (
    Affected,
    Headline,
    Impact,
    Incident,
    IncidentStatus,
    Indicator,
    Notice,
    NoticeReason,
    Status,
    StatusChange,
    Update,
)
from prober.core.policy import Maintenance
from prober.core.work import seen
from prober.notifiers import Parcel, Site
from prober.notifiers.base import Words
from prober.template import NOTICE, parsed
from tests.builders import T0, component

MINUTE = 60_000
OUTAGE = Headline(Indicator.MAJOR, "Partial System Outage")
CALM = Headline(Indicator.NONE, "All Systems Operational")
WORK = Headline(Indicator.MAINTENANCE, "Service Under Maintenance")

OPEN = Incident(
    num=1,
    uid="01700000000000000001",
    slug="q1w2e3r4t5y6",
    site="main",
    cause="component:shop",
    name="Shop is down",
    status=IncidentStatus.INVESTIGATING,
    impact=Impact.CRITICAL,
    started_ms=T0,
    opened_ms=T0 + 1_678,
    updated_ms=T0 + 1_678,
    affected=(Affected("shop", Status.MAJOR, Status.MAJOR),),
    updates=(
        Update(T0 + 1_678, IncidentStatus.INVESTIGATING, "Shop is down: requests time out. We are investigating."),
    ),
)
END_MS = T0 + 10 * MINUTE
RESOLVED = OPEN._replace(
    status=IncidentStatus.RESOLVED,
    affected=(Affected("shop", Status.OPERATIONAL, Status.MAJOR),),
    updated_ms=END_MS,
    resolved_ms=END_MS,
    updates=(*OPEN.updates, Update(END_MS, IncidentStatus.RESOLVED, "Shop is operational again.")),
)
CHANGED_MS, WATCHED_MS, AGAIN_MS = T0 + 3 * MINUTE, T0 + 5 * MINUTE, T0 + 7 * MINUTE
CHANGED = OPEN._replace(
    impact=Impact.MAJOR,
    affected=(Affected("shop", Status.PARTIAL, Status.MAJOR),),
    updated_ms=CHANGED_MS,
    updates=(*OPEN.updates, Update(CHANGED_MS, IncidentStatus.INVESTIGATING, "Shop is partially down now.")),
)
WATCHED = CHANGED._replace(
    status=IncidentStatus.MONITORING,
    affected=(Affected("shop", Status.OPERATIONAL, Status.MAJOR),),
    updated_ms=WATCHED_MS,
    monitoring_ms=WATCHED_MS,
    updates=(
        *CHANGED.updates,
        Update(WATCHED_MS, IncidentStatus.MONITORING, "Shop is operational again. We keep watching it."),
    ),
)
POSTED_MS = CHANGED_MS + 30_000
POSTED = CHANGED._replace(
    status=IncidentStatus.IDENTIFIED,
    updated_ms=POSTED_MS,
    taken=True,
    updates=(*CHANGED.updates, Update(POSTED_MS, IncidentStatus.IDENTIFIED, "A disk is full.", "ann")),
)
KNOWN = CHANGED._replace(acknowledged_by="ann", acknowledged_until_ms=POSTED_MS + 60 * MINUTE)
RESTLESS = CHANGED._replace(
    updated_ms=POSTED_MS,
    updates=(
        *CHANGED.updates,
        Update(
            POSTED_MS,
            IncidentStatus.INVESTIGATING,
            "Shop has changed 7 times of late. This stays open until it is steady.",
        ),
    ),
)
AGAIN = OPEN._replace(
    updated_ms=AGAIN_MS,
    updates=(
        *WATCHED.updates,
        Update(AGAIN_MS, IncidentStatus.INVESTIGATING, "Shop is down again: requests time out. We are investigating."),
    ),
)
PLANNED = seen(
    Maintenance("upgrade", "main", "Upgrade", T0, T0 + 90 * MINUTE, ("shop", "blog"), "A new database für alle."),
    "upgrade",
    T0 - 60 * MINUTE,
)
WINDOW = work.started(PLANNED, T0)
LONGER = work.extended(WINDOW, T0 + 120 * MINUTE, T0 + 80 * MINUTE, author="ann")
HID = work.noted(work.noted(WINDOW, "shop", Status.MAJOR, T0 + MINUTE), "shop", Status.OPERATIONAL, T0 + 3 * MINUTE)
DONE = work.completed(HID, WINDOW.end_ms, str.title)
OFF = work.cancelled(PLANNED, T0 - MINUTE)
CHANGE = StatusChange("shop", Status.OPERATIONAL, Status.MAJOR, T0 + 5)


def parcel(
    reason: NoticeReason, headline: Headline = OUTAGE, at_ms: int = T0, attempt: int = 1, **about: Any
) -> Parcel:
    """A parcel of site "main" with the components shop and blog. about: incident, change or maintenance."""
    notice = Notice("msg_0123456789", 7, "ops", "hook", reason, at_ms, "main", "stream", headline, **about)
    site = Site("main", "kx3m9qv7t2ab", "Main", "https://status.example")
    components = {name: component(name) for name in ("shop", "blog")}
    return Parcel(notice, site, headline, components, attempt, at_ms + 2_500 * attempt)


# One for each reason.
PARCELS = {
    "incident_opened": parcel(NoticeReason.OPENED, incident=OPEN),
    "incident_changed": parcel(NoticeReason.CHANGED, OUTAGE, CHANGED_MS, incident=CHANGED),
    "incident_updated": parcel(NoticeReason.UPDATED, OUTAGE, POSTED_MS, incident=POSTED),
    "incident_acknowledged": parcel(NoticeReason.ACKNOWLEDGED, OUTAGE, POSTED_MS, incident=KNOWN),
    "incident_reminder": parcel(NoticeReason.REMINDER, OUTAGE, POSTED_MS, incident=CHANGED),
    "incident_escalated": parcel(NoticeReason.ESCALATED, OUTAGE, POSTED_MS, incident=CHANGED),
    "incident_flapping": parcel(NoticeReason.FLAPPING, OUTAGE, POSTED_MS, incident=RESTLESS),
    "incident_monitoring": parcel(NoticeReason.MONITORING, CALM, WATCHED_MS, incident=WATCHED),
    "incident_reopened": parcel(NoticeReason.REOPENED, OUTAGE, AGAIN_MS, incident=AGAIN),
    "incident_resolved": parcel(NoticeReason.RESOLVED, CALM, END_MS, incident=RESOLVED),
    "component": parcel(NoticeReason.COMPONENT_CHANGED, change=CHANGE),
    "maintenance_started": parcel(NoticeReason.MAINTENANCE_STARTED, WORK, maintenance=WINDOW),
    "maintenance_completed": parcel(NoticeReason.MAINTENANCE_COMPLETED, CALM, DONE.end_ms, maintenance=DONE),
    "maintenance_scheduled": parcel(NoticeReason.MAINTENANCE_SCHEDULED, CALM, T0 - 60 * MINUTE, maintenance=PLANNED),
    "maintenance_reminder": parcel(NoticeReason.MAINTENANCE_REMINDER, CALM, T0 - 10 * MINUTE, maintenance=PLANNED),
    "maintenance_extended": parcel(NoticeReason.MAINTENANCE_EXTENDED, WORK, T0 + 80 * MINUTE, maintenance=LONGER),
    "maintenance_cancelled": parcel(NoticeReason.MAINTENANCE_CANCELLED, CALM, T0 - MINUTE, maintenance=OFF),
}

# As long as what people write can be, of what services count, escape or take for orders.
_MUCH = "<!here> @everyone *_~`|[a](b)&\\ 😀ü\n" * 1_000
HEAVY = {
    "incident": parcel(
        NoticeReason.CHANGED,
        incident=CHANGED._replace(
            name=_MUCH,
            updates=tuple(Update(T0 + n, IncidentStatus.INVESTIGATING, _MUCH) for n in range(100)),
            affected=tuple(Affected(f"component-{n}", Status.MAJOR, Status.MAJOR) for n in range(1_000)),
        ),
    ),
    "maintenance": parcel(
        NoticeReason.MAINTENANCE_STARTED,
        maintenance=WINDOW._replace(
            name=_MUCH, description=_MUCH, components=tuple(f"component-{n}" for n in range(1_000))
        ),
    ),
}
# What stands in a parcel whose site and components are no longer configured.
BARE = {name: one._replace(site=Site("main", "", "main", ""), components={}) for name, one in PARCELS.items()}
TITLE = parsed("{{mark}} {{site}}: {{name}}", NOTICE)
TEXT = parsed(
    "{{#updates}}{{at}} {{body}}\n{{/updates}}{{#components}}{{component}} {{shows}}, {{/components}}", NOTICE
)
NOTHING = parsed("{{! nothing }}", NOTICE)
WORDED = {
    "worded": PARCELS["incident_opened"]._replace(words=Words(TITLE, TEXT)),
    "worded and heavy": HEAVY["incident"]._replace(words=Words(TITLE, TEXT)),
    "worded by nothing": PARCELS["component"]._replace(words=Words(NOTHING, NOTHING)),
}
EVERY = {
    **PARCELS,
    **WORDED,
    **{f"heavy {name}": one for name, one in HEAVY.items()},
    **{f"bare {name}": one for name, one in BARE.items()},
}
