"""The `statuspage` format: what Atlassian Statuspage sends to the webhooks of its subscribers. Pure.

Two bodies, told apart by their key: incident, or component_update with component. Planned work comes as an incident
with the words of maintenance and with scheduled_for. Updates stand newest first, and what is missing is null, never "".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from prober.core import ids
from prober.core.model import (
    Affected,
    Ending,
    Incident,
    MaintenanceState,
    MaintenanceStatus,
    Status,
    StatusChange,
)
from prober.notifiers.base import Parcel
from prober.notifiers.fields import (
    component_id,
    group_id,
    is_backfilled,
    maintenance_id,
    moment,
    moment_or_none,
    stringify,
    update_id,
)

COMPONENT: Mapping[Status, str] = {
    Status.OPERATIONAL: "operational",
    Status.MAINTENANCE: "under_maintenance",
    Status.DEGRADED: "degraded_performance",
    Status.PARTIAL: "partial_outage",
    Status.MAJOR: "major_outage",
}
MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "scheduled",
    MaintenanceStatus.INPROGRESS: "in_progress",
    MaintenanceStatus.VERIFYING: "verifying",
    MaintenanceStatus.COMPLETED: "completed",
    MaintenanceStatus.CANCELLED: "completed",
}

# What Statuspage knows of an incident and prober does not.
_UNUSED: Mapping[str, Any] = {
    "postmortem_ignored": False,
    "postmortem_body": None,
    "postmortem_body_last_updated_at": None,
    "postmortem_published_at": None,
    "postmortem_notified_subscribers": False,
    "postmortem_notified_twitter": False,
    "scheduled_remind_prior": False,
    "scheduled_reminded_at": None,
    "impact_override": None,
}


def payload(parcel: Parcel) -> bytes:
    """The JSON that is sent; the same bytes for the same notice, whatever the attempt."""
    meta = {"unsubscribe": None, "documentation": None, "generated_at": moment(parcel.notice.at_ms)}
    return stringify({"meta": meta, "page": _page(parcel), **parcel.told(_incident, _maintenance, _change)})


def _page(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.site.slug,
        "status_indicator": parcel.headline.indicator.value,
        "status_description": parcel.headline.text,
    }


def _incident(parcel: Parcel, incident: Incident) -> dict[str, Any]:
    entries = [(update.body, update.status.value, update.at_ms) for update in incident.updates]
    said = {
        "name": incident.name,
        "status": incident.status.value,
        "created_at": moment(incident.opened_ms),
        "updated_at": moment(incident.updated_ms),
        "monitoring_at": moment_or_none(incident.monitoring_ms),
        "resolved_at": moment_or_none(incident.resolved_ms),
        "impact": incident.impact.word,
        "shortlink": f"{parcel.site.url}/incidents/{incident.slug}",
        "started_at": moment(incident.started_ms),
        **_UNUSED,
        "backfilled": is_backfilled(incident),
        "scheduled_for": None,
        "scheduled_until": None,
        "scheduled_auto_in_progress": False,
        "scheduled_auto_completed": False,
        "id": incident.slug,
        "page_id": parcel.site.slug,
        "incident_updates": _updates(incident.slug, entries),
        "components": [_affected(parcel, one, incident.updated_ms) for one in incident.affected],
    }
    return {"incident": said}


def _maintenance(parcel: Parcel, work: MaintenanceState) -> dict[str, Any]:
    id_ = maintenance_id(work)
    entries = [(u.body, MAINTENANCE[u.status], u.at_ms) for u in work.updates]
    # What a component shows while no work is under way is not told here: it may be in trouble.
    showing = Status.MAINTENANCE if work.is_under_way else None
    said = {
        "name": work.name,
        "status": MAINTENANCE[work.status],
        "created_at": moment(work.first_seen_ms),
        "updated_at": moment(work.updated_ms),
        "monitoring_at": None,
        "resolved_at": moment_or_none(work.ended_ms),
        "impact": "maintenance",
        "shortlink": parcel.site.url,
        "started_at": moment(work.start_ms if work.started_ms is None else work.started_ms),
        **_UNUSED,
        "backfilled": False,
        "scheduled_for": moment(work.start_ms),
        "scheduled_until": moment(work.end_ms),
        "scheduled_auto_in_progress": work.auto_start,
        "scheduled_auto_completed": work.auto_end is not Ending.BY_HAND,
        "id": id_,
        "page_id": parcel.site.slug,
        "incident_updates": _updates(id_, entries),
        "components": [_component(parcel, one, showing, work.updated_ms) for one in work.components],
    }
    return {"incident": said}


def _updates(about: str, entries: Sequence[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """entries: text, status and moment, oldest first."""
    return [
        {
            "status": status,
            "body": body,
            "created_at": moment(at_ms),
            "wants_twitter_update": False,
            "twitter_updated_at": None,
            "updated_at": moment(at_ms),
            "display_at": moment(at_ms),
            "affected_components": None,
            "custom_tweet": None,
            "deliver_notifications": True,
            "id": update_id(about, number),
            "incident_id": about,
        }
        for number, (body, status, at_ms) in reversed(list(enumerate(entries, 1)))
    ]


def _change(parcel: Parcel, change: StatusChange) -> dict[str, Any]:
    return {
        "component_update": {
            "old_status": COMPONENT[change.before],
            "new_status": COMPONENT[change.after],
            "created_at": moment(change.at_ms),
            "component_type": "Component",
            "id": ids.slug(f"change:{change.component}:{change.at_ms}"),
            "component_id": component_id(change.component),
        },
        "component": _component(parcel, change.component, change.after, change.at_ms),
    }


def _affected(parcel: Parcel, affected: Affected, at_ms: int) -> dict[str, Any]:
    return _component(parcel, affected.component, affected.status, at_ms)


def _component(parcel: Parcel, component: str, status: Status | None, at_ms: int) -> dict[str, Any]:
    """at_ms: when this was so. Components are declared: nobody noted when each was created."""
    known = parcel.components.get(component)
    return {
        "status": None if status is None else COMPONENT[status],
        "name": parcel.name_of(component),
        "created_at": None,
        "updated_at": moment(at_ms),
        "position": None,
        "description": None,
        "showcase": True,
        "id": component_id(component),
        "page_id": parcel.site.slug,
        "group_id": None if known is None or known.group is None else group_id(known.group),
    }
