"""The native dialect: what the others cannot say. Read and written with `Authorization: Bearer <key>`."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import Incident
from prober.options import parse_duration_ms
from statusapi.api_keys import ApiKeys, KeyFields
from statusapi.auth import Auth, Principal, Scope, bearer, needed, no_bearer
from statusapi.decode import decoded, taken
from statusapi.delivery import Delivery
from statusapi.dialects import native_maintenance
from statusapi.dialects.native_objects import (
    component_said,
    incident_listed,
    incident_said,
    key_said,
    own_listed,
)
from statusapi.dialects.native_openapi import PREFIX, QUERIES, document, viewer
from statusapi.dialects.native_transitions import Transitions
from statusapi.dialects.wire import moment_or_none
from statusapi.explain import Explain
from statusapi.latency import Latency
from statusapi.nouns import ComponentView
from statusapi.orders import AcknowledgeFields, NoFields, OpenFields, Orders, PinFields, PostFields
from statusapi.past import MOST, Past
from statusapi.prepared import READS, answer, body, check_match
from statusapi.problems import Problem, moment_ms, not_found
from statusapi.repeats import Repeats, Said
from statusapi.subscribers import Readers, SubscriberFields
from statusapi.uptimes import Uptimes
from statusapi.views import Views

PATHS = rf"{PREFIX}(/.*)?"
LOOKS_A_MINUTE = 20  # of a check, that people ask for


class Native(NamedTuple):
    """All that the dialect speaks of. look: has a check probed now."""

    views: Views
    orders: Orders
    explain: Explain
    uptimes: Uptimes
    latency: Latency
    delivery: Delivery
    auth: Auth
    keys: ApiKeys
    past: Past
    repeats: Repeats
    readers: Readers
    look: Callable[[str], object]


def routes(it: Native) -> list[BaseRoute]:
    """What the others cannot say; native_openapi lists it."""
    found = [
        *_of_incidents(it),
        *native_maintenance.routes(it.views, it.orders, it.auth, it.repeats),
        *_of_components(it),
        *_of_delivery(it),
        *_of_readers(it),
        *_of_keys(it),
        *_of_the_past(it),
        *Transitions(it.views, it.past, it.auth, _limit).routes(),
        *_of_itself(),
    ]
    return [_strict(route) for route in found]


def _strict(route: Route) -> Route:
    """The same, for who asks nothing that it does not know: else what is misspelt would be answered as if not asked."""
    answered, path = route.endpoint, route.path.removeprefix(PREFIX)

    async def asked(request: Request) -> Response:
        method = request.method.replace("HEAD", "GET")
        unknown = [name for name in request.query_params if name not in QUERIES[method.lower(), path]]
        if unknown:
            expected = ", ".join(QUERIES[method.lower(), path]) or "none"
            raise Problem(400, "field", f"{unknown[0][:40]}: expected one of the parameters of this path: {expected}")
        answer: Response = await answered(request)
        return answer

    return Route(route.path, asked, methods=list(route.methods or ()))


def _of_incidents(it: Native) -> list[Route]:
    async def incidents(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        if request.method == "POST":
            content = await taken(request)
            return await _once(it, request, principal, content, 201, lambda: _open(it, principal, content))
        wants_open, at_ms = _is_open(request), _at_ms(request)
        if at_ms is not None:
            then = await it.past.incidents(principal, at_ms)
            return _answer({"incidents": [own_listed(one) for one in then if one.is_open or not wants_open]})
        pages = [page for page in it.views.pages.values() if principal.may_see(page.account)]
        found = [shown for page in pages for shown in (page.incidents if wants_open else page.recent)]
        listed = [*map(incident_listed, found), *map(own_listed, it.orders.own(principal))]
        return _answer({"incidents": sorted(listed, key=lambda one: int(one["num"]), reverse=True)})

    async def incident(request: Request) -> Response:
        principal, num, at_ms = await _principal(it.auth, request), _num(request), _at_ms(request)
        if at_ms is not None:
            then = [one for one in await it.past.incidents(principal, at_ms) if one.num == num]
            if not then:
                raise not_found()
            return _answer(incident_said(then[0]))
        found = it.orders.find(principal, num)
        made = body(_json(incident_said(found)))
        return answer(request, made, "application/json", {"Cache-Control": "no-store"})

    async def updates(request: Request) -> Response:
        principal, num = await _principal(it.auth, request), _num(request)
        content = await taken(request)

        async def post() -> Incident:
            fields = decoded(content, PostFields)
            _check_match(request, it.orders.find(principal, num))
            return await it.orders.post(principal, num, fields)

        return await _once(it, request, principal, content, 201, post)

    async def acknowledge(request: Request) -> Response:
        principal, num = await _principal(it.auth, request), _num(request)
        content = await taken(request)

        async def note() -> Incident:
            fields = decoded(content, AcknowledgeFields)
            _check_match(request, it.orders.find(principal, num))
            return await it.orders.acknowledge(principal, num, fields)

        return await _once(it, request, principal, content, 200, note)

    return [
        Route(f"{PREFIX}/incidents", incidents, methods=[*READS, "POST"]),
        Route(f"{PREFIX}/incidents/{{num}}", incident, methods=READS),
        Route(f"{PREFIX}/incidents/{{num}}/updates", updates, methods=["POST"]),
        Route(f"{PREFIX}/incidents/{{num}}/acknowledge", acknowledge, methods=["POST"]),
    ]


def _of_components(it: Native) -> list[Route]:
    """What they show, what a person sets, how long they were up; how long checks took."""

    async def components(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        pages = [page for page in it.views.pages.values() if principal.may_see(page.account)]
        return _answer({"components": [component_said(shown) for page in pages for shown in page.components]})

    def shown(principal: Principal, id_: str) -> ComponentView:
        pages = [page for page in it.views.pages.values() if principal.may_see(page.account)]
        found = (one for page in pages for one in (*page.components, *page.hidden_components) if one.id == id_)
        one = next(found, None)
        if one is None:
            raise not_found()
        return one

    async def component(request: Request) -> Response:
        found = shown(await _principal(it.auth, request), request.path_params["id"])
        return answer(request, body(_json(component_said(found))), "application/json", {"Cache-Control": "no-store"})

    async def pin(request: Request) -> Response:
        principal, id_ = await _principal(it.auth, request), request.path_params["id"]
        content = b"" if request.method == "DELETE" else await taken(request)

        async def do() -> Mapping[str, Any]:
            fields = None if request.method == "DELETE" else decoded(content, PinFields)
            check_match(request, body(_json(component_said(shown(principal, id_)))))
            await (it.orders.unpin(principal, id_) if fields is None else it.orders.pin(principal, id_, fields))
            return component_said(shown(principal, id_))

        return await _once(it, request, principal, content, 200, do)

    async def uptime(request: Request) -> Response:
        principal, query = await _principal(it.auth, request), dict(request.query_params)
        return _answer(_with_moments(await it.uptimes.component(principal, request.path_params["id"], query)))

    async def took(request: Request) -> Response:
        principal, step_ms = await _principal(it.auth, request), _step_ms(request)
        times = _at_ms(request, "from"), _at_ms(request, "to")
        return _answer(_with_moments(await it.latency.of(principal, request.path_params["id"], *times, step_ms)))

    return [
        Route(f"{PREFIX}/components", components, methods=READS),
        Route(f"{PREFIX}/components/{{id}}", component, methods=READS),
        Route(f"{PREFIX}/components/{{id}}/pin", pin, methods=["POST", "DELETE"]),
        Route(f"{PREFIX}/components/{{id}}/uptime", uptime, methods=READS),
        Route(f"{PREFIX}/checks/{{id}}/latency", took, methods=READS),
    ]


def _of_delivery(it: Native) -> list[Route]:
    """Notices: read, send again. Channels: read, serve again."""

    async def notices(request: Request) -> Response:
        principal, asked = await _principal(it.auth, request), request.query_params
        found = await it.delivery.notices(principal, asked.get("channel"), asked.get("progress"))
        return _answer({"notices": [_with_moments(one) for one in found]})

    async def notice(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        return _answer(_with_moments(await it.delivery.notice(principal, request.path_params["id"])))

    async def replay(request: Request) -> Response:
        return await _plainly(it, request, it.delivery.replay)

    async def channels(request: Request) -> Response:
        found = await it.delivery.channels(await _principal(it.auth, request))
        return _answer({"channels": [_with_moments(one) for one in found]})

    async def enable(request: Request) -> Response:
        return await _plainly(it, request, it.delivery.enable)

    async def test(request: Request) -> Response:
        return await _plainly(it, request, it.delivery.test, 201)

    async def alert_path(request: Request) -> Response:
        return _answer(_with_moments(await it.delivery.alert_path(await _principal(it.auth, request))))

    return [
        Route(f"{PREFIX}/notices", notices, methods=READS),
        Route(f"{PREFIX}/notices/{{id}}", notice, methods=READS),
        Route(f"{PREFIX}/notices/{{id}}/replay", replay, methods=["POST"]),
        Route(f"{PREFIX}/channels", channels, methods=READS),
        Route(f"{PREFIX}/channels/{{id}}/enable", enable, methods=["POST"]),
        Route(f"{PREFIX}/channels/{{id}}/test", test, methods=["POST"]),
        Route(f"{PREFIX}/alert-path", alert_path, methods=READS),
    ]


async def _open(it: Native, principal: Principal, content: bytes) -> Incident:
    return await it.orders.open(principal, decoded(content, OpenFields))


async def _made_key(it: Native, principal: Principal, content: bytes) -> Mapping[str, Any]:
    row, key = await it.keys.create(principal, decoded(content, KeyFields))
    return key_said(row) | {"key": key}


async def _invited(it: Native, principal: Principal, content: bytes) -> Mapping[str, Any]:
    fields = decoded(content, SubscriberFields)
    await it.readers.invite(principal, fields, f"account {principal.account}")
    return {"site": fields.site}  # not the address: answers are kept for a day, for who asks with the same key again


async def _once(
    it: Native,
    request: Request,
    principal: Principal,
    content: bytes,
    status: int,
    deed: Callable[[], Awaitable[Incident | Mapping[str, Any]]],
) -> Response:
    """What comes of the deed, which is done once for one Idempotency-Key. A key of the API is told the first time."""

    async def say() -> Said:
        done = await deed()
        told = incident_said(done) if isinstance(done, Incident) else done
        again = {**told, "key": None} if "key" in told else told
        return Said(status, _json(told).decode(), again=_json(again).decode())

    what, key = f"{request.method} {request.url.path}", request.headers.get("idempotency-key")
    said = await it.repeats.once(principal, what, key, content, say)
    made = said.body.encode()
    headers = {"Cache-Control": "no-store", "ETag": body(made).etag, **said.headers}
    return Response(made, said.status, headers, "application/json")


async def _plainly(
    it: Native,
    request: Request,
    deed: Callable[[Principal, str], Awaitable[dict[str, Any]]],
    status: int = 200,
) -> Response:
    """What comes of a deed that needs no more than the id of the path."""
    principal, content = await _principal(it.auth, request), await taken(request)

    async def do() -> Mapping[str, Any]:
        decoded(content, NoFields)
        told: dict[str, Any] = _with_moments(await deed(principal, request.path_params["id"]))
        return told

    return await _once(it, request, principal, content, status, do)


def _check_match(request: Request, incident: Incident) -> None:
    """Raises Problem if the incident is another than the one that the asker has read."""
    check_match(request, body(_json(incident_said(incident))))


def _of_readers(it: Native) -> list[Route]:
    async def subscribers(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        if request.method == "POST":
            content = await taken(request)
            return await _once(it, request, principal, content, 202, lambda: _invited(it, principal, content))
        found = await it.readers.listed(principal, request.query_params.get("site"))
        return _answer({"subscribers": [_with_moments(one) for one in found]})

    async def subscriber(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        return _answer(_with_moments(await it.readers.remove(principal, request.path_params["id"])))

    return [
        Route(f"{PREFIX}/subscribers", subscribers, methods=[*READS, "POST"]),
        Route(f"{PREFIX}/subscribers/{{id}}", subscriber, methods=["DELETE"]),
    ]


def _of_keys(it: Native) -> list[Route]:
    async def api_keys(request: Request) -> Response:
        principal = await it.auth.admitted(request, bearer(request), no_bearer(), Scope.ADMIN)
        if request.method == "POST":
            content = await taken(request)
            return await _once(it, request, principal, content, 201, lambda: _made_key(it, principal, content))
        return _answer({"keys": [key_said(row) for row in it.keys.listed(principal)]})

    async def api_key(request: Request) -> Response:
        principal = await it.auth.admitted(request, bearer(request), no_bearer(), Scope.ADMIN)
        return _answer(key_said(await it.keys.revoke(principal, request.path_params["id"])))

    return [
        Route(f"{PREFIX}/keys", api_keys, methods=[*READS, "POST"]),
        Route(f"{PREFIX}/keys/{{id}}", api_key, methods=["DELETE"]),
    ]


def _of_the_past(it: Native) -> list[Route]:
    async def explained(request: Request) -> Response:
        principal, at_ms = await _principal(it.auth, request), _at_ms(request)
        return _answer(_with_moments(await it.explain.component(principal, request.path_params["id"], at_ms)))

    async def status(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        return _answer(_with_moments(await it.past.status(principal, _at_ms(request))))

    async def checks(request: Request) -> Response:
        return _answer({"checks": _with_moments(it.past.checks(await _principal(it.auth, request)))})

    async def check(request: Request) -> Response:
        principal = await _principal(it.auth, request)
        return _answer(_with_moments(it.past.check(principal, request.path_params["id"])))

    async def look(request: Request) -> Response:
        async def do(principal: Principal, id_: str) -> dict[str, Any]:
            known = it.past.check(principal, id_)
            it.auth.limit(f"probes of {id_}", LOOKS_A_MINUTE)
            it.look(id_)
            return known

        return await _plainly(it, request, do, 202)

    async def observations(request: Request) -> Response:
        principal, id_ = await _principal(it.auth, request), request.path_params["id"]
        found = await it.past.answers(principal, id_, _at_ms(request), _limit(request))
        return _answer({"observations": _with_moments(found)})

    found = {
        "components/{id}/explain": explained,
        "status": status,
        "checks": checks,
        "checks/{id}": check,
        "checks/{id}/observations": observations,
    }
    return [
        *(Route(f"{PREFIX}/{path}", handler, methods=READS) for path, handler in found.items()),
        Route(f"{PREFIX}/checks/{{id}}/probe", look, methods=["POST"]),
    ]


def _of_itself() -> list[Route]:
    """What there is, to anyone: it says nothing of whom it serves."""
    told, page = body(_json(document())), body(viewer().encode())

    async def openapi(request: Request) -> Response:
        return answer(request, told, "application/json", {"Cache-Control": "public, max-age=60"})

    async def shown(request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=60", "Content-Security-Policy": "default-src 'none'"}
        return answer(request, page, "text/html", headers)

    return [
        Route(f"{PREFIX}/openapi.json", openapi, methods=READS),
        Route(f"{PREFIX}/", shown, methods=READS),
    ]


def problem(problem: Problem) -> Response:
    """An error: a code for programs, a sentence for people."""
    return _answer({"error": {"code": problem.code, "message": problem.text}}, problem.status, problem.headers)


def _answer(said: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_json(said), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Problem(400, "field", f"limit: expected a number from 1 to {MOST}")
    return int(text)


def _is_open(request: Request) -> bool:
    text = request.query_params.get("open", "false")
    if text not in ("true", "false"):
        raise Problem(400, "field", "open: expected true or false")
    return text == "true"


async def _principal(auth: Auth, request: Request) -> Principal:
    return await auth.admitted(request, bearer(request), no_bearer(), needed(request))


def _step_ms(request: Request) -> int | None:
    """?step=5m; None = it is not said."""
    text = request.query_params.get("step")
    try:
        return None if text is None else parse_duration_ms(text)
    except ValueError:
        raise Problem(400, "field", 'step: expected a duration such as "5m", "1h" or "1d"') from None


def _at_ms(request: Request, name: str = "at") -> int | None:
    """A moment that is asked about: ?at=2026-03-01T12:00:00Z; None = it is not said."""
    text = request.query_params.get(name)
    return None if text is None else moment_ms(name, text)


def _with_moments(said: Any) -> Any:
    """Moments as ISO 8601 in place of milliseconds: at_ms becomes at; how long something took stays a number."""
    if isinstance(said, dict):
        return {
            key.removesuffix("_ms") if is_moment else key: moment_or_none(value) if is_moment else _with_moments(value)
            for key, value in said.items()
            for is_moment in (key in _MOMENTS,)
        }
    return [_with_moments(one) for one in said] if isinstance(said, list) else said


_MOMENTS = frozenset(
    {
        "asked_ms",
        "at_ms",
        "confirmed_ms",
        "disabled_ms",
        "end_ms",
        "failing_ms",
        "from_ms",
        "next_ms",
        "opened_ms",
        "replayed_ms",
        "resolved_ms",
        "since_ms",
        "start_ms",
        "started_ms",
        "to_ms",
        "waiting_ms",
    }
)


def _num(request: Request) -> int:
    text = request.path_params["num"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise not_found()
    return int(text)
