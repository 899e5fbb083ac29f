"""The StatusDashboard dialect: events and services, read with an API key, in the manner of django-tastypie.

A key opens what its account owns, over all its sites; the admin's opens everything. Who asks names himself as well: by
the account's id, or "admin". Writing is not offered. What is public is read without a key, page by page.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from statusapi.auth import Auth, Principal, needed
from statusapi.dialects import statusdashboard_objects as objects
from statusapi.dialects.statusdashboard_objects import BASE, Told
from statusapi.dialects.statusdashboard_resources import LIMIT, NO_FIELDS, RESOURCES, Resource, index, schema
from statusapi.dialects.tastypie import Object, Row, listed, refused
from statusapi.prepared import READS, Body, Kept, Pages, Prepared, answer, body, has_it, page_of
from statusapi.problems import Problem, not_found
from statusapi.views import PageView, Views

PATHS = rf"{BASE}(/.*)?"
METHODS = [*READS, "OPTIONS"]
ALLOW = ",".join(METHODS)
PUBLIC_LIMIT = 100

HEADERS = {
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
PUBLIC_HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=10"}

Handler = Callable[[Request], Awaitable[Response]]


def routes(views: Views, auth: Auth) -> list[BaseRoute]:
    """GET, HEAD and OPTIONS of each resource, with and without a slash at the end."""
    found = _both(BASE, _constant(index()))
    reading = _Reading(views, auth)
    for resource in RESOURCES:
        path = f"{BASE}/{resource.name}"
        found += _both(path, reading.list_of(resource))
        found += _both(f"{path}/schema", reading.schema_of(resource))
        found += _both(f"{path}/set/{{nums}}", reading.set_of(resource))
        found += _both(f"{path}/{{num}}", reading.one_of(resource))
    for name, find in PUBLIC.items():
        read = _public(views, find)
        found += [route for prefix in ("", "/s/{site}") for route in _both(f"{prefix}{BASE}/{name}", read)]
    return found


def problem(problem: Problem) -> Response:
    """An error as clients of this dialect know it: some say nothing but their status."""
    headers = {"Cache-Control": "no-store"} | problem.headers
    if problem.status in _SAY_NOTHING:
        return Response(status_code=problem.status, headers=headers)
    if problem.status == 405:
        return PlainTextResponse(ALLOW, 405, headers | {"Allow": ALLOW})
    key = "error_message" if problem.status >= 500 else "error"
    return Response(_json({key: problem.text}), problem.status, headers, "application/json")


_SAY_NOTHING = (401, 404, 429)
_RESOURCES = {resource.name: resource for resource in RESOURCES}

PUBLIC: Mapping[str, Callable[[PageView], list[Row]]] = {
    "public/dashboard": objects.public,
    "public/service/impacted": objects.impacted,
}


class _Reading:
    """The handlers of what needs a key. What a principal is told is made once per change, and so are the answers to
    questions without a query, of which there are as many as objects."""

    def __init__(self, views: Views, auth: Auth) -> None:
        self._views = views
        self._auth = auth
        self._rows = Kept(self._make_rows)
        self._bodies = Kept(self._make_body)

    def list_of(self, resource: Resource) -> Handler:
        async def read(request: Request, principal: Principal) -> Response:
            if not request.url.query:
                return self._prepared(request, resource, principal, None)
            rows = self._rows.get(self._views.pages, (resource.name, principal))
            path = f"{BASE}/{resource.name}/"
            return _said(request, listed(rows, request.query_params.multi_items(), resource.fields, path, LIMIT))

        return self._opened(read)

    def one_of(self, resource: Resource) -> Handler:
        async def read(request: Request, principal: Principal) -> Response:
            return self._prepared(request, resource, principal, request.path_params["num"])

        return self._opened(read)

    def set_of(self, resource: Resource) -> Handler:
        async def read(request: Request, principal: Principal) -> Response:
            by_num = {str(row.num): row.said for row in self._rows.get(self._views.pages, (resource.name, principal))}
            nums = dict.fromkeys(request.path_params["nums"].split(";"))  # each is said once
            said = [by_num[num] for num in nums if num in by_num]
            return _said(request, {"objects": said, "not_found": [num for num in nums if num not in by_num]})

        return self._opened(read)

    def schema_of(self, resource: Resource) -> Handler:
        made = body(_json(schema(resource)))

        async def read(request: Request, _: Principal) -> Response:
            return answer(request, made, "application/json", HEADERS)

        return self._opened(read)

    def _opened(self, read: Callable[[Request, Principal], Awaitable[Response]]) -> Handler:
        """The handler behind its lock: whose key it is comes first, then whether he can be told in JSON."""

        async def opened(request: Request) -> Response:
            principal = await self._principal(request)
            _check_format(request)
            return await read(request, principal)

        return opened

    async def _principal(self, request: Request) -> Principal:
        name, key = credentials(request)
        refusal = Problem(401, "authorization", "Expected a name and its key.", {"WWW-Authenticate": "ApiKey"})
        return await self._auth.admitted(request, key, refusal, needed(request), name)

    def _prepared(self, request: Request, resource: Resource, principal: Principal, num: str | None) -> Response:
        made = self._bodies.get(self._views.pages, (resource.name, principal, num))
        return answer(request, made, "application/json", HEADERS)

    def _make_rows(self, pages: Pages, key: tuple[str, Principal]) -> list[Row]:
        name, principal = key
        theirs = [page for page in pages.values() if principal.may_see(page.account)]
        return list(_RESOURCES[name].find(Told(theirs, self._views.accounts, principal)))

    def _make_body(self, pages: Pages, key: tuple[str, Principal, str | None]) -> Body:
        name, principal, num = key
        rows = self._rows.get(pages, (name, principal))
        if num is None:
            return body(_json(listed(rows, (), _RESOURCES[name].fields, f"{BASE}/{name}/", LIMIT)))
        found = next((row.said for row in rows if str(row.num) == num), None)
        if found is None:
            raise not_found()
        return body(_json(found))


def credentials(request: Request) -> tuple[str, str]:
    """The name and the key that a request brings, each "" without: in its header, or in its query."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    name, _, key = told.strip().partition(":")
    if scheme.lower() != "apikey":
        name, key = (request.query_params.get(part, "") for part in ("username", "api_key"))
    return name, key


def _public(views: Views, find: Callable[[PageView], list[Row]]) -> Handler:
    prepared = Prepared(lambda page, path: _json(listed(find(page), (), NO_FIELDS, path, PUBLIC_LIMIT)))

    async def read(request: Request) -> Response:
        page, path = page_of(views, request), f"{request.url.path.rstrip('/')}/"
        query = request.query_params.multi_items()
        if query:
            made = body(_json(listed(find(page), query, NO_FIELDS, path, PUBLIC_LIMIT)))
        else:
            made = prepared.get(page, path)
        headers = PUBLIC_HEADERS | {"ETag": made.etag}
        if has_it(request.headers.get("if-none-match", ""), made.etag):
            return Response(status_code=204, headers=headers)  # where others say 304
        return Response(made.content, headers=headers, media_type="application/json")

    return read


def _both(path: str, read: Handler) -> list[BaseRoute]:
    """Routes to the handler, with and without a slash at the end; OPTIONS needs no key."""

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return PlainTextResponse(ALLOW, headers={"Allow": ALLOW})
        return await read(request)

    return [Route(one, endpoint, methods=METHODS) for one in (path, f"{path}/")]


def _constant(said: Object) -> Handler:
    made = body(_json(said))

    async def read(request: Request) -> Response:
        return answer(request, made, "application/json", HEADERS)

    return read


def _said(request: Request, said: Object) -> Response:
    return answer(request, body(_json(said)), "application/json", HEADERS)


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def _check_format(request: Request) -> None:
    """Raises Problem if the answer is wanted in anything but JSON."""
    wanted = request.query_params.get("format", "json")
    if wanted not in ("json", "application/json"):
        raise refused(f"The format '{wanted}' is not offered; expected 'json'.")
    accepted = request.headers.get("accept", "*/*")
    kinds = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    if not kinds & {"*/*", "application/*", "application/json", ""}:
        raise Problem(406, "format", "This is answered in application/json only.")
