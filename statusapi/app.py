"""Puts the listeners' applications together: data handed to one constructor each."""

import logging
import re
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from statusapi import discovery, page
from statusapi.auth import Auth
from statusapi.chronicle import Chronicle
from statusapi.dialects import instatus, native, statusdashboard, statuspage, up
from statusapi.explain import Explain
from statusapi.express import Express
from statusapi.metrics import Metrics
from statusapi.orders import Orders
from statusapi.page import badges
from statusapi.prepared import READS
from statusapi.problems import Problem, of_status
from statusapi.views import Views

logger = logging.getLogger(__name__)

Render = Callable[[Problem], Response]

# How errors look on the public listener: the first pattern that is the whole path, less its /s/<site>, decides.
_SHAPES: tuple[tuple[str, Render], ...] = (
    (native.PATHS, native.problem),
    (discovery.PATHS, native.problem),
    (statusdashboard.PATHS, statusdashboard.problem),
    (instatus.PATHS, instatus.problem),
    (badges.PATHS, badges.problem),
    (badges.PATHS_OF_JSON, badges.problem_in_json),
    (statuspage.PATHS, statuspage.problem),
)
_OF_A_SITE = re.compile(r"^/s/[^/]+(?=/)")


def create_public(
    views: Views,
    metrics: Metrics,
    orders: Orders,
    explain: Explain,
    chronicle: Chronicle,
    auth: Auth,
    found: Sequence[BaseRoute],
    not_ready: Callable[[], str | None],
) -> Express:
    """The public listener: page, four dialects, metrics, discovery, health.

    found: what Prometheus discovers. not_ready: why the daemon is not ready, in one sentence; None if it is.
    """
    routes = [
        *_health(not_ready),
        *metrics.routes(),
        *found,
        *native.routes(views, orders, explain, auth),
        *statuspage.routes(views),
        *instatus.routes(views),
        *statusdashboard.routes(views, auth),
        *page.routes(views, chronicle),
    ]
    return Express(_application(routes, _shape), views)


def create_up(views: Views, auth: Auth) -> Starlette:
    """The listener of the UP dialect."""
    return _application(up.routes(views, auth), lambda _: up.problem)


def _health(not_ready: Callable[[], str | None]) -> list[BaseRoute]:
    async def healthy(_: Request) -> Response:
        return PlainTextResponse("Healthy\n")

    async def ready(_: Request) -> Response:
        reason = not_ready()
        return PlainTextResponse("Ready\n") if reason is None else PlainTextResponse(f"Not ready: {reason}\n", 503)

    return [Route("/-/healthy", healthy, methods=READS), Route("/-/ready", ready, methods=READS)]


def _shape(request: Request) -> Render:
    path = _OF_A_SITE.sub("", request.url.path)
    return next((render for pattern, render in _SHAPES if re.fullmatch(pattern, path)), page.problem)


def _application(routes: list[BaseRoute], render: Callable[[Request], Render]) -> Starlette:
    """render: how errors look where the request went."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return render(request)(error)

    async def refused_by_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return render(request)(of_status(error.status_code, error.headers))

    async def failed(request: Request, _: Exception) -> Response:
        logger.error("answering %s %s has failed", request.method, request.url.path)
        return render(request)(of_status(500))

    handlers = {Problem: refused, HTTPException: refused_by_framework, Exception: failed}
    application = Starlette(routes=routes, exception_handlers=handlers)
    application.router.redirect_slashes = False
    return application
