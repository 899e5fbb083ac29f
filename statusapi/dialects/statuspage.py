"""The Statuspage dialect, API v2: public, read only. Updates and lists stand newest first; what is missing is null."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import Impact, IncidentStatus, MaintenanceStatus, Status
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.nouns import (
    ComponentView,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageView,
    UpdateView,
)
from statusapi.prepared import READS, Prepared, answer, page_of
from statusapi.problems import Problem, not_found
from statusapi.views import Views

HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=10"}
PATHS = r"/api/.*|.*\.json"

COMPONENT: Mapping[Status, str] = {
    Status.OPERATIONAL: "operational",
    Status.MAINTENANCE: "under_maintenance",
    Status.DEGRADED: "degraded_performance",
    Status.PARTIAL: "partial_outage",
    Status.MAJOR: "major_outage",
}
INCIDENT: Mapping[IncidentStatus, str] = {status: status.value for status in IncidentStatus}
MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "scheduled",
    MaintenanceStatus.INPROGRESS: "in_progress",
    MaintenanceStatus.VERIFYING: "verifying",
    MaintenanceStatus.COMPLETED: "completed",
    MaintenanceStatus.CANCELLED: "completed",
}

_Documents = Mapping[str, Callable[[PageView], dict[str, Any]]]


def routes(views: Views) -> list[BaseRoute]:
    """GET and HEAD of every document, for the site of the host and for each site by its id."""
    prepared = Prepared(_made)

    async def document(request: Request) -> Response:
        page = page_of(views, request)
        name = request.path_params["name"]
        if name not in _DOCUMENTS:
            raise not_found()
        return answer(request, prepared.get(page, name), "application/json", HEADERS)

    async def incident(request: Request) -> Response:
        page = page_of(views, request)
        name = f"incident:{request.path_params['slug']}"
        return answer(request, prepared.get(page, name), "application/json", HEADERS)

    return [
        route
        for prefix in ("", "/s/{site}")
        for route in (
            Route(f"{prefix}/api/v2/{{name:path}}", document, methods=READS),
            Route(f"{prefix}/incidents/{{slug}}.json", incident, methods=READS),
        )
    ]


def problem(problem: Problem) -> Response:
    """An error as clients of this dialect know it."""
    content = json.dumps({"error": problem.text}).encode()
    headers = problem.headers | {"Access-Control-Allow-Origin": "*"}
    return Response(content, problem.status, headers, "application/json")


def _made(page: PageView, name: str) -> bytes:
    return json.dumps(_said(page, name), ensure_ascii=False, separators=(",", ":")).encode()


def _said(page: PageView, name: str) -> dict[str, Any]:
    if name.startswith("incident:"):
        found = page.incident(name.removeprefix("incident:"))
        if found is None:
            raise not_found()
        return _incident(page, found)
    return {"page": _page(page), **_DOCUMENTS[name](page)}


def _status(page: PageView) -> dict[str, Any]:
    return {"status": {"indicator": page.headline.indicator, "description": page.headline.text}}


def _summary(page: PageView) -> dict[str, Any]:
    coming = [work for work in page.maintenances if work.is_live]
    return {
        "components": _components(page),
        "incidents": [_incident(page, one) for one in page.incidents],
        "scheduled_maintenances": [_maintenance(page, work) for work in coming],
        **_status(page),
    }


def _incidents(page: PageView) -> dict[str, Any]:
    return {"incidents": [_incident(page, one) for one in page.recent]}


def _unresolved(page: PageView) -> dict[str, Any]:
    return {"incidents": [_incident(page, one) for one in page.incidents]}


def _maintenances(*statuses: MaintenanceStatus) -> Callable[[PageView], dict[str, Any]]:
    def make(page: PageView) -> dict[str, Any]:
        found = [work for work in page.maintenances if work.status in statuses]
        return {"scheduled_maintenances": [_maintenance(page, work) for work in found[:50]]}

    return make


_DOCUMENTS: _Documents = {
    "summary.json": _summary,
    "status.json": _status,
    "components.json": lambda page: {"components": _components(page)},
    "incidents.json": _incidents,
    "incidents/unresolved.json": _unresolved,
    "scheduled-maintenances.json": _maintenances(*MaintenanceStatus),
    "scheduled-maintenances/upcoming.json": _maintenances(MaintenanceStatus.PLANNING),
    "scheduled-maintenances/active.json": _maintenances(MaintenanceStatus.INPROGRESS, MaintenanceStatus.VERIFYING),
}

DOCUMENTS = tuple(_DOCUMENTS)


def _page(page: PageView) -> dict[str, Any]:
    return {
        "id": page.slug,
        "name": page.name,
        "url": page.url,
        "time_zone": "Etc/UTC",
        "updated_at": moment(page.updated_ms),
    }


def _components(page: PageView) -> list[dict[str, Any]]:
    """Every component, and each group before its components."""
    found = []
    for entry in page.entries:
        if isinstance(entry, GroupView):
            found.append(_group(page, entry))
            found += [_component(page, component) for component in entry.components]
        else:
            found.append(_component(page, entry))
    return found


def _component(page: PageView, component: ComponentView) -> dict[str, Any]:
    return _fields(page, component) | {"description": component.description or None, "group_id": component.group_slug}


def _group(page: PageView, group: GroupView) -> dict[str, Any]:
    return _fields(page, group) | {"group": True, "components": [component.slug for component in group.components]}


def _fields(page: PageView, shown: ComponentView | GroupView) -> dict[str, Any]:
    at = moment(shown.since_ms)
    return {
        "id": shown.slug,
        "name": shown.name,
        "status": COMPONENT[shown.status],
        "created_at": at,
        "updated_at": at,
        "position": shown.position,
        "description": None,
        "showcase": True,
        "start_date": None,
        "group_id": None,
        "page_id": page.slug,
        "group": False,
        "only_show_if_degraded": False,
    }


def _incident(page: PageView, incident: IncidentView) -> dict[str, Any]:
    return {
        "id": incident.slug,
        "name": incident.name,
        "status": INCIDENT[incident.status],
        "created_at": moment(incident.created_ms),
        "updated_at": moment(incident.updated_ms),
        "monitoring_at": moment_or_none(incident.monitoring_ms),
        "resolved_at": moment_or_none(incident.resolved_ms),
        "impact": Impact(incident.impact).word,
        "shortlink": incident.url,
        "started_at": moment(incident.started_ms),
        "page_id": page.slug,
        "incident_updates": _updates(incident.slug, incident.updates),
        "components": [_component(page, component) for component in incident.components],
        "reminder_intervals": None,
    }


def _maintenance(page: PageView, work: MaintenanceView) -> dict[str, Any]:
    return {
        "id": work.slug,
        "name": work.name,
        "status": MAINTENANCE[work.status],
        "created_at": moment(work.created_ms),
        "updated_at": moment(work.updated_ms),
        "monitoring_at": None,
        "resolved_at": moment_or_none(work.ended_ms),
        "impact": "maintenance",
        "shortlink": work.url,
        "started_at": moment(work.start_ms if work.started_ms is None else work.started_ms),
        "page_id": page.slug,
        "incident_updates": _updates(work.slug, work.updates),
        "components": [_component(page, component) for component in work.components],
        "reminder_intervals": None,
        "scheduled_for": moment(work.start_ms),
        "scheduled_until": moment(work.end_ms),
    }


def _updates(incident: str, updates: Sequence[UpdateView]) -> list[dict[str, Any]]:
    return [
        {
            "id": update.slug,
            "status": _word(update.status),
            "body": update.body,
            "incident_id": incident,
            "created_at": moment(update.at_ms),
            "updated_at": moment(update.at_ms),
            "display_at": moment(update.at_ms),
            "affected_components": None,
            "deliver_notifications": True,
            "custom_tweet": None,
            "tweet_id": None,
        }
        for update in reversed(updates)
    ]


def _word(status: IncidentStatus | MaintenanceStatus) -> str:
    return INCIDENT[status] if isinstance(status, IncidentStatus) else MAINTENANCE[status]
