"""The native dialect: what the others cannot say. Read and written with `Authorization: Bearer <key>`."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import ComponentState, Impact, Incident, Pin
from prober.options import parse_duration_ms
from statusapi.auth import Auth, Principal
from statusapi.delivery import Delivery
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.explain import Explain
from statusapi.latency import Latency
from statusapi.orders import LONGEST_REQUEST, AcknowledgeFields, OpenFields, Orders, PinFields, PostFields, decoded
from statusapi.prepared import READS
from statusapi.problems import Problem, moment_ms, not_found
from statusapi.uptimes import Uptimes
from statusapi.views import ComponentView, IncidentView, Views

PREFIX = "/api/prober/v1"
PATHS = rf"{PREFIX}(/.*)?"


def routes(
    views: Views, orders: Orders, explain: Explain, uptimes: Uptimes, latency: Latency, auth: Auth
) -> list[BaseRoute]:
    """Incidents: read, open, post to, acknowledge. Components: read, pin, explain, uptime. Checks: latency."""

    async def incidents(request: Request) -> Response:
        principal = _principal(auth, request)
        if request.method == "POST":
            fields = decoded(await _body(request), OpenFields)
            return _answer(_incident(await orders.open(principal, fields)), 201)
        wants_open = request.query_params.get("open") == "true"
        pages = [page for page in views.pages.values() if principal.may_see(page.account)]
        found = [shown for page in pages for shown in (page.incidents if wants_open else page.recent)]
        listed = [*map(_listed, found), *map(_own, orders.own(principal))]
        return _answer({"incidents": sorted(listed, key=lambda one: int(one["num"]), reverse=True)})

    async def incident(request: Request) -> Response:
        return _answer(_incident(orders.find(_principal(auth, request), _num(request))))

    async def updates(request: Request) -> Response:
        principal = _principal(auth, request)
        fields = decoded(await _body(request), PostFields)
        return _answer(_incident(await orders.post(principal, _num(request), fields)), 201)

    async def acknowledge(request: Request) -> Response:
        principal = _principal(auth, request)
        fields = decoded(await _body(request), AcknowledgeFields)
        return _answer(_incident(await orders.acknowledge(principal, _num(request), fields)))

    async def explained(request: Request) -> Response:
        principal, at_ms = _principal(auth, request), _at_ms(request)
        return _answer(_with_moments(await explain.component(principal, request.path_params["id"], at_ms)))

    async def components(request: Request) -> Response:
        principal = _principal(auth, request)
        pages = [page for page in views.pages.values() if principal.may_see(page.account)]
        return _answer({"components": [_component(shown) for page in pages for shown in page.components]})

    async def pin(request: Request) -> Response:
        principal, id_ = _principal(auth, request), request.path_params["id"]
        if request.method == "DELETE":
            return _answer(_pinned(await orders.unpin(principal, id_)))
        return _answer(_pinned(await orders.pin(principal, id_, decoded(await _body(request), PinFields))))

    async def uptime(request: Request) -> Response:
        principal, query = _principal(auth, request), dict(request.query_params)
        return _answer(_with_moments(await uptimes.component(principal, request.path_params["id"], query)))

    async def took(request: Request) -> Response:
        principal, step_ms = _principal(auth, request), _step_ms(request)
        times = _at_ms(request, "from"), _at_ms(request, "to")
        return _answer(_with_moments(await latency.of(principal, request.path_params["id"], *times, step_ms)))

    return [
        Route(f"{PREFIX}/components", components, methods=READS),
        Route(f"{PREFIX}/components/{{id}}/pin", pin, methods=["POST", "DELETE"]),
        Route(f"{PREFIX}/components/{{id}}/uptime", uptime, methods=READS),
        Route(f"{PREFIX}/checks/{{id}}/latency", took, methods=READS),
        Route(f"{PREFIX}/components/{{id}}/explain", explained, methods=READS),
        Route(f"{PREFIX}/incidents", incidents, methods=[*READS, "POST"]),
        Route(f"{PREFIX}/incidents/{{num}}", incident, methods=READS),
        Route(f"{PREFIX}/incidents/{{num}}/updates", updates, methods=["POST"]),
        Route(f"{PREFIX}/incidents/{{num}}/acknowledge", acknowledge, methods=["POST"]),
    ]


def delivery_routes(delivery: Delivery, auth: Auth) -> list[BaseRoute]:
    """Notices: read, send again. Channels: read, serve again."""

    async def notices(request: Request) -> Response:
        principal, asked = _principal(auth, request), request.query_params
        found = await delivery.notices(principal, asked.get("channel"), asked.get("progress"))
        return _answer({"notices": [_with_moments(one) for one in found]})

    async def notice(request: Request) -> Response:
        principal = _principal(auth, request)
        return _answer(_with_moments(await delivery.notice(principal, request.path_params["id"])))

    async def replay(request: Request) -> Response:
        principal = _principal(auth, request)
        return _answer(_with_moments(await delivery.replay(principal, request.path_params["id"])))

    async def channels(request: Request) -> Response:
        found = await delivery.channels(_principal(auth, request))
        return _answer({"channels": [_with_moments(one) for one in found]})

    async def enable(request: Request) -> Response:
        principal = _principal(auth, request)
        return _answer(_with_moments(await delivery.enable(principal, request.path_params["id"])))

    return [
        Route(f"{PREFIX}/notices", notices, methods=READS),
        Route(f"{PREFIX}/notices/{{id}}", notice, methods=READS),
        Route(f"{PREFIX}/notices/{{id}}/replay", replay, methods=["POST"]),
        Route(f"{PREFIX}/channels", channels, methods=READS),
        Route(f"{PREFIX}/channels/{{id}}/enable", enable, methods=["POST"]),
    ]


def problem(problem: Problem) -> Response:
    """An error: a code for programs, a sentence for people."""
    return _answer({"error": {"code": problem.code, "message": problem.text}}, problem.status, problem.headers)


def _answer(said: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


async def _body(request: Request) -> bytes:
    """The request's body, of which no more is read than may be sent."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_REQUEST:
            break
    return content


def _principal(auth: Auth, request: Request) -> Principal:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    principal = auth.principal(key.strip()) if scheme.lower() == "bearer" else None
    if principal is None:
        text = "Expected a known key in the header Authorization: Bearer <key>."
        raise Problem(401, "authorization", text, {"WWW-Authenticate": "Bearer"})
    return principal


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
        "at_ms",
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
    }
)


def _num(request: Request) -> int:
    text = request.path_params["num"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise not_found()
    return int(text)


def _component(shown: ComponentView) -> dict[str, Any]:
    return {
        "component": shown.id,
        "site": shown.site,
        "name": shown.name,
        "status": shown.status,
        "since": moment(shown.since_ms),
        "pin": _pin(shown.pin),
    }


def _pinned(state: ComponentState) -> dict[str, Any]:
    return {
        "component": state.component,
        "site": state.site,
        "status": state.status,
        "since": moment(state.since_ms),
        "pin": _pin(state.pin),
    }


def _pin(pin: Pin | None) -> dict[str, Any] | None:
    return None if pin is None else {"status": pin.status, "by": pin.by, "until": moment_or_none(pin.until_ms)}


def _listed(shown: IncidentView) -> dict[str, Any]:
    return {
        "num": shown.num,
        "id": shown.slug,
        "site": shown.site,
        "name": shown.name,
        "status": shown.status,
        "impact": Impact(shown.impact).word,
        "started_at": moment(shown.started_ms),
        "updated_at": moment(shown.updated_ms),
        "resolved_at": moment_or_none(shown.resolved_ms),
        "components": [component.id for component in shown.components],
        "acknowledged_by": shown.acknowledged_by or None,
    }


def _own(incident: Incident) -> dict[str, Any]:
    """An incident that stands on no page, as the others are listed."""
    more = ("is_led_by_a_person", "acknowledged_until", "updates")
    return {key: value for key, value in _incident(incident).items() if key not in more}


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "num": incident.num,
        "id": incident.slug,
        "site": incident.site,
        "name": incident.name,
        "status": incident.status,
        "impact": incident.impact.word,
        "started_at": moment(incident.started_ms),
        "updated_at": moment(incident.updated_ms),
        "resolved_at": moment_or_none(incident.resolved_ms),
        "components": [affected.component for affected in incident.affected],
        "is_led_by_a_person": incident.taken,
        "acknowledged_by": incident.acknowledged_by or None,
        "acknowledged_until": moment_or_none(incident.acknowledged_until_ms),
        "updates": [
            {"at": moment(u.at_ms), "status": u.status, "body": u.body, "author": u.author} for u in incident.updates
        ],
    }
