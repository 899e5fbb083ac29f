"""The objects of the StatusDashboard dialect.

Numbers are those of the views: an incident has its own; a service, a user and a planned maintenance have their place in
the configuration. The number of an update and of an event's service begins with the event's. An event has no name of
its own: its description begins with it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

from prober.core.model import Impact, IncidentStatus, MaintenanceStatus, Status
from statusapi.auth import Principal
from statusapi.dialects.tastypie import Object, Row
from statusapi.nouns import (
    DECLARED_FROM,
    AccountView,
    ComponentView,
    GroupView,
    IncidentView,
    MaintenanceView,
    PageView,
)

BASE = "/api/v1"
LONGEST = 1000  # characters of a text

STATUSES = {
    1: "planning",
    2: "investigating",
    3: "started",
    4: "inprogress",
    5: "verifying",
    6: "completed",
    7: "resolved",
    8: "update",
    9: "identified",
    10: "monitoring",
}
TYPES = {1: "incident", 2: "maintenance"}
SEVERITIES = {1: "minor", 2: "major", 3: "critical"}

INCIDENT: Mapping[IncidentStatus, int] = {
    IncidentStatus.INVESTIGATING: 2,
    IncidentStatus.IDENTIFIED: 9,
    IncidentStatus.MONITORING: 10,
    IncidentStatus.RESOLVED: 7,
    IncidentStatus.POSTMORTEM: 7,
}
MAINTENANCE: Mapping[MaintenanceStatus, int] = {
    MaintenanceStatus.PLANNING: 1,
    MaintenanceStatus.INPROGRESS: 4,
    MaintenanceStatus.VERIFYING: 5,
    MaintenanceStatus.COMPLETED: 6,
    MaintenanceStatus.CANCELLED: 6,
}
SEVERITY: Mapping[Impact, int | None] = {Impact.NONE: None, Impact.MINOR: 1, Impact.MAJOR: 2, Impact.CRITICAL: 3}
UPDATE = 8  # the status of an update that changed none

FIRST_IS_DESCRIPTION = "first_is_description"  # of an event made here: elsewhere its first update
PARTS = 100_000  # updates or services that an event can number


class Told(NamedTuple):
    """What one principal is told: the pages that are theirs, and every account, whose places are the users' numbers."""

    pages: Sequence[PageView]
    accounts: Sequence[AccountView]
    principal: Principal


def uri(resource: str, num: int) -> str:
    """The address of an object."""
    return f"{BASE}/{resource}/{num}/"


def moment(at_ms: int) -> str:
    """In UTC, to the second, without a zone."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


# ---------------------------------------------------------------- events


def events(told: Told) -> Iterator[Row]:
    """The newest number first; then what the configuration declares, what starts last first."""
    found = [row for page in told.pages for row in _events_of(told, page)]
    yield from sorted((row for row in found if row.num < DECLARED_FROM), key=lambda row: row.num, reverse=True)
    declared = (row for row in found if row.num >= DECLARED_FROM)
    yield from sorted(declared, key=lambda row: (row.said["start"], row.num), reverse=True)


def _events_of(told: Told, page: PageView) -> Iterator[Row]:
    user, groups = _user_of(told, page), _groups(page)
    for incident in {one.num: one for one in chain(page.incidents, page.recent, page.hidden)}.values():
        yield Row(incident.num, _incident(incident, user, groups))
    for work in (*page.maintenances, *page.hidden_works):
        yield Row(work.num, _maintenance(work, user, groups))


def _incident(incident: IncidentView, user: str | None, groups: Mapping[str, str]) -> Object:
    extra = incident.extra
    severity = extra.get("severity", SEVERITY[incident.impact])
    end_ms = None if incident.resolved_ms is None else extra.get("end") or incident.resolved_ms
    return _event(incident, incident.num, user, groups) | {
        "auto": False,
        "end": None if end_ms is None else moment(end_ms),
        "severity": None if severity is None else uri("severity", severity),
        "start": moment(extra.get("start") or incident.started_ms),
        "status": _status(INCIDENT[incident.status]),
        "type": _type(1),
        **{name: extra[name] for name in _KEPT if name in extra},
    }


_KEPT = (
    *("coordinator", "coordinator_md", "description", "description_md", "hidden_admin_uptime", "hidden_db"),
    *("impact", "impact_md"),
)


def _maintenance(work: MaintenanceView, user: str | None, groups: Mapping[str, str]) -> Object:
    return _event(work, work.num, user, groups) | {
        "auto": work.auto_start and work.auto_end,
        "end": moment(work.end_ms),
        "severity": None,
        "start": moment(work.start_ms),
        "status": _status(MAINTENANCE[work.status]),
        "type": _type(2),
        **{name: work.extra[name] for name in _KEPT if name in work.extra},
    }


def _event(shown: IncidentView | MaintenanceView, num: int, user: str | None, groups: Mapping[str, str]) -> Object:
    event = uri("event/list", num)
    return {
        "coordinator": "",
        "coordinator_md": False,
        "description": _description(shown),
        "description_md": False,
        "event_service": [
            _event_service(event, num, component, groups) for component in (*shown.components, *shown.hidden_components)
        ],
        "event_update": list(_updates(event, num, shown, user)),
        "hidden_admin_uptime": False,
        "hidden_db": False,
        "impact": "",
        "impact_md": False,
        "resource_uri": event,
        "user": user,
    }


def _description(shown: IncidentView | MaintenanceView) -> str:
    """The name, and below it the first update unless it says the same."""
    first = shown.updates[0].body if shown.updates else ""
    return "\n".join(dict.fromkeys(filter(None, (shown.name, first))))[:LONGEST]


def _event_service(event: str, num: int, component: ComponentView, groups: Mapping[str, str]) -> Object:
    return {
        "event": event,
        "resource_uri": uri("event/service", num * PARTS + component.num),
        "service": _service(component, groups),
    }


def _updates(event: str, num: int, shown: IncidentView | MaintenanceView, user: str | None) -> Iterator[Object]:
    """Oldest first."""
    before = shown.extra.get("opened_as") if isinstance(shown, IncidentView) else None
    extras: Mapping[str, Any] = shown.extra.get("updates", {}) if isinstance(shown, IncidentView) else {}
    for update in shown.updates:
        n = int(update.uid.rpartition("-")[2])
        if n == 1 and shown.extra.get(FIRST_IS_DESCRIPTION):
            continue
        extra = extras.get(str(n), {})
        status = INCIDENT[update.status] if isinstance(update.status, IncidentStatus) else MAINTENANCE[update.status]
        yield {
            "date": moment(extra.get("date") or update.at_ms),
            "event": event,
            "markdown": extra.get("markdown", False),
            "resource_uri": uri("event/update", num * PARTS + n),
            "status": _status(UPDATE if status == before else status),
            "update": update.body[:LONGEST],
            "user": user,
        }
        before = status


def parts(name: str) -> Callable[[Told], Iterator[Row]]:
    """What all events hold in that field, each as an object of its own."""

    def find(told: Told) -> Iterator[Row]:
        for event in events(told):
            for part in event.said[name]:
                yield Row(int(part["resource_uri"].rstrip("/").rpartition("/")[2]), part)

    return find


# ---------------------------------------------------------------- services, users and words


def services(told: Told) -> Iterator[Row]:
    found = [
        (component, _groups(page)) for page in told.pages for component in (*page.components, *page.hidden_components)
    ]
    for component, groups in sorted(found, key=lambda pair: pair[0].num):
        hidden = {"hidden_notifications": component.extra.get("hidden_notifications", False)}
        yield Row(component.num, _service(component, groups) | hidden)


def _groups(page: PageView) -> Mapping[str, str]:
    """The name of each group by its id."""
    return {entry.id: entry.name for entry in page.entries if isinstance(entry, GroupView)}


def _service(component: ComponentView, groups: Mapping[str, str]) -> Object:
    return {
        "description": component.description,
        "group": groups[component.group] if component.group else component.extra.get("parent") or "",
        "hidden": component.extra.get("hidden", False),
        "resource_uri": uri("service", component.num),
        "service_name": component.name,
    }


def _user_of(told: Told, page: PageView) -> str | None:
    found = (account.num for account in told.accounts if account.id == page.account)
    num = next(found, None)
    return None if num is None else uri("user", num)


def users(told: Told) -> Iterator[Row]:
    for account in told.accounts:
        num = account.num
        if told.principal.may_see(account.id):
            names = {"username": account.id, "first_name": account.name, "last_name": "", "email": ""}
            yield Row(num, names | {"resource_uri": uri("user", num)})


def _status(num: int) -> Object:
    return {"resource_uri": uri("status", num), "status": STATUSES[num]}


def _type(num: int) -> Object:
    return {"resource_uri": uri("type", num), "type": TYPES[num]}


def words(resource: str, words: Mapping[int, str]) -> Callable[[Told], Iterator[Row]]:
    def find(_: Told) -> Iterator[Row]:
        for num, word in words.items():
            yield Row(num, {"resource_uri": uri(resource, num), resource: word})

    return find


# ---------------------------------------------------------------- what anyone is told of a page


def public(page: PageView) -> list[Row]:
    """Every service with one word for its state."""
    groups = _groups(page)
    return [
        Row(
            component.num,
            {
                "id": component.num,
                "name": component.name,
                "description": component.description,
                "group": groups[component.group] if component.group else "",
                "status": _state(page, component),
            },
        )
        for component in page.components
    ]


def impacted(page: PageView) -> list[Row]:
    """The services that an event of now concerns."""
    return [row for row in public(page) if row.said["status"] != "operational"]


def _state(page: PageView, component: ComponentView) -> str:
    works = [work for work in page.maintenances if work.is_under_way]
    if component.status is Status.MAINTENANCE or any(component in work.components for work in works):
        return "maintenance"
    is_concerned = any(component in incident.components for incident in page.incidents)
    return "incident" if component.status.depth or is_concerned else "operational"
