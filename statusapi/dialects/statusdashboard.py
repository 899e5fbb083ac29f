"""The StatusDashboard dialect: events and services, read with an API key, in the manner of django-tastypie.

A key opens what its account owns, over all its sites; the admin's opens everything. Who asks names himself as well: by
the account's id, or "admin". What is public is read without a key, page by page.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from statusapi.auth import Auth, Principal, Scope
from statusapi.catalog import Catalog
from statusapi.decode import parsed, taken
from statusapi.delivery import Delivery
from statusapi.dialects import statusdashboard_objects as objects
from statusapi.dialects.statusdashboard_objects import BASE, Told
from statusapi.dialects.statusdashboard_resources import LIMIT, NO_FIELDS, RESOURCES, Resource, index, schema
from statusapi.dialects.statusdashboard_writing import Writing
from statusapi.dialects.tastypie import LONGEST_NUM, Object, Row, listed, refused
from statusapi.nouns import PageView
from statusapi.orders import Orders
from statusapi.prepared import READS, Body, Kept, Pages, Prepared, answer, body, has_it, page_of
from statusapi.problems import Problem, not_found
from statusapi.repeats import Repeats, Said
from statusapi.views import Views

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


def routes(
    views: Views, auth: Auth, orders: Orders, catalog: Catalog, repeats: Repeats, delivery: Delivery
) -> list[BaseRoute]:
    """Each resource, with and without a slash at the end."""
    found = _both(BASE, _constant(index()))
    reading = _Reading(views, auth)
    writing = _Writing(reading, auth, Writing(views, catalog, orders, delivery), repeats)
    for resource in RESOURCES:
        path = f"{BASE}/{resource.name}"
        found += _both(path, writing.of_all(resource, reading.list_of(resource)), resource.list_methods)
        found += _both(f"{path}/schema", reading.schema_of(resource))
        found += _both(f"{path}/set/{{nums}}", reading.set_of(resource))
        one = writing.of_one(resource, reading.one_of(resource))
        found += _both(f"{path}/{{num}}", one, resource.detail_methods)
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
        allow = _allow(problem.headers.get("Allow", ALLOW).replace(" ", "").split(","))
        return PlainTextResponse(allow, 405, headers | {"Allow": allow})
    if problem.fields and problem.code in _RESOURCES:
        fields = {name: [text] for name, text in problem.fields.items()}
        return Response(_json({problem.code: fields}), problem.status, headers, "application/json")
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
            principal = await principal_of(self._auth, request)
            _check_format(request)
            return await read(request, principal)

        return opened

    def said(self, resource: Resource, principal: Principal, num: int) -> Object:
        """An object as it is now. Raises Problem if there is none."""
        rows = self._rows.get(self._views.pages, (resource.name, principal))
        found = next((row.said for row in rows if row.num == num), None)
        if found is None:
            raise not_found()
        return found

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


class _Writing:
    """The handlers of what changes something, each over the one that reads."""

    def __init__(self, reading: _Reading, auth: Auth, writing: Writing, repeats: Repeats) -> None:
        self._repeats = repeats
        self._reading = reading
        self._auth = auth
        self._writing = writing

    def of_all(self, resource: Resource, read: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if _method(request) in READS:
                return await read(request)
            principal = await principal_of(self._auth, request, Scope.WRITE)
            if _method(request) != "POST":
                raise Problem(
                    405, "method", "This method is not offered here.", {"Allow": _allow(resource.list_methods)}
                )
            content = await taken(request)

            async def say() -> Said:
                with _named(resource):
                    num = await self._deed("add", resource)(principal, parsed(content))
                return Said(201, _json(self._reading.said(resource, principal, num)).decode())

            said = await self._once(request, principal, content, say)
            headers = HEADERS | {"Location": json.loads(said.body)["resource_uri"], **said.headers}
            return Response(said.body, said.status, headers, "application/json")

        return handle

    def of_one(self, resource: Resource, read: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            method = _method(request)
            if method in READS:
                return await read(request)
            if request.path_params["num"] == "schema":  # no object, but what stands beside them
                raise Problem(405, "method", "This method is not offered here.", {"Allow": ALLOW})
            principal = await principal_of(self._auth, request, Scope.WRITE)
            if method not in resource.detail_methods:
                allow = {"Allow": _allow(resource.detail_methods)}
                raise Problem(405, "method", "This method is not offered here.", allow)
            if method == "POST":
                raise Problem(501, "method", "POST goes to the list.")
            num = _num(request.path_params["num"])
            if method == "DELETE":
                await self._deed("delete", resource)(principal, num)
                return Response(status_code=204, headers=HEADERS)
            content = await taken(request)

            async def say() -> Said:
                fields = parsed(content)
                with _named(resource):
                    await self._deed("change", resource)(principal, num, fields)
                told = {key: fields[key] for key in ("notifications",) if key in fields}
                status = 202 if method == "PATCH" else 201 if resource.name == "event/list" else 200
                return Said(status, _json(self._reading.said(resource, principal, num) | told).decode())

            said = await self._once(request, principal, content, say)
            return Response(said.body, said.status, HEADERS | said.headers, "application/json")

        return handle

    async def _once(
        self, request: Request, principal: Principal, content: bytes, say: Callable[[], Awaitable[Said]]
    ) -> Said:
        what, key = f"{_method(request)} {request.url.path}", request.headers.get("idempotency-key")
        return await self._repeats.once(principal, what, key, content, say)

    def _deed(self, verb: str, resource: Resource) -> Callable[..., Awaitable[Any]]:
        word = {"event/list": "event"}.get(resource.name, resource.name.replace("/", "_"))
        deed: Callable[..., Awaitable[Any]] = getattr(self._writing, f"{verb}_{word}")
        return deed


@contextmanager
def _named(resource: Resource) -> Iterator[None]:
    """What is wrong with a field is told under the name of the resource."""
    try:
        yield
    except Problem as problem:
        if problem.fields:
            problem.code = resource.name
        raise


def _method(request: Request) -> str:
    """The request's method, or the one that a POST says to mean."""
    if request.method != "POST":
        return request.method
    return request.headers.get("x-http-method-override", "POST").upper()


def _num(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUM):
        raise not_found()
    return int(text)


def _allow(methods: Iterable[str]) -> str:
    return ",".join(sorted(methods, key=_ORDER.index))


_ORDER = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


async def principal_of(auth: Auth, request: Request, scope: Scope = Scope.READ) -> Principal:
    """Who asks. Raises Problem."""
    name, key = credentials(request)
    refusal = Problem(401, "authorization", "Expected a name and its key.", {"WWW-Authenticate": "ApiKey"})
    return await auth.admitted(request, key, refusal, scope, name)


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


def _both(path: str, read: Handler, methods: Iterable[str] = METHODS) -> list[BaseRoute]:
    """Routes to the handler, with and without a slash at the end; OPTIONS needs no key."""
    allow = _allow(methods)

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return PlainTextResponse(allow, headers={"Allow": allow})
        return await read(request)

    return [Route(one, endpoint, methods=list(methods)) for one in (path, f"{path}/")]


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
