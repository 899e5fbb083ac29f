"""Puts the listeners' applications together: data handed to one constructor each."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from statusapi import alerts, discovery, management, metrics, page, pings
from statusapi.auth import LOCAL, too_many
from statusapi.catalog import Catalog
from statusapi.chronicle import Chronicle
from statusapi.dialects import instatus, native, statusdashboard, statuspage, up
from statusapi.express import Express
from statusapi.limits import Limits
from statusapi.page import badges
from statusapi.private import Private
from statusapi.problems import Problem, of_status
from statusapi.sockets import carry

logger = logging.getLogger(__name__)

Render = Callable[[Problem], Response]

# How errors look on the public listener: the first pattern that is the whole path, less its /s/<site>, decides.
_SHAPES: tuple[tuple[str, Render], ...] = (
    (native.PATHS, native.problem),
    (discovery.PATHS, native.problem),
    (management.PATHS, native.problem),
    (metrics.PATHS, metrics.problem),
    (statusdashboard.PATHS, statusdashboard.problem),
    (instatus.PATHS, instatus.problem),
    (badges.PATHS, badges.problem),
    (badges.PATHS_OF_JSON, badges.problem_in_json),
    (statuspage.PATHS, statuspage.problem),
)
_OF_A_SITE = re.compile(r"^/s/[^/]+(?=/)")


class Local:
    """The application for who comes by the control socket: no key is asked for."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application({**scope, LOCAL: True}, receive, send)


_UNLIMITED = ("/-/", "/metrics")  # what watches us


class Limited:
    """The application for those who do not ask too often."""

    def __init__(
        self, application: Any, routes: list[BaseRoute], render: Callable[[Request], Render], limits: Limits
    ) -> None:
        self.application = application
        self.routes = routes
        self._render = render
        self._limits = limits

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await carry(self._answer, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        limits = self._limits
        if LOCAL not in scope and not _has_one_host(scope):
            request, problem = Request(scope), Problem(400, "host", "Expected one header Host.")
            await self._render(request)(problem)(scope, receive, send)
            return
        if limits.per_address and LOCAL not in scope and not scope["path"].startswith(_UNLIMITED):
            request = Request(scope)
            wait_s = limits.wait_s(f"address {limits.asker(request)}", limits.per_address)
            if wait_s:
                await self._render(request)(too_many(wait_s))(scope, receive, send)
                return
        await self.application(scope, receive, send)


def _has_one_host(scope: Any) -> bool:
    """Else somebody on the way may have meant another one; HTTP/1.0 has none."""
    count = [name for name, _ in scope["headers"]].count(b"host")
    return bool(count == 1 or (count == 0 and scope["http_version"] == "1.0"))


def create_public(
    it: native.Native,
    scraped: metrics.Metrics | None,
    catalog: Catalog,
    chronicle: Chronicle,
    limits: Limits,
    found: Sequence[BaseRoute],
    manage: management.Management,
    alerted: alerts.Alerts,
    take: pings.Take,
) -> Limited:
    """The public listener: page, four dialects, metrics, discovery, reports of jobs, alerts, management.

    it: what the native dialect speaks of, and the others as well. scraped, found: None and nothing of what has a
    listener of its own. found: what Prometheus discovers. take: where reports of jobs go.
    """
    routes = [
        *statuspage.routes(it.views),  # what is asked for most comes first
        *instatus.routes(it.views),
        *manage.routes(),
        *(scraped.routes() if scraped is not None else ()),
        *found,
        *pings.routes(take),
        *alerted.routes(),
        *native.routes(it),
        *statusdashboard.routes(it.views, it.auth, it.orders, catalog, it.repeats, it.delivery),
        *page.routes(it.views, chronicle, it.delivery, it.auth, it.readers, limits),
    ]
    return _application(routes, _shape, limits, it)


def create_metrics(
    scraped: metrics.Metrics, limits: Limits, found: Sequence[BaseRoute], manage: management.Management
) -> Limited:
    """The listener of metrics, discovery and management alone."""
    routes = [Route("/", _index, methods=["GET", "HEAD"]), *manage.routes(), *scraped.routes(), *found]
    return _application(routes, _shape_apart, limits)


def _shape_apart(request: Request) -> Render:
    return metrics.problem if re.fullmatch(metrics.PATHS, request.url.path) else native.problem


async def _index(_: Request) -> Response:
    return HTMLResponse('<!doctype html><title>prober</title><p><a href="/metrics">Metrics</a>')


def create_up(it: native.Native, catalog: Catalog, limits: Limits) -> Limited:
    """The listener of the UP dialect."""
    routes = up.routes(it.views, it.auth, it.orders, catalog, it.keys, it.repeats)
    return _application(routes, lambda _: up.problem, limits)


def _shape(request: Request) -> Render:
    path = _OF_A_SITE.sub("", request.url.path)
    return next((render for pattern, render in _SHAPES if re.fullmatch(pattern, path)), page.problem)


def _application(
    routes: list[BaseRoute], render: Callable[[Request], Render], limits: Limits, public: native.Native | None = None
) -> Limited:
    """render: how errors look where the request went.

    public: what has pages, whose public answers may be sent again, and which may be private.
    """

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return render(request)(error)

    async def refused_by_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return render(request)(of_status(error.status_code, error.headers))

    async def failed(request: Request, _: Exception) -> Response:
        logger.error("answering %s %r has failed", request.method, request.url.path)
        return render(request)(of_status(500))

    async def left(_: Request, __: Exception) -> Response:
        return Response(status_code=400)  # which nobody is there to read

    handlers = {
        Problem: refused,
        HTTPException: refused_by_framework,
        ClientDisconnect: left,
        Exception: failed,
    }
    application = Starlette(routes=routes, exception_handlers=handlers)
    application.router.redirect_slashes = False
    if public is None:
        return Limited(application, routes, render, limits)
    guarded = Private(Express(application, public.views), public.views, public.auth, render)
    return Limited(guarded, routes, render, limits)
