"""The native dialect: what the others cannot say. Read and written with `Authorization: Bearer <key>`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import Impact, Incident
from prober.store.keys import KeyRow
from statusapi.api_keys import ApiKeys, KeyFields
from statusapi.auth import Auth, Principal, Scope, bearer, needed, no_bearer
from statusapi.decode import decoded, taken
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.explain import Explain
from statusapi.orders import AcknowledgeFields, OpenFields, Orders, PostFields
from statusapi.prepared import READS
from statusapi.problems import Problem, not_found
from statusapi.views import IncidentView, Views

PREFIX = "/api/prober/v1"
PATHS = rf"{PREFIX}(/.*)?"


def routes(views: Views, orders: Orders, explain: Explain, auth: Auth, keys: ApiKeys) -> list[BaseRoute]:
    """Incidents: read, open, post to, acknowledge. Components: explain. Keys: list, make, revoke."""

    async def incidents(request: Request) -> Response:
        principal = await _principal(auth, request)
        if request.method == "POST":
            fields = decoded(await taken(request), OpenFields)
            return _answer(_incident(await orders.open(principal, fields)), 201)
        wants_open = request.query_params.get("open") == "true"
        pages = [page for page in views.pages.values() if principal.may_see(page.account)]
        found = [shown for page in pages for shown in (page.incidents if wants_open else page.recent)]
        found.sort(key=lambda shown: shown.num, reverse=True)
        return _answer({"incidents": [_listed(shown) for shown in found]})

    async def incident(request: Request) -> Response:
        return _answer(_incident(orders.find(await _principal(auth, request), _num(request))))

    async def updates(request: Request) -> Response:
        principal = await _principal(auth, request)
        fields = decoded(await taken(request), PostFields)
        return _answer(_incident(await orders.post(principal, _num(request), fields)), 201)

    async def acknowledge(request: Request) -> Response:
        principal = await _principal(auth, request)
        fields = decoded(await taken(request), AcknowledgeFields)
        return _answer(_incident(await orders.acknowledge(principal, _num(request), fields)))

    async def explained(request: Request) -> Response:
        principal, at_ms = await _principal(auth, request), _at_ms(request)
        return _answer(_with_moments(await explain.component(principal, request.path_params["id"], at_ms)))

    async def api_keys(request: Request) -> Response:
        principal = await auth.admitted(request, bearer(request), no_bearer(), Scope.ADMIN)
        if request.method == "POST":
            row, key = await keys.create(principal, decoded(await taken(request), KeyFields))
            return _answer(_key(row) | {"key": key}, 201)
        return _answer({"keys": [_key(row) for row in keys.listed(principal)]})

    async def api_key(request: Request) -> Response:
        principal = await auth.admitted(request, bearer(request), no_bearer(), Scope.ADMIN)
        return _answer(_key(await keys.revoke(principal, request.path_params["id"])))

    return [
        Route(f"{PREFIX}/keys", api_keys, methods=[*READS, "POST"]),
        Route(f"{PREFIX}/keys/{{id}}", api_key, methods=["DELETE"]),
        Route(f"{PREFIX}/components/{{id}}/explain", explained, methods=READS),
        Route(f"{PREFIX}/incidents", incidents, methods=[*READS, "POST"]),
        Route(f"{PREFIX}/incidents/{{num}}", incident, methods=READS),
        Route(f"{PREFIX}/incidents/{{num}}/updates", updates, methods=["POST"]),
        Route(f"{PREFIX}/incidents/{{num}}/acknowledge", acknowledge, methods=["POST"]),
    ]


def problem(problem: Problem) -> Response:
    """An error: a code for programs, a sentence for people."""
    return _answer({"error": {"code": problem.code, "message": problem.text}}, problem.status, problem.headers)


def _answer(said: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


async def _principal(auth: Auth, request: Request) -> Principal:
    return await auth.admitted(request, bearer(request), no_bearer(), needed(request))


def _at_ms(request: Request) -> int | None:
    """The moment that is asked about: ?at=2026-03-01T12:00:00Z; None = now."""
    text = request.query_params.get("at")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that nobody escaped comes as a blank
        if at.tzinfo is None:
            raise ValueError(text)
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        expected = "a date and time with its zone such as 2026-03-01T22:00:00+01:00"
        raise Problem(400, "field", f"at: expected {expected}") from None


def _with_moments(said: Any) -> Any:
    """Moments as ISO 8601 in place of milliseconds: at_ms becomes at; how long something took stays a number."""
    if isinstance(said, dict):
        return {
            key.removesuffix("_ms") if is_moment else key: moment_or_none(value) if is_moment else _with_moments(value)
            for key, value in said.items()
            for is_moment in (key in _MOMENTS,)
        }
    return [_with_moments(one) for one in said] if isinstance(said, list) else said


_MOMENTS = frozenset({"at_ms", "since_ms", "started_ms", "opened_ms", "resolved_ms", "start_ms", "end_ms"})


def _num(request: Request) -> int:
    text = request.path_params["num"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise not_found()
    return int(text)


def _key(row: KeyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "account": row.account,
        "name": row.name,
        "scope": row.scope,
        "created_at": moment(row.created_ms),
        "expires_at": moment_or_none(row.expires_ms),
        "revoked_at": moment_or_none(row.revoked_ms),
        "used_at": moment_or_none(row.used_ms),
    }


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
