"""The UP dialect: read and written with the header `Auth: <key>`.

Every answer is a list of exactly one object, its keys sorted, pretty-printed. What is unset is an empty list.
An account's key opens what the account owns; the admin's key opens everything, and alone opens accounts. What belongs
to somebody else looks exactly like what does not exist.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober import __version__
from statusapi.api_keys import ApiKeys
from statusapi.auth import Auth, Principal, needed
from statusapi.catalog import Catalog
from statusapi.decode import CURL, parsed, taken
from statusapi.dialects import up_metrics, up_objects
from statusapi.dialects.up_objects import Found, Known, Object
from statusapi.dialects.up_writing import Put, Writing
from statusapi.orders import Orders
from statusapi.prepared import READS
from statusapi.problems import Problem, not_found
from statusapi.repeats import Repeats, Said
from statusapi.views import Views

MOST = 1000  # objects in a list, the newest

Handler = Callable[[Request], Awaitable[Response]]


class Resource(NamedTuple):
    """One word of the API. find: every object that a principal may see, as (its id, the object), newest first.

    put: the deed of Writing for it; None if it can't be put.
    """

    plural: str
    singular: str
    find: Callable[[Known, Principal], Found]
    put: str | None = None
    is_for_admin: bool = False

    @property
    def methods(self) -> list[str]:
        """What one object takes."""
        return [*READS, "PUT", "DELETE"] if self.put else list(READS)


class Metrics(Resource):
    """Time series, whose points are read from the store."""


def _no_series(_: Known, __: Principal) -> Found:
    return iter(())


def routes(
    views: Views, auth: Auth, orders: Orders, catalog: Catalog, keys: ApiKeys, repeats: Repeats
) -> list[BaseRoute]:
    """Each resource in plural and singular, with and without a slash at the end."""
    found: list[BaseRoute] = [Route("/", _meta, methods=READS)]
    up = _Up(auth, Known(views, catalog), Writing(views, catalog, orders, keys), repeats)
    for resource in RESOURCES:
        of_all = [*READS, "PUT"] if resource.plural == "accounts" else list(READS)
        for word in (resource.plural, resource.singular):
            for end in ("", "/"):
                found.append(Route(f"/{word}{end}", up.handler(resource), methods=of_all))
                found.append(Route(f"/{word}/{{id}}{end}", up.handler(resource), methods=resource.methods))
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
    409: "exists",
    429: "Limit",
    500: "Server",
    503: "Server",
}


def _answer(said: Object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_json(said).encode(), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def _json(said: Object) -> str:
    return json.dumps([said], indent=2, sort_keys=True, ensure_ascii=False) + "\n"


async def _meta(_: Request) -> Response:
    verbs = ["GET /"]
    for resource in RESOURCES:
        verbs += [f"GET /{resource.plural}", f"GET /{resource.plural}/:id"]
        verbs += [f"PUT /{resource.plural}/"] if resource.plural == "accounts" else []
        verbs += [f"{verb} /{resource.plural}/:id" for verb in resource.methods if verb not in READS]
    return _answer({"resourceType": "UP", "methods": verbs, "version": "1.0", "uri": "/", "prober": __version__})


class _Up:
    """The handlers."""

    def __init__(self, auth: Auth, known: Known, writing: Writing, repeats: Repeats) -> None:
        self._repeats = repeats
        self._auth = auth
        self._known = known
        self._writing = writing

    def handler(self, resource: Resource) -> Handler:
        async def handle(request: Request) -> Response:
            principal = await self._principal(request, resource)
            id_ = request.path_params.get("id")
            if request.method == "PUT":
                return await self._put(request, principal, resource, id_)
            if request.method == "DELETE":
                return await self._delete(principal, resource, id_ or "")
            if isinstance(resource, Metrics):
                return await self._read_metrics(request, principal, resource, id_)
            return self._read(principal, resource, id_)

        return handle

    async def _principal(self, request: Request, resource: Resource) -> Principal:
        refusal = Problem(401, "authorization", "Expected a known key in the header Auth.")
        principal = await self._auth.admitted(request, request.headers.get("auth"), refusal, needed(request))
        if resource.is_for_admin and not principal.is_admin:
            raise Problem(403, "authorization", "Accounts are open to the admin's key only.")
        return principal

    def _is_collection(self, principal: Principal, resource: Resource, id_: str) -> bool:
        is_account = not resource.is_for_admin and id_ in self._known.catalog.config.accounts
        return is_account and principal.may_see(id_)

    def _read(self, principal: Principal, resource: Resource, id_: str | None) -> Response:
        found = list(resource.find(self._known, principal))
        if id_ is None:
            return _said(resource, "lst", [one for _, one in found[:MOST]])
        if self._is_collection(principal, resource, id_):
            return _said(resource, "get", [one for _, one in found if one["account"] == id_][:MOST])
        chosen = [one for key, one in found if key == id_]
        if not chosen:
            raise not_found()
        return _said(resource, "get", chosen)

    async def _read_metrics(
        self, request: Request, principal: Principal, resource: Resource, id_: str | None
    ) -> Response:
        found = list(up_metrics.found(self._known, principal))
        if id_ is not None and not self._is_collection(principal, resource, id_):
            chosen = [series for series in found if series.id == id_]
            if not chosen:
                raise not_found()
            asked = up_metrics.span(request, up_metrics.POINTS)
        else:
            chosen = [series for series in found if id_ in (None, series.account)]
            asked = up_metrics.span(request, up_metrics.POINTS_IN_LIST)
        result = [await up_metrics.told(self._known, series, asked) for series in chosen[:MOST]]
        return _said(resource, "lst" if id_ is None else "get", result)

    async def _put(self, request: Request, principal: Principal, resource: Resource, id_: str | None) -> Response:
        """Once for one Idempotency-Key; the key that an account may be told is told the first time only."""
        content = await taken(request, CURL)

        async def say() -> Said:
            told = await self._done(request, principal, resource, id_, parsed(content))
            again = told | {"result": told["result"] | {"key": []}} if resource.is_for_admin else told
            return Said(200, _json(told), again=_json(again))

        key = request.headers.get("idempotency-key")
        said = await self._repeats.once(principal, f"PUT {request.url.path}", key, content, say)
        return Response(said.body, said.status, {"Cache-Control": "no-store", **said.headers}, "application/json")

    async def _done(
        self, request: Request, principal: Principal, resource: Resource, id_: str | None, found: Object
    ) -> Object:
        done: Put = await getattr(self._writing, resource.put or "")(principal, id_, found)
        if isinstance(resource, Metrics):
            series = [one for one in up_metrics.found(self._known, principal) if one.id == done.id]
            asked = up_metrics.span(request, up_metrics.POINTS_IN_LIST)
            objects = [await up_metrics.told(self._known, one, asked) for one in series]
        else:
            objects = [one for key, one in resource.find(self._known, principal) if key == done.id]
        result = next(iter(objects), {}) | ({} if done.key is None else {"key": done.key})
        return {"id": done.id, "result": result, "spec": "put", "type": resource.plural}

    async def _delete(self, principal: Principal, resource: Resource, id_: str) -> Response:
        await self._writing.delete(principal, resource.plural, id_)
        return _answer({"id": id_, "spec": "del", "type": resource.plural})


def _said(resource: Resource, spec: str, result: list[Object]) -> Response:
    return _answer({"result": result, "spec": spec, "type": resource.plural})


RESOURCES = (
    Resource("accounts", "account", up_objects.accounts, "account", is_for_admin=True),
    Resource("sites", "site", up_objects.sites, "site"),
    Resource("components", "component", up_objects.components, "component"),
    Resource("incidents", "incident", up_objects.incidents, "incident"),
    Resource("maintenance", "maintenances", up_objects.maintenance, "maintenance"),
    Metrics("metrics", "metric", _no_series, "metric"),
    Resource("subscriptions", "subscription", up_objects.subscriptions, "subscription"),
)
