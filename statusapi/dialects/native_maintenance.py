"""Planned work in the native dialect: what is under way, to come and of late, and what a person does about it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prober.core.model import Ending, MaintenanceState
from statusapi.auth import Auth, Principal, bearer, needed, no_bearer
from statusapi.decode import decoded, taken
from statusapi.dialects.native_openapi import PREFIX
from statusapi.dialects.wire import moment, moment_or_none
from statusapi.orders import ExtendFields, MoveFields, Orders, ScheduleFields, StepFields
from statusapi.prepared import READS, answer, body, check_match
from statusapi.problems import Problem
from statusapi.repeats import Repeats, Said
from statusapi.views import Views

MOST = 1000  # times of one window

Deed = Callable[[Principal, str, bytes], Awaitable[MaintenanceState]]


def routes(views: Views, orders: Orders, auth: Auth, repeats: Repeats) -> list[Route]:
    """Lists, one of them, and a path for each step of its life."""
    it = _Works(views, orders, auth, repeats)
    base = f"{PREFIX}/maintenances"

    def schedule(principal: Principal, _: str, content: bytes) -> Awaitable[MaintenanceState]:
        return orders.schedule(principal, decoded(content, ScheduleFields))

    def extend(principal: Principal, id_: str, content: bytes) -> Awaitable[MaintenanceState]:
        return orders.extend(principal, id_, decoded(content, ExtendFields))

    def move(principal: Principal, id_: str, content: bytes) -> Awaitable[MaintenanceState]:
        return orders.move(principal, id_, decoded(content, MoveFields))

    return [
        Route(base, it.listed, methods=READS),
        Route(base, it.deed(schedule, 201), methods=["POST"]),
        Route(f"{base}/{{id}}", it.one, methods=READS),
        Route(f"{base}/{{id}}/next", it.coming, methods=READS),
        Route(f"{base}/{{id}}/start", it.deed(_step(orders.start)), methods=["POST"]),
        Route(f"{base}/{{id}}/extend", it.deed(extend), methods=["POST"]),
        Route(f"{base}/{{id}}/move", it.deed(move), methods=["POST"]),
        Route(f"{base}/{{id}}/end", it.deed(_step(orders.end)), methods=["POST"]),
        Route(f"{base}/{{id}}/cancel", it.deed(_step(orders.cancel)), methods=["POST"]),
    ]


def _step(order: Callable[[Principal, str, StepFields], Awaitable[MaintenanceState]]) -> Deed:
    return lambda principal, id_, content: order(principal, id_, decoded(content, StepFields))


class _Works:
    """The handlers."""

    def __init__(self, views: Views, orders: Orders, auth: Auth, repeats: Repeats) -> None:
        self._views = views
        self._orders = orders
        self._auth = auth
        self._repeats = repeats

    async def _principal(self, request: Request) -> Principal:
        return await self._auth.admitted(request, bearer(request), no_bearer(), needed(request))

    def _theirs(self, principal: Principal) -> list[MaintenanceState]:
        """What pages know of, what starts last first."""
        pages = [page for page in self._views.pages.values() if principal.may_see(page.account)]
        found = [work for page in pages for work in self._views.works(page.site)]
        return sorted(found, key=lambda work: (work.start_ms, work.id), reverse=True)

    async def listed(self, request: Request) -> Response:
        principal = await self._principal(request)
        return _answer({"maintenances": [_maintenance(work) for work in self._theirs(principal)]})

    async def one(self, request: Request) -> Response:
        principal, id_ = await self._principal(request), request.path_params["id"]
        made = body(_json(_maintenance(self._found(principal, id_))).encode())
        return answer(request, made, "application/json", {"Cache-Control": "no-store"})

    def _found(self, principal: Principal, id_: str) -> MaintenanceState:
        found = next((work for work in self._theirs(principal) if work.id == id_), None)
        return found or self._orders.maintenance(principal, id_)

    async def coming(self, request: Request) -> Response:
        principal, count = await self._principal(request), _count(request)
        found = self._orders.coming(principal, request.path_params["id"], count)
        return _answer({"maintenances": [_maintenance(work) for work in found]})

    def deed(self, do: Deed, status: int = 200) -> Callable[[Request], Awaitable[Response]]:
        """The maintenance that comes of the deed, which is done once for one Idempotency-Key."""

        async def handle(request: Request) -> Response:
            principal, content = await self._principal(request), await taken(request)

            async def say() -> Said:
                id_ = request.path_params.get("id", "")
                if "if-match" in request.headers and id_:
                    check_match(request, body(_json(_maintenance(self._found(principal, id_))).encode()))
                work = await do(principal, id_, content)
                return Said(status, _json(_maintenance(work)))

            what, key = f"{request.method} {request.url.path}", request.headers.get("idempotency-key")
            said = await self._repeats.once(principal, what, key, content, say)
            headers = {"Cache-Control": "no-store", "ETag": body(said.body.encode()).etag, **said.headers}
            return Response(said.body, said.status, headers, "application/json")

        return handle


def _count(request: Request) -> int:
    text = request.query_params.get("count", "5")
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Problem(400, "field", f"count: expected a number from 1 to {MOST}")
    return int(text)


def _answer(said: dict[str, Any]) -> Response:
    return Response(_json(said), 200, {"Cache-Control": "no-store"}, "application/json")


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


_AUTO_END: dict[Ending, bool | str] = {
    Ending.ON_TIME: True,
    Ending.BY_HAND: False,
    Ending.WHEN_GREEN: "when_green",
}


def _maintenance(work: MaintenanceState) -> dict[str, Any]:
    return {
        "id": work.id,
        "declared_as": work.window or None,
        "site": work.site,
        "name": work.name,
        "description": work.description,
        "status": work.status,
        "start": moment(work.start_ms),
        "end": moment(work.end_ms),
        "planned_end": moment(work.planned_end_ms),
        "started_at": moment_or_none(work.started_ms),
        "ended_at": moment_or_none(work.ended_ms),
        "updated_at": moment(work.updated_ms),
        "components": list(work.components),
        "auto_start": work.auto_start,
        "auto_end": _AUTO_END[work.auto_end],
        "hidden": [
            {
                "component": one.component,
                "status": one.status,
                "from": moment(one.from_ms),
                "until": moment_or_none(one.until_ms),
            }
            for one in work.hidden
        ],
        "updates": [
            {"at": moment(u.at_ms), "status": u.status, "body": u.body, "author": u.author} for u in work.updates
        ],
    }
