"""The UP dialect: accounts, sites, components and incidents, read with the header `Auth: <key>`.

Every answer is a list of exactly one object, its keys sorted, pretty-printed. What is unset is an empty list.
An account's key opens what the account owns; the admin's key opens everything, and alone opens accounts. What belongs
to somebody else looks exactly like what does not exist.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober import __version__
from prober.core.model import IncidentStatus
from statusapi.auth import Auth, Principal, needed
from statusapi.dialects.capitals import COMPONENT, IMPACT, INCIDENT
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.prepared import READS
from statusapi.problems import Problem, not_found
from statusapi.views import AccountView, ComponentView, IncidentView, PageView, UpdateView, Views

MOST = 1000  # objects in a list, the newest

Object = dict[str, Any]


class Resource(NamedTuple):
    """One word of the API. find: every object that a principal may see, as (its id, the object), newest first."""

    plural: str
    singular: str
    find: Callable[[Views, Principal], Iterable[tuple[str, Object]]]
    is_for_admin: bool = False


def routes(views: Views, auth: Auth) -> list[BaseRoute]:
    """GET and HEAD of each resource, in plural and singular, with and without a slash at the end."""
    found: list[BaseRoute] = [Route("/", _meta, methods=READS)]
    for resource in RESOURCES:
        read = _reader(views, auth, resource)
        for word in (resource.plural, resource.singular):
            paths = (f"/{word}", f"/{word}/", f"/{word}/{{id}}", f"/{word}/{{id}}/")
            found += [Route(path, read, methods=READS) for path in paths]
    return found


def problem(problem: Problem) -> Response:
    """An error as clients of this dialect know it."""
    return _answer(
        {"error": _ERRORS.get(problem.status, "format"), "text": problem.text}, problem.status, problem.headers
    )


_ERRORS = {
    401: "Authorization",
    403: "Authorization",
    404: "Method",
    405: "Method",
    429: "Limit",
    500: "Server",
    503: "Server",
}


def _answer(said: Object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps([said], indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return Response(content.encode(), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


async def _meta(_: Request) -> Response:
    verbs = ["GET /"] + [f"GET /{r.plural}{end}" for r in RESOURCES for end in ("", "/:id")]
    return _answer({"resourceType": "UP", "methods": verbs, "version": "1.0", "uri": "/", "prober": __version__})


def _reader(views: Views, auth: Auth, resource: Resource) -> Callable[[Request], Any]:
    async def read(request: Request) -> Response:
        principal = await _principal(auth, request, resource)
        found = list(resource.find(views, principal))
        id_ = request.path_params.get("id")
        if id_ is None:
            return _said(resource, "lst", [one for _, one in found[:MOST]])
        if not resource.is_for_admin and id_ in _accounts(views, principal):
            return _said(resource, "get", [one for _, one in found[:MOST] if one["account"] == id_])
        chosen = [one for key, one in found if key == id_]
        if not chosen:
            raise not_found()
        return _said(resource, "get", chosen)

    return read


def _said(resource: Resource, spec: str, result: list[Object]) -> Response:
    return _answer({"result": result, "spec": spec, "type": resource.plural})


async def _principal(auth: Auth, request: Request, resource: Resource) -> Principal:
    refusal = Problem(401, "authorization", "Expected a known key in the header Auth.")
    principal = await auth.admitted(request, request.headers.get("auth"), refusal, needed(request))
    if resource.is_for_admin and not principal.is_admin:
        raise Problem(403, "authorization", "Accounts are open to the admin's key only.")
    return principal


def _accounts(views: Views, principal: Principal) -> set[str]:
    return {account.id for account in views.accounts if principal.may_see(account.id)}


def _pages(views: Views, principal: Principal) -> list[PageView]:
    return [page for page in views.pages.values() if principal.may_see(page.account)]


# ---------------------------------------------------------------- the objects, each with the fields of the original


def _find_accounts(views: Views, _: Principal) -> Iterable[tuple[str, Object]]:
    pages = list(views.pages.values())
    for account in views.accounts:
        yield account.id, _account(account, [_site(page) for page in pages if page.account == account.id])


def _find_sites(views: Views, principal: Principal) -> Iterable[tuple[str, Object]]:
    for page in _pages(views, principal):
        incidents = [_incident(page, incident) for incident in page.recent]
        components = [_component(page, component) for component in page.components]
        yield page.site, _site(page) | {"components": components, "incidents": incidents}


def _find_components(views: Views, principal: Principal) -> Iterable[tuple[str, Object]]:
    for page in _pages(views, principal):
        for component in page.components:
            yield component.id, _component(page, component)


def _find_incidents(views: Views, principal: Principal) -> Iterable[tuple[str, Object]]:
    found = [(incident, page) for page in _pages(views, principal) for incident in page.recent]
    found += [(i, page) for page in _pages(views, principal) for i in page.incidents if i not in page.recent]
    for incident, page in sorted(found, key=lambda pair: pair[0].num, reverse=True):
        yield incident.uid, _incident(page, incident)


def _account(account: AccountView, sites: list[Object]) -> Object:
    """The key is declared in the configuration, and nothing declared there as a secret is ever shown."""
    return {"id": account.id, "name": account.name, "key": [], "sites": sites}


def _site(page: PageView) -> Object:
    return {
        "id": page.site,
        "name": page.name,
        "account": page.account or [],
        "components": [],
        "incidents": [],
        "maintenance": [],
        "updated_at": moment(page.updated_ms),
    }


def _component(page: PageView, component: ComponentView) -> Object:
    return {
        "id": component.id,
        "name": component.name,
        "account": page.account or [],
        "site": page.site,
        "parent": component.group or [],
        "description": component.description,
        "position": component.position,
        "status": COMPONENT[component.status],
        "updated_at": moment(component.since_ms),
    }


def _incident(page: PageView, incident: IncidentView) -> Object:
    components = [component.id for component in incident.components]
    return {
        "id": incident.uid,
        "name": incident.name,
        "account": page.account or [],
        "component": components[0] if components else [],
        "components": components,
        "status": INCIDENT[incident.status],
        "impact": IMPACT[incident.impact],
        "body": incident.updates[-1].body if incident.updates else "",
        "created_at": moment(incident.created_ms),
        "updated_at": moment(incident.updated_ms),
        "resolved_at": moment_or_none(incident.resolved_ms) or [],
        "incident_updates": [_update(incident, update) for update in incident.updates],
    }


def _update(incident: IncidentView, update: UpdateView) -> Object:
    status = update.status
    return {
        "id": update.uid,
        "incident_id": incident.uid,
        "body": update.body,
        "status": INCIDENT[status] if isinstance(status, IncidentStatus) else status.value,
        "created_at": moment(update.at_ms),
        "updated_at": moment(update.at_ms),
    }


RESOURCES = (
    Resource("accounts", "account", _find_accounts, is_for_admin=True),
    Resource("sites", "site", _find_sites),
    Resource("components", "component", _find_components),
    Resource("incidents", "incident", _find_incidents),
)
