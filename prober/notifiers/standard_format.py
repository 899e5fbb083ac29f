"""The `standard` format: prober's own events, in the envelope that Standard Webhooks proposes. Pure.

An event is {"type", "timestamp", "data"}: what happened, when, and the thing as it was then. The words are our own.
The models below are the format: docs/notice.schema.json is made of them. They may gain keys, and lose none.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from prober.core import model as core
from prober.core.model import IncidentStatus, Indicator, MaintenanceStatus, NoticeReason, Status
from prober.notifiers.base import Parcel
from prober.notifiers.fields import (
    component_id,
    maintenance_id,
    moment,
    moment_or_none,
    stringify,
    update_id,
)

Type = Literal[
    "incident.opened",
    "incident.reopened",
    "incident.changed",
    "incident.updated",
    "incident.acknowledged",
    "incident.reminder",
    "incident.escalated",
    "incident.flapping",
    "incident.monitoring",
    "incident.resolved",
    "component.changed",
    "maintenance.scheduled",
    "maintenance.reminder",
    "maintenance.started",
    "maintenance.extended",
    "maintenance.completed",
    "maintenance.cancelled",
]
TYPE: Mapping[NoticeReason, Type] = {
    NoticeReason.OPENED: "incident.opened",
    NoticeReason.REOPENED: "incident.reopened",
    NoticeReason.CHANGED: "incident.changed",
    NoticeReason.UPDATED: "incident.updated",
    NoticeReason.ACKNOWLEDGED: "incident.acknowledged",
    NoticeReason.REMINDER: "incident.reminder",
    NoticeReason.ESCALATED: "incident.escalated",
    NoticeReason.FLAPPING: "incident.flapping",
    NoticeReason.MONITORING: "incident.monitoring",
    NoticeReason.RESOLVED: "incident.resolved",
    NoticeReason.COMPONENT_CHANGED: "component.changed",
    NoticeReason.MAINTENANCE_SCHEDULED: "maintenance.scheduled",
    NoticeReason.MAINTENANCE_REMINDER: "maintenance.reminder",
    NoticeReason.MAINTENANCE_STARTED: "maintenance.started",
    NoticeReason.MAINTENANCE_EXTENDED: "maintenance.extended",
    NoticeReason.MAINTENANCE_COMPLETED: "maintenance.completed",
    NoticeReason.MAINTENANCE_CANCELLED: "maintenance.cancelled",
}
ImpactWord = Literal["none", "minor", "major", "critical"]
IMPACT: Mapping[core.Impact, ImpactWord] = {
    core.Impact.NONE: "none",
    core.Impact.MINOR: "minor",
    core.Impact.MAJOR: "major",
    core.Impact.CRITICAL: "critical",
}
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class _Told(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, use_attribute_docstrings=True)


class Site(_Told):
    """The site it is about, as it was at the event."""

    id: str
    """12 lower-case letters and digits."""
    name: str
    """What people read."""
    url: str
    """Where its page is, without a slash at its end."""
    indicator: Indicator
    """The page's state in one word."""
    headline: str
    """The page's state in one phrase."""


class Component(_Told):
    """A component and what it showed."""

    id: str
    """12 lower-case letters and digits; the same in every API."""
    key: str
    """The id in prober's configuration."""
    name: str
    """What people read."""
    status: Status | None
    """What it showed; null where planned work has ended, after which it may be in trouble."""


class Update(_Told):
    """One entry of a timeline."""

    id: str
    """12 lower-case letters and digits."""
    at: Moment
    """When it was written."""
    status: IncidentStatus | MaintenanceStatus
    """Where the thing stood from then on."""
    body: str
    """What was said."""


class Incident(_Told):
    """Trouble that people are told of."""

    id: str
    """12 lower-case letters and digits; the same for the incident's whole life."""
    name: str
    """What people read."""
    url: str
    """Where people read about it."""
    status: IncidentStatus
    """Where it stands in its life."""
    impact: ImpactWord
    """How much it hurts; of a resolved one, how much it hurt at last."""
    started_at: Moment
    """When the trouble began."""
    opened_at: Moment
    """When prober was sure of it."""
    updated_at: Moment
    """When it last changed."""
    monitoring_at: Moment | None
    """Since when it is only watched."""
    resolved_at: Moment | None
    """When it ended."""
    components: list[Component]
    """What it affects."""
    updates: list[Update]
    """All that was said of it, oldest first."""


class Hidden(_Told):
    """Trouble of a component that planned work kept from being shown."""

    component: str
    """As Component.key."""
    status: Status
    """The worst of it."""
    began_at: Moment
    """When it began; when the work did, if it was there before."""
    ended_at: Moment | None
    """When it ended; null if it goes on."""


class Maintenance(_Told):
    """Planned work."""

    id: str
    """12 lower-case letters and digits; another one each time the work comes again."""
    name: str
    """What people read."""
    description: str
    """What is done, and what to expect; may be empty."""
    status: MaintenanceStatus
    """Where it stands."""
    starts_at: Moment
    """When it is to start, as things stand."""
    ends_at: Moment
    """When it is to end, as things stand."""
    started_at: Moment | None
    """When it really started."""
    ended_at: Moment | None
    """When it really ended, or was cancelled."""
    components: list[Component]
    """What is worked on."""
    hidden: list[Hidden]
    """Trouble that it has kept from being shown until now."""
    updates: list[Update]
    """Its steps until now, oldest first."""


class Change(_Told):
    """A component that shows another status."""

    component: Component
    """The component, with what it shows now."""
    before: Status
    """What it showed before."""
    changed_at: Moment
    """When it changed."""


class Data(_Told):
    """What it is about. Exactly one of incident, change and maintenance is there; the others are null."""

    site: Site
    """Where it happened."""
    incident: Incident | None = None
    """For the types incident.*"""
    change: Change | None = None
    """For the type component.changed."""
    maintenance: Maintenance | None = None
    """For the types maintenance.*"""


class Event(_Told):
    """A notice of prober, as Standard Webhooks proposes it. Its id stands in the header webhook-id."""

    type: Type
    """What happened."""
    timestamp: Moment
    """When it happened; not when it was sent."""
    data: Data
    """What it is about, as it was then."""


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; the same bytes for the same notice, whatever the attempt."""
    notice = parcel.notice
    data = parcel.told(_incident, _maintenance, _change)
    event = Event(type=TYPE[notice.reason], timestamp=moment(notice.at_ms), data=data)
    return stringify(event.model_dump())


def _site(parcel: Parcel) -> Site:
    site, headline = parcel.site, parcel.headline
    return Site(id=site.slug, name=site.name, url=site.url, indicator=headline.indicator, headline=headline.text)


def _component(parcel: Parcel, component: str, status: Status | None) -> Component:
    return Component(id=component_id(component), key=component, name=parcel.name_of(component), status=status)


def _incident(parcel: Parcel, incident: core.Incident) -> Data:
    told = Incident(
        id=incident.slug,
        name=incident.name,
        url=f"{parcel.site.url}/incidents/{incident.slug}",
        status=incident.status,
        impact=IMPACT[incident.impact],
        started_at=moment(incident.started_ms),
        opened_at=moment(incident.opened_ms),
        updated_at=moment(incident.updated_ms),
        monitoring_at=moment_or_none(incident.monitoring_ms),
        resolved_at=moment_or_none(incident.resolved_ms),
        components=[_component(parcel, a.component, a.status) for a in incident.affected],
        updates=[
            Update(id=update_id(incident.slug, n), at=moment(u.at_ms), status=u.status, body=u.body)
            for n, u in enumerate(incident.updates, 1)
        ],
    )
    return Data(site=_site(parcel), incident=told)


def _maintenance(parcel: Parcel, work: core.MaintenanceState) -> Data:
    id_, showing = maintenance_id(work), Status.MAINTENANCE if work.is_under_way else None
    told = Maintenance(
        id=id_,
        name=work.name,
        description=work.description,
        status=work.status,
        starts_at=moment(work.start_ms),
        ends_at=moment(work.end_ms),
        started_at=moment_or_none(work.started_ms),
        ended_at=moment_or_none(work.ended_ms),
        components=[_component(parcel, c, showing) for c in work.components],
        hidden=[
            Hidden(
                component=one.component,
                status=one.status,
                began_at=moment(one.from_ms),
                ended_at=moment_or_none(one.until_ms),
            )
            for one in work.hidden
        ],
        updates=[
            Update(id=update_id(id_, n), at=moment(u.at_ms), status=u.status, body=u.body)
            for n, u in enumerate(work.updates, 1)
        ],
    )
    return Data(site=_site(parcel), maintenance=told)


def _change(parcel: Parcel, change: core.StatusChange) -> Data:
    component = _component(parcel, change.component, change.after)
    told = Change(component=component, before=change.before, changed_at=moment(change.at_ms))
    return Data(site=_site(parcel), change=told)
