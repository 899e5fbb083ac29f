"""The `up` format: what a notice looks like as JSON. Pure.

Three bodies, told apart by their key: incident, maintenance, or component_update with component. The published fields
come first and are always present, an unset time is null, statuses are upper-case, updates stand oldest first. The bytes
are those of JavaScript's JSON.stringify, because receivers check signatures over what they parsed and wrote again.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prober.core import ids
from prober.core.model import (
    Impact,
    Incident,
    IncidentStatus,
    Indicator,
    Maintenance,
    NoticeReason,
    Status,
    StatusChange,
)
from prober.notifiers.base import Parcel

BACKFILLED_OVER_MS = 5 * 60_000  # an incident told of this long after it began was filled in later

PAGE: Mapping[Indicator, str] = {
    Indicator.NONE: "UP",
    Indicator.MINOR: "HASISSUES",
    Indicator.MAJOR: "HASISSUES",
    Indicator.CRITICAL: "HASISSUES",
    Indicator.MAINTENANCE: "UNDERMAINTENANCE",
}
COMPONENT: Mapping[Status, str] = {
    Status.OPERATIONAL: "OPERATIONAL",
    Status.MAINTENANCE: "UNDERMAINTENANCE",
    Status.DEGRADED: "DEGRADEDPERFORMANCE",
    Status.PARTIAL: "PARTIALOUTAGE",
    Status.MAJOR: "MAJOROUTAGE",
}
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
PLANNED, STARTED, COMPLETED = "NOTSTARTEDYET", "INPROGRESS", "COMPLETED"


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; the same bytes for the same notice, whatever the attempt."""
    notice = parcel.notice
    if notice.incident is not None:
        said = {"incident": _incident(parcel, notice.incident)}
    elif notice.maintenance is not None:
        said = {"maintenance": _maintenance(parcel, notice.maintenance)}
    elif notice.change is not None:
        said = _component(parcel, notice.change)
    else:
        raise ValueError(f"notice {notice.id} is about nothing")
    return stringify({"meta": {"unsubscribe": "", "documentation": ""}, "page": _page(parcel), **said})


def stringify(value: Any) -> bytes:
    """JSON as JavaScript's JSON.stringify writes it; for objects, lists, texts, whole numbers, true, false and null."""
    # A lone surrogate can't be encoded: stringify escapes it, and so does this handler, in the same letters.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def moment(at_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds, as JavaScript's Date writes it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def component_id(component: str) -> str:
    """The id by which outsiders know a component."""
    return ids.slug(f"component:{component}")


def _page(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.site.slug,
        "status_indicator": PAGE[parcel.headline.indicator],
        "status_description": parcel.headline.text,
        "url": parcel.site.url,
    }


def _incident(parcel: Parcel, incident: Incident) -> dict[str, Any]:
    updates = [{"incident_id": incident.slug, **_text(u.body, INCIDENT[u.status], u.at_ms)} for u in incident.updates]
    return {
        "backfilled": incident.opened_ms - incident.started_ms > BACKFILLED_OVER_MS,
        "created_at": moment(incident.opened_ms),
        "impact": IMPACT[incident.impact],
        "name": incident.name,
        "resolved_at": None if incident.resolved_ms is None else moment(incident.resolved_ms),
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


def _maintenance(parcel: Parcel, window: Maintenance) -> dict[str, Any]:
    """A declared window has no history of its own: it is created when it is first told of, which is its start."""
    is_over = parcel.notice.reason is NoticeReason.MAINTENANCE_COMPLETED
    slug = ids.slug(f"maintenance:{window.id}")
    timeline = [
        (window.description or window.name, PLANNED, window.start_ms),
        ("The maintenance has started.", STARTED, window.start_ms),
        ("The maintenance is completed.", COMPLETED, window.end_ms),
    ]
    updates = [{"maintenance_id": slug, **_text(*step)} for step in timeline[: 3 if is_over else 2]]
    # What a component shows once the work is over is not told here: it may be in trouble.
    showing = None if is_over else COMPONENT[Status.MAINTENANCE]
    return {
        "backfilled": False,
        "created_at": moment(window.start_ms),
        "impact": COMPONENT[Status.MAINTENANCE],
        "name": window.name,
        "resolved_at": moment(window.end_ms) if is_over else None,
        "status": COMPLETED if is_over else STARTED,
        "updated_at": updates[-1]["updated_at"],
        "id": slug,
        "url": parcel.site.url,
        "duration": str((window.end_ms - window.start_ms) // 60_000),
        "maintenance_updates": _numbered(slug, updates),
        "maintenance_start_date": moment(window.start_ms),
        "maintenance_end_date": moment(window.end_ms),
        "affected_components": [
            {"id": component_id(c), "name": parcel.name_of(c), "status": showing} for c in window.components
        ],
    }


def _component(parcel: Parcel, change: StatusChange) -> dict[str, Any]:
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
    """The updates with ids that stay, because a timeline only grows."""
    return [{"id": ids.slug(f"update:{slug}:{number}"), **update} for number, update in enumerate(updates, 1)]
