"""What Prometheus' users know of its management API: /-/healthy, /-/ready, /-/reload, and /config without a secret.

Whether it is healthy and ready may be asked by everybody; the rest needs the admin's key.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prober.config import shown
from prober.errors import ConfigError, ProberError
from statusapi.auth import Auth, Scope, bearer, no_bearer
from statusapi.prepared import READS
from statusapi.problems import Problem

if TYPE_CHECKING:
    from prober.config import Config

PATHS = r"/-/.*|/config"


class Management:
    """What keeps an eye on the daemon, and tells it to read its configuration again.

    not_ready: why the daemon is not ready, in one sentence; None if it is. reread: reads the configuration again;
    raises ProberError if what runs goes on.
    """

    def __init__(
        self, config: "Config", auth: Auth, not_ready: Callable[[], str | None], reread: Callable[[], Awaitable[str]]
    ) -> None:
        self._config = config
        self._auth = auth
        self._not_ready = not_ready
        self._reread = reread

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    def routes(self) -> list[BaseRoute]:
        """As of Prometheus, whose /-/reload takes POST and PUT."""
        return [
            Route("/-/healthy", self._healthy, methods=READS),
            Route("/-/ready", self._ready, methods=READS),
            Route("/-/reload", self._reload, methods=["POST", "PUT"]),
            Route("/config", self._shown, methods=READS),
        ]

    async def _healthy(self, _: Request) -> Response:
        return PlainTextResponse("Healthy\n")

    async def _ready(self, _: Request) -> Response:
        reason = self._not_ready()
        return PlainTextResponse("Ready\n") if reason is None else PlainTextResponse(f"Not ready: {reason}\n", 503)

    async def _reload(self, request: Request) -> Response:
        """200 once the file holds; 500 with every mistake while what ran before goes on."""
        await self._admit(request)
        try:
            applied = await self._reread()
        except ProberError as error:
            mistakes = error.mistakes if isinstance(error, ConfigError) else [str(error)]
            lines = ["The configuration is not reloaded, what runs goes on:", *mistakes]
            return PlainTextResponse("\n".join(lines) + "\n", 500)
        return PlainTextResponse(f"Reloaded: {applied}\n")

    async def _shown(self, request: Request) -> Response:
        await self._admit(request)
        return PlainTextResponse(shown(self._config), headers={"Cache-Control": "no-store"})

    async def _admit(self, request: Request) -> None:
        """Raises Problem for everybody but the admin."""
        principal = await self._auth.admitted(request, bearer(request), no_bearer(), Scope.ADMIN)
        if not principal.is_admin:
            raise Problem(403, "admin", "This key opens one account only: expected the admin's.")
