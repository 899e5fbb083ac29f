"""The `instatus` format: what Instatus really sends, as captured, where that differs from what it publishes. Pure.

Statuses of incidents in title case, texts named `markdown` alone, no impact, no headline, affected components in words.
The bytes are those of JavaScript's JSON.stringify: published receivers verify the signature over either.
"""

from collections.abc import Mapping
from typing import Any

from prober.core.model import (
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

AFFECTED: Mapping[Status, str] = {
    Status.OPERATIONAL: "Operational",
    Status.MAINTENANCE: "Under maintenance",
    Status.DEGRADED: "Degraded performance",
    Status.PARTIAL: "Partial outage",
    Status.MAJOR: "Major outage",
}
INCIDENT: Mapping[IncidentStatus, str] = {
    IncidentStatus.INVESTIGATING: "Investigating",
    IncidentStatus.IDENTIFIED: "Identified",
    IncidentStatus.MONITORING: "Monitoring",
    IncidentStatus.RESOLVED: "Resolved",
    IncidentStatus.POSTMORTEM: "Resolved",
}
MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "Planned",
    MaintenanceStatus.INPROGRESS: "In progress",
    MaintenanceStatus.VERIFYING: "In progress",
    MaintenanceStatus.COMPLETED: "Completed",
    MaintenanceStatus.CANCELLED: "Completed",
}


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; the same bytes for the same notice, whatever the attempt."""
    said = parcel.told(_incident, _maintenance, _change)
    page = {
        "id": parcel.site.slug,
        "status_indicator": PAGE[parcel.headline.indicator],
        "status_description": "",
        "url": parcel.site.url,
    }
    return stringify({"meta": {"unsubscribe": "", "documentation": ""}, "page": page, **said})


def _incident(parcel: Parcel, incident: Incident) -> dict[str, Any]:
    said = {
        "backfilled": is_backfilled(incident),
        "created_at": moment(incident.opened_ms),
        "name": incident.name,
        "resolved_at": moment_or_none(incident.resolved_ms),
        "status": INCIDENT[incident.status],
        "updated_at": moment(incident.updated_ms),
        "id": incident.slug,
        "url": f"{parcel.site.url}/{incident.slug}",
        "incident_updates": [
            {
                "id": update_id(incident.slug, number),
                "incident_id": incident.slug,
                "markdown": update.body,
                "status": INCIDENT[update.status],
                **_times(update.at_ms),
            }
            for number, update in enumerate(incident.updates, 1)
        ],
        "affected_components": [_affected(parcel, a.component, a.status) for a in incident.affected],
    }
    return {"incident": said}


def _maintenance(parcel: Parcel, work: MaintenanceState) -> dict[str, Any]:
    slug = maintenance_id(work)
    said = {
        "backfilled": False,
        "created_at": moment(work.first_seen_ms),
        "name": work.name,
        "resolved_at": moment_or_none(work.ended_ms),
        "status": MAINTENANCE[work.status],
        "updated_at": moment(work.updated_ms),
        "id": slug,
        "url": f"{parcel.site.url}/{slug}",
        "maintenance_updates": [
            {"id": update_id(slug, number), "maintenance_id": slug, "markdown": update.body, **_times(update.at_ms)}
            for number, update in enumerate(work.updates, 1)
        ],
        "maintenance_start_date": moment(work.start_ms),
        "maintenance_end_date": moment(work.end_ms),
        "affected_components": [
            _affected(parcel, c, Status.MAINTENANCE if work.is_under_way else None) for c in work.components
        ],
    }
    return {"maintenance": said}


def _change(parcel: Parcel, change: StatusChange) -> dict[str, Any]:
    id_, status = component_id(change.component), COMPONENT[change.after]
    return {
        "component_update": {"created_at": moment(change.at_ms), "new_status": status, "component_id": id_},
        "component": {"created_at": None, "id": id_, "name": parcel.name_of(change.component), "status": status},
    }


def _affected(parcel: Parcel, component: str, status: Status | None) -> dict[str, Any]:
    """status: None = what it shows is not told here."""
    shown = None if status is None else AFFECTED[status]
    return {"id": component_id(component), "name": parcel.name_of(component), "status": shown}


def _times(at_ms: int) -> dict[str, str]:
    return {"created_at": moment(at_ms), "updated_at": moment(at_ms)}
