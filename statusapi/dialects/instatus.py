"""The Instatus dialect: the public JSON files of a page, read only. Words are capitals in one piece.

Of the summary there are two generations: the first writes moments as JavaScript prints a Date, and gives no ids; the
third writes ISO 8601 and gives them. Of the components likewise: the second is flat, and each names its group; in the
third a group holds its components.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import Indicator, MaintenanceStatus
from statusapi.dialects.capitals import COMPONENT, IMPACT, INCIDENT
from statusapi.dialects.wire import moment
from statusapi.nouns import (
    ComponentView,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageView,
)
from statusapi.prepared import READS, Prepared, answer, page_of
from statusapi.problems import Problem
from statusapi.views import Views

HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=10"}
PATHS = r"/summary\.json|/v[23]/.*"

PAGE: Mapping[Indicator, str] = {
    Indicator.NONE: "UP",
    Indicator.MINOR: "HASISSUES",
    Indicator.MAJOR: "HASISSUES",
    Indicator.CRITICAL: "HASISSUES",
    Indicator.MAINTENANCE: "UNDERMAINTENANCE",
}
MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "NOTSTARTEDYET",
    MaintenanceStatus.INPROGRESS: "INPROGRESS",
    MaintenanceStatus.VERIFYING: "INPROGRESS",
    MaintenanceStatus.COMPLETED: "COMPLETED",
    MaintenanceStatus.CANCELLED: "COMPLETED",
}

Object = dict[str, Any]


def routes(views: Views) -> list[BaseRoute]:
    """GET and HEAD of every file, for the site of the host and for each site by its id."""
    prepared = Prepared(_made)

    def reader(name: str) -> Callable[[Request], Any]:
        async def read(request: Request) -> Response:
            return answer(request, prepared.get(page_of(views, request), name), "application/json", HEADERS)

        return read

    return [Route(f"{prefix}{name}", reader(name), methods=READS) for prefix in ("", "/s/{site}") for name in _FILES]


def problem(problem: Problem) -> Response:
    """An error as clients of this dialect know it."""
    content = json.dumps({"error": {"code": problem.code, "message": problem.text}}).encode()
    headers = problem.headers | {"Access-Control-Allow-Origin": "*"}
    return Response(content, problem.status, headers, "application/json")


def _made(page: PageView, name: str) -> bytes:
    return json.dumps(_FILES[name](page), ensure_ascii=False, separators=(",", ":")).encode()


def _summary(page: PageView) -> Object:
    """The first generation. Both lists are there even when empty."""
    return {
        "page": {"name": page.name, "url": page.url, "status": PAGE[page.headline.indicator]},
        "activeIncidents": [_incident(incident) for incident in page.incidents],
        "activeMaintenances": [_maintenance(work) for work in _coming(page)],
    }


def _summary_with_ids(page: PageView) -> Object:
    """The third generation."""
    return _summary(page) | _active(page.incidents, _coming(page))


def _active(incidents: Sequence[IncidentView], works: Sequence[MaintenanceView]) -> Object:
    return {
        "activeIncidents": [{"id": i.slug, **_incident(i), "started": moment(i.started_ms)} for i in incidents],
        "activeMaintenances": [{"id": w.slug, **_maintenance(w), "start": moment(w.start_ms)} for w in works],
    }


def _coming(page: PageView) -> list[MaintenanceView]:
    """Planned work to come and under way."""
    return [work for work in page.maintenances if work.is_live]


def _incident(incident: IncidentView) -> Object:
    return {
        "name": incident.name,
        "started": date_text(incident.started_ms),
        "status": INCIDENT[incident.status],
        "impact": IMPACT[incident.impact],
        "url": incident.url,
    }


def _maintenance(work: MaintenanceView) -> Object:
    """duration: in minutes, as text."""
    return {
        "name": work.name,
        "start": date_text(work.start_ms),
        "status": MAINTENANCE[work.status],
        "duration": str((work.end_ms - work.start_ms) // 60_000),
        "url": work.url,
    }


def date_text(at_ms: int) -> str:
    """A moment as JavaScript prints a Date in UTC, to the second."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%a %b %d %Y %H:%M:%S GMT+0000 ") + _ZONE


_ZONE = "(Coordinated Universal Time)"


def _flat(page: PageView) -> Object:
    """The second generation: each component names its group; groups are no components."""
    found = []
    for entry in page.entries:
        if isinstance(entry, GroupView):
            found += [_component(member) | {"group": _named(entry)} for member in entry.components]
        else:
            found.append(_component(entry) | {"group": None})
    return {"components": found}


def _nested(page: PageView) -> Object:
    """The third generation: a group is a component that holds its components."""
    found = []
    for entry in page.entries:
        members = entry.components if isinstance(entry, GroupView) else ()
        children = [_concerned(page, member, [member]) | {"group": _named(entry), "children": []} for member in members]
        found.append(_concerned(page, entry, members or [entry]) | {"group": None, "children": children})
    return {"components": found}


def _concerned(
    page: PageView, shown: ComponentView | GroupView, members: Sequence[ComponentView | GroupView]
) -> Object:
    """With the incidents and the planned work of its members."""
    slugs = {member.slug for member in members}
    incidents = [i for i in page.incidents if any(c.slug in slugs for c in i.components)]
    works = [w for w in _coming(page) if any(c.slug in slugs for c in w.components)]
    return _component(shown) | _active(incidents, works)


def _component(shown: ComponentView | GroupView) -> Object:
    return _named(shown) | {"status": COMPONENT[shown.status], "order": shown.position}


def _named(shown: ComponentView | GroupView) -> Object:
    description = "" if isinstance(shown, GroupView) else shown.description
    return {"id": shown.slug, "name": shown.name, "description": description}


_FILES: Mapping[str, Callable[[PageView], Object]] = {
    "/summary.json": _summary,
    "/v2/components.json": _flat,
    "/v3/summary.json": _summary_with_ids,
    "/v3/components.json": _nested,
}

FILES = tuple(_FILES)
