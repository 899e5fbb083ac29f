"""`/-/notices`, the operators' page: what waits to be told, what was given up, and how each channel stands.

For the admin alone: with his key as a bearer, or as the password that a browser asks for. It is made at each look.
"""

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statusapi.auth import Auth, Principal, Scope, told_key
from statusapi.delivery import Delivery
from statusapi.page.headers import HEADERS
from statusapi.page.html import MEDIA_TYPE, operators
from statusapi.prepared import READS
from statusapi.problems import Problem

SHOWN = 20  # notices of a channel, of each kind
PATH = "/-/notices"


class Channel(NamedTuple):
    """A channel as it is shown. next_ms: when what waits is tried again; None if nothing does."""

    told: dict[str, Any]
    broken: str
    waiting_ms: int | None
    drill: dict[str, Any] | None
    waiting: list[dict[str, Any]]
    given_up: list[dict[str, Any]]

    @property
    def next_ms(self) -> int | None:
        return min((one["next_ms"] for one in self.waiting), default=None)

    @property
    def tone(self) -> str:
        """How its card is marked."""
        if self.broken:
            return "critical"
        return "minor" if self.told["failing_ms"] is not None or self.told["failed"] else "good"


class Notices:
    """The page."""

    def __init__(self, delivery: Delivery, auth: Auth) -> None:
        self._delivery = delivery
        self._auth = auth

    def routes(self) -> list[BaseRoute]:
        """GET and HEAD."""
        return [Route(PATH, self._shown, methods=READS)]

    async def _shown(self, request: Request) -> Response:
        principal = await self._auth.admitted(request, told_key(request), _refusal(), Scope.READ)
        path, channels = await self._delivery.alert_path(principal), await self._channels(principal)
        content = operators("notices", path=path, channels=channels, shown=SHOWN)
        return Response(content.encode(), headers={**HEADERS, "Cache-Control": "no-store"}, media_type=MEDIA_TYPE)

    async def _channels(self, principal: Principal) -> list[Channel]:
        """Those that are broken first. Raises Problem."""
        lines = {one["id"]: one for one in (await self._delivery.alert_path(principal))["channels"]}
        found = [
            Channel(
                told,
                line.get("broken") or "",
                line.get("waiting_ms"),
                line.get("drill"),
                await self._delivery.notices(principal, told["id"], "pending"),
                await self._delivery.notices(principal, told["id"], "failed"),
            )
            for told in await self._delivery.channels(principal)
            for line in (lines.get(told["id"], {}),)
        ]
        return sorted(found, key=lambda one: not one.broken)


def _refusal() -> Problem:
    text = "Expected the admin's key, as a bearer or as the password."
    return Problem(401, "authorization", text, {"WWW-Authenticate": 'Basic realm="prober", charset="UTF-8"'})
