"""The pages as HTML. Each is made at the first look after a change, and then sent as it is to everyone."""

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statusapi.page import days, static_files, words
from statusapi.page.headers import HEADERS
from statusapi.page.live import Live
from statusapi.prepared import READS, Body, Prepared, answer, page_of
from statusapi.problems import Problem, not_found
from statusapi.views import GroupView, PageView, Views, place

MEDIA_TYPE = "text/html; charset=utf-8"
REFRESH_S = 15

_TEMPLATES = Environment(
    loader=PackageLoader("statusapi.page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(asset=static_files.path_of, words=words, days=days, refresh_s=REFRESH_S, place=place)
_TEMPLATES.tests["group"] = lambda entry: isinstance(entry, GroupView)


def routes(views: Views) -> list[BaseRoute]:
    """GET and HEAD of the page and of each incident's, for the site of the host and for each site by its id."""
    prepared = {prefix: Prepared(_maker(prefix)) for prefix in ("", "/s")}

    async def page(request: Request) -> Response:
        return _answer(request, "index")

    async def incident(request: Request) -> Response:
        return _answer(request, f"incident:{request.path_params['slug']}")

    def _prepared(request: Request, name: str) -> Body:
        return prepared["/s" if "site" in request.path_params else ""].get(page_of(views, request), name)

    def _answer(request: Request, name: str) -> Response:
        return answer(request, _prepared(request, name), MEDIA_TYPE, HEADERS)

    live = Live(views, lambda request: _prepared(request, "index").etag.strip('"'))
    return [
        *static_files.routes(),
        Route("/", page, methods=READS),
        Route("/incidents/{slug}", incident, methods=READS),
        Route("/s/{site}", page, methods=READS),
        Route("/s/{site}/", page, methods=READS),
        Route("/s/{site}/incidents/{slug}", incident, methods=READS),
        Route("/live", live.stream, methods=READS),
        Route("/s/{site}/live", live.stream, methods=READS),
    ]


def problem(problem: Problem) -> Response:
    """An error as people read it."""
    content = _TEMPLATES.get_template("problem.html").render(problem=problem, home="/")
    headers = problem.headers | HEADERS | {"Cache-Control": "no-store"}
    return Response(content.encode(), problem.status, headers, MEDIA_TYPE)


def _maker(prefix: str) -> Callable[[PageView, str], bytes]:
    def make(page: PageView, name: str) -> bytes:
        home = f"{prefix}/{page.site}/" if prefix else "/"
        return _made(page, name, home).encode()

    return make


def _made(page: PageView, name: str, home: str) -> str:
    if name.startswith("incident:"):
        incident = page.incident(name.removeprefix("incident:"))
        if incident is None:
            raise not_found()
        return _TEMPLATES.get_template("incident.html").render(page=page, incident=incident, home=home)
    coming = [work for work in reversed(page.maintenances) if work.is_live]
    past = [incident for incident in page.recent if not incident.is_open]
    return _TEMPLATES.get_template("page.html").render(page=page, coming=coming, past=past, home=home)
