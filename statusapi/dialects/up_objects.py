"""The objects of the UP dialect, each with the fields of the original; what is unset is an empty list."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from prober.core.made import Made
from prober.core.model import IncidentStatus, MaintenanceStatus
from statusapi.auth import Principal
from statusapi.catalog import Catalog
from statusapi.dialects.capitals import COMPONENT, IMPACT, INCIDENT
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.nouns import (
    AccountView,
    ComponentView,
    IncidentView,
    MaintenanceView,
    PageView,
    UpdateView,
)
from statusapi.views import Views

Object = dict[str, Any]
Found = Iterator[tuple[str, Object]]

MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "NOTSTARTEDYET",
    MaintenanceStatus.INPROGRESS: "INPROGRESS",
    MaintenanceStatus.VERIFYING: "INPROGRESS",
    MaintenanceStatus.COMPLETED: "COMPLETED",
    MaintenanceStatus.CANCELLED: "COMPLETED",
}


class Known(NamedTuple):
    """Where objects are read."""

    views: Views
    catalog: Catalog


def pages(views: Views, principal: Principal) -> list[PageView]:
    return [page for page in views.pages.values() if principal.may_see(page.account)]


def accounts(known: Known, principal: Principal) -> Found:
    found = list(known.views.pages.values())
    for account in known.views.accounts:
        if principal.may_see(account.id):
            sites = [_site(known.catalog, page) for page in found if page.account == account.id]
            yield account.id, _account(account, sites)


def sites(known: Known, principal: Principal) -> Found:
    for page in pages(known.views, principal):
        nested = {
            "components": [_component(known.catalog, page, component) for component in page.components],
            "incidents": [_incident(page, incident) for incident in page.recent],
            "maintenance": [_maintenance(page, work) for work in page.maintenances],
        }
        yield page.site, _site(known.catalog, page) | nested


def components(known: Known, principal: Principal) -> Found:
    for page in pages(known.views, principal):
        for component in page.components:
            yield component.id, _component(known.catalog, page, component)


def incidents(known: Known, principal: Principal) -> Found:
    """Newest first."""
    found = {
        shown.num: (shown, page) for page in pages(known.views, principal) for shown in (*page.recent, *page.incidents)
    }
    for _, (shown, page) in sorted(found.items(), reverse=True):
        yield shown.uid, _incident(page, shown)


def maintenance(known: Known, principal: Principal) -> Found:
    """What starts last comes first."""
    found = [(work, page) for page in pages(known.views, principal) for work in page.maintenances]
    for work, page in sorted(found, key=lambda pair: (pair[0].start_ms, pair[0].id), reverse=True):
        yield work.id, _maintenance(page, work)


def subscriptions(known: Known, principal: Principal) -> Found:
    """Those that were made, newest first; the admin sees declared ones as well, but not where they go."""
    for made in reversed(known.catalog.all("subscriptions")):
        if principal.may_see(made.content["account"]):
            yield made.id, _subscription(made)
    for id_, declared in known.catalog.config.subscriptions.items():
        if principal.is_admin and known.catalog.is_declared("subscriptions", id_):
            yield id_, _declared_subscription(id_, declared)


def _declared_subscription(id_: str, declared: Any) -> Object:
    unset: Object = {key: [] for key in ("endpoint", "account", "format", "secret", "created_at", "updated_at")}
    site = declared.sites[0] if declared.sites else []
    return unset | {"id": id_, "name": declared.name, "site": site, "components": list(declared.components)}


def _subscription(made: Made) -> Object:
    content = made.content
    return {
        "id": made.id,
        "name": content["name"],
        "endpoint": content["endpoint"],
        "account": content["account"],
        "site": next(iter(content.get("sites", ())), []),
        "components": list(content.get("components", ())),
        "format": content.get("format", "up"),
        "secret": [],  # never shown
        "state": "open",
        "created_at": moment(made.created_ms),
        "updated_at": moment(made.updated_ms),
    }


def _account(account: AccountView, sites: list[Object]) -> Object:
    """Of a key only a digest is kept: it is told once, when it is made."""
    return {"id": account.id, "name": account.name, "key": [], "sites": sites}


def _site(catalog: Catalog, page: PageView) -> Object:
    made = catalog.made("sites", page.site)
    return {
        "id": page.site,
        "name": page.name,
        "account": page.account or [],
        "components": [],
        "incidents": [],
        "maintenance": [],
        "created_at": [] if made is None else moment(made.created_ms),
        "updated_at": moment(page.updated_ms),
    }


def _component(catalog: Catalog, page: PageView, component: ComponentView) -> Object:
    made = catalog.made("components", component.id)
    told: Mapping[str, Any] = {} if made is None else made.content
    return {
        "id": component.id,
        "name": component.name,
        "account": page.account or [],
        "site": page.site,
        "parent": told.get("parent") or component.group or [],
        "description": component.description,
        "position": told.get("position", component.position),
        "status": COMPONENT[component.status],
        "created_at": [] if made is None else moment(made.created_ms),
        "updated_at": moment(component.since_ms),
    }


def _incident(page: PageView, incident: IncidentView) -> Object:
    affected = [component.id for component in incident.components]
    return {
        "id": incident.uid,
        "name": incident.name,
        "account": page.account or [],
        "component": affected[0] if affected else [],
        "components": affected,
        "status": INCIDENT[incident.status],
        "impact": IMPACT[incident.impact],
        "body": incident.updates[-1].body if incident.updates else "",
        "created_at": moment(incident.created_ms),
        "updated_at": moment(incident.updated_ms),
        "resolved_at": moment_or_none(incident.resolved_ms) or [],
        "incident_updates": [_update("incident_id", incident.uid, update) for update in incident.updates],
    }


def _maintenance(page: PageView, work: MaintenanceView) -> Object:
    return {
        "id": work.id,
        "name": work.name,
        "account": page.account or [],
        "incident": work.extra.get("incident", []),
        "components": [component.id for component in work.components],
        "status": MAINTENANCE[work.status],
        "start": moment(work.start_ms),
        "duration": (work.end_ms - work.start_ms) // 60_000,
        "body": work.description,
        "created_at": moment(work.created_ms),
        "updated_at": moment(work.updated_ms),
        "maintenance_updates": [_update("maintenance_id", work.id, update) for update in work.updates],
    }


def _update(of: str, id_: str, update: UpdateView) -> Object:
    status = update.status
    return {
        "id": update.uid,
        of: id_,
        "body": update.body,
        "status": INCIDENT[status] if isinstance(status, IncidentStatus) else MAINTENANCE[status],
        "created_at": moment(update.at_ms),
        "updated_at": moment(update.at_ms),
    }
