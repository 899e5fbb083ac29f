"""The `up` format: what a notice looks like as JSON. Pure.

Three bodies, told apart by their key: incident, maintenance, or component_update with component. The published fields
come first and are always present, an unset time is null, statuses are upper-case, updates stand oldest first. The bytes
are those of JavaScript's JSON.stringify, because receivers check signatures over what they parsed and wrote again.
"""

from collections.abc import Mapping
from typing import Any

from prober.core.model import (
    Impact,
    Incident,
    IncidentStatus,
    MaintenanceState,
    MaintenanceStatus,
    Status,
    StatusChange,
)
from prober.notifiers.base import Parcel
from prober.notifiers.fields import (
    COMPONENT,
    PAGE,
    component_id,
    is_backfilled,
    maintenance_id,
    moment,
    moment_or_none,
    stringify,
    update_id,
)

IMPACT: Mapping[Impact, str] = {
    Impact.NONE: "OPERATIONAL",
    Impact.MINOR: "DEGRADEDPERFORMANCE",
    Impact.MAJOR: "PARTIALOUTAGE",
    Impact.CRITICAL: "MAJOROUTAGE",
}
INCIDENT: Mapping[IncidentStatus, str] = {
    IncidentStatus.INVESTIGATING: "INVESTIGATING",
    IncidentStatus.IDENTIFIED: "IDENTIFIED",
    IncidentStatus.MONITORING: "MONITORING",
    IncidentStatus.RESOLVED: "RESOLVED",
    IncidentStatus.POSTMORTEM: "RESOLVED",
}
MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "NOTSTARTEDYET",
    MaintenanceStatus.INPROGRESS: "INPROGRESS",
    MaintenanceStatus.VERIFYING: "INPROGRESS",
    MaintenanceStatus.COMPLETED: "COMPLETED",
    MaintenanceStatus.CANCELLED: "COMPLETED",
}


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; the same bytes for the same notice, whatever the attempt."""
    said = parcel.told(_incident, _maintenance, _change)
    return stringify({"meta": {"unsubscribe": "", "documentation": ""}, "page": _page(parcel), **said})


def _page(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.site.slug,
        "status_indicator": PAGE[parcel.headline.indicator],
        "status_description": parcel.headline.text,
        "url": parcel.site.url,
    }


def _incident(parcel: Parcel, incident: Incident) -> dict[str, Any]:
    updates = [{"incident_id": incident.slug, **_text(u.body, INCIDENT[u.status], u.at_ms)} for u in incident.updates]
    said = {
        "backfilled": is_backfilled(incident),
        "created_at": moment(incident.opened_ms),
        "impact": IMPACT[incident.impact],
        "name": incident.name,
        "resolved_at": moment_or_none(incident.resolved_ms),
        "status": INCIDENT[incident.status],
        "updated_at": moment(incident.updated_ms),
        "id": incident.slug,
        "url": f"{parcel.site.url}/incidents/{incident.slug}",
        "incident_updates": _numbered(incident.slug, updates),
        "affected_components": [
            {"id": component_id(a.component), "name": parcel.name_of(a.component), "status": COMPONENT[a.status]}
            for a in incident.affected
        ],
    }
    return {"incident": said}


def _maintenance(parcel: Parcel, work: MaintenanceState) -> dict[str, Any]:
    slug = maintenance_id(work)
    updates = [{"maintenance_id": slug, **_text(u.body, MAINTENANCE[u.status], u.at_ms)} for u in work.updates]
    # What a component shows while no work is under way is not told here: it may be in trouble.
    showing = COMPONENT[Status.MAINTENANCE] if work.is_under_way else None
    said = {
        "backfilled": False,
        "created_at": moment(work.first_seen_ms),
        "impact": COMPONENT[Status.MAINTENANCE],
        "name": work.name,
        "resolved_at": moment_or_none(work.ended_ms),
        "status": MAINTENANCE[work.status],
        "updated_at": moment(work.updated_ms),
        "id": slug,
        "url": parcel.site.url,
        "duration": str((work.end_ms - work.start_ms) // 60_000),
        "maintenance_updates": _numbered(slug, updates),
        "maintenance_start_date": moment(work.start_ms),
        "maintenance_end_date": moment(work.end_ms),
        "affected_components": [
            {"id": component_id(c), "name": parcel.name_of(c), "status": showing} for c in work.components
        ],
    }
    return {"maintenance": said}


def _change(parcel: Parcel, change: StatusChange) -> dict[str, Any]:
    id_, status = component_id(change.component), COMPONENT[change.after]
    return {
        "component_update": {
            "created_at": moment(change.at_ms),
            "new_status": status,
            "old_status": COMPONENT[change.before],
            "component_id": id_,
        },
        # Components are declared: nobody noted when each was created.
        "component": {"created_at": None, "id": id_, "name": parcel.name_of(change.component), "status": status},
    }


def _text(body: str, status: str, at_ms: int) -> dict[str, Any]:
    """An entry of a timeline. The field is `body` as published, `markdown` as seen on the wire: both, the same."""
    at = moment(at_ms)
    return {"body": body, "status": status, "created_at": at, "updated_at": at, "markdown": body}


def _numbered(slug: str, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": update_id(slug, number), **update} for number, update in enumerate(updates, 1)]
