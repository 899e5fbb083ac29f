"""The pages as HTML. Each is made at the first look after a change, and then sent as it is to everyone."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import IncidentStatus, MaintenanceStatus
from statusapi.chronicle import Chronicle, Month
from statusapi.nouns import ComponentView, GroupView, IncidentView, PageView
from statusapi.page import chart, days, prose, sayings, static_files, words
from statusapi.page.headers import HEADERS, headers
from statusapi.page.languages import ENGLISH, LANGUAGES, Language, chosen
from statusapi.page.live import Live
from statusapi.page.look import Looks
from statusapi.prepared import READS, Body, Prepared, answer, page_of
from statusapi.problems import Problem, not_found
from statusapi.speeds import Speeds
from statusapi.subscribers import Readers
from statusapi.views import Views, place

MEDIA_TYPE = "text/html; charset=utf-8"
REFRESH_S = 15
_VARY = {"Vary": "Accept-Encoding, Accept-Language"}

_TEMPLATES = Environment(
    loader=PackageLoader("statusapi.page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(asset=static_files.path_of, words=words, days=days, chart=chart, prose=prose.html)
_TEMPLATES.globals.update(refresh_s=REFRESH_S, place=place, languages=tuple(LANGUAGES.values()))
_TEMPLATES.tests["group"] = lambda entry: isinstance(entry, GroupView)


class Reader(NamedTuple):
    """For whom a page is made. home: the path of the page; asked: whether the language was asked for by the address."""

    home: str
    language: Language
    asked: bool

    def link(self, path: str) -> str:
        """An address below the page's, in the same language."""
        return f"{self.home}{path}{f'?lang={self.language.code}' if self.asked else ''}"


class Pages:
    """The pages of one configuration."""

    def __init__(self, views: Views, chronicle: Chronicle, readers: Readers) -> None:
        self._views = views
        self._readers = readers
        self._chronicle = chronicle
        self._looks = Looks(views)
        self._prepared = Prepared(_never)
        self._live = Live(views, lambda request: self._tag(page_of(views, request)))

    def routes(self) -> list[BaseRoute]:
        """GET and HEAD of all pages, for the site of the host and for each site by its id."""
        of_a_site: Mapping[str, Callable[[Request], Any]] = {
            "/": self._index,
            "/history": self._history,
            "/history/{month}": self._history,
            "/incidents/{slug}": self._incident,
            "/latency/{slug}": self._latency,
            "/latency/{slug}/{span}": self._latency,
            "/live": self._live.stream,
        }
        return [
            *static_files.routes(),
            *self._looks.routes(),
            Route("/s/{site}", self._index, methods=READS),
            *(Route("/" + name, self._icon, methods=READS) for name in ("favicon.ico", "favicon.svg")),
            *(
                Route(f"{prefix}{path}", endpoint, methods=READS)
                for prefix in ("", "/s/{site}")
                for path, endpoint in of_a_site.items()
            ),
        ]

    async def _index(self, request: Request) -> Response:
        asked = request.query_params.get("at")
        if asked is None:
            return self._answer(request, "index", _index)
        at_ms = self._chronicle.passed_ms(asked)
        then = await self._chronicle.page(page_of(self._views, request), at_ms)
        return self._answer(request, f"at:{at_ms}", lambda _, more: _index(then, {**more, "page": then}, at_ms))

    async def _history(self, request: Request) -> Response:
        month = await self._chronicle.month(page_of(self._views, request), request.path_params.get("month"))
        if month is None:
            raise not_found()
        return self._answer(request, f"history:{month.first}", lambda page, more: _history(page, month, more))

    async def _incident(self, request: Request) -> Response:
        page = page_of(self._views, request)
        incident = await self._chronicle.incident(page, request.path_params["slug"])
        if incident is None:
            raise not_found()
        name = f"incident:{incident.slug}"
        return self._answer(request, name, lambda page, more: _incident(page, incident, more))

    async def _latency(self, request: Request) -> Response:
        page, picked = page_of(self._views, request), request.path_params.get("span", "day")
        shown = next((one for one in page.components if one.slug == request.path_params["slug"]), None)
        span = chart.SPANS.get(picked)
        if shown is None or span is None:
            raise not_found()
        speeds = await self._chronicle.speeds(page, shown.id, span.span_ms, span.step_ms)
        found = self._answer(
            request,
            f"latency:{shown.slug}:{picked}:{hash(speeds)}",
            lambda page, more: _latency(page, shown, picked, speeds, more),
        )
        found.headers["Cache-Control"] = "no-cache"  # it grows without a change of the page
        return found

    def made(self, request: Request, page: PageView, template: str, **more: object) -> str:
        """A page for one reader alone."""
        return _render(template, self._context(page, _reader(request, page)), **more)

    async def _icon(self, request: Request) -> Response:
        return static_files.icon(words.of_page(page_of(self._views, request)).tone)

    def _answer(self, request: Request, name: str, make: "Make") -> Response:
        page = page_of(self._views, request)
        reader = _reader(request, page)
        key = f"{reader.home} {reader.language.code} {reader.asked} {name}"
        made = self._prepared.get(page, key, lambda: make(page, self._context(page, reader)).encode())
        return answer(request, made, MEDIA_TYPE, {**headers(page.look.frame_ancestors), **_VARY})

    def _tag(self, page: PageView) -> str:
        """The same as long as the page is, but for what is measured all the time.

        It stands in each, so that its script knows which one it was made for.
        """
        return self._tagged(page).etag.strip('"')

    def _tagged(self, page: PageView) -> Body:
        def make() -> bytes:
            context = self._context(page, Reader("/", ENGLISH, asked=False), tag="")
            return _index(page, context, is_measured=False).encode()

        return self._prepared.get(page, "tag", make)

    def _context(self, page: PageView, reader: Reader, tag: str | None = None) -> dict[str, Any]:
        logo, theme = self._looks.logo(page), self._looks.theme(page)
        return {
            **_speech(reader.language),
            "page": page,
            "tag": self._tag(page) if tag is None else tag,
            "home": reader.home,
            "may_subscribe": self._readers.is_open(page.site),
            "link": reader.link,
            "logo": logo and reader.home + logo.path,
            "theme": theme and reader.home + theme.path,
            "tone": words.of_page(page).tone,
        }


Make = Callable[[PageView, dict[str, Any]], str]


def problem(problem: Problem) -> Response:
    """An error as people read it."""
    content = _render("problem", _speech(ENGLISH), problem=problem, home="/", tone="unknown", theme=None)
    return Response(
        content.encode(), problem.status, problem.headers | HEADERS | {"Cache-Control": "no-store"}, MEDIA_TYPE
    )


def operators(template: str, **more: object) -> str:
    """A page for operators, in English."""
    return _render(template, _speech(ENGLISH), home="/", tone="unknown", theme=None, **more)


def _reader(request: Request, page: PageView) -> Reader:
    site, asked = request.path_params.get("site"), request.query_params.get("lang")
    language = chosen(asked, request.headers.get("accept-language", ""), page.look.language)
    return Reader("/" if site is None else f"/s/{site}/", language, asked in LANGUAGES)


def _speech(language: Language) -> dict[str, Any]:
    return {"language": language, "_": language.say, "said": lambda text: sayings.said(text, language)}


def _index(page: PageView, context: dict[str, Any], at_ms: int | None = None, *, is_measured: bool = True) -> str:
    """at_ms: the moment at which the page was so; None = now. is_measured: with what is measured."""
    coming = page.maintenances[::-1]
    said = context["said"]

    def names_of(troubles: Mapping[date, list[IncidentView]]) -> Mapping[date, str]:
        return {day: ", ".join(said(incident.name) for incident in found) for day, found in troubles.items()}

    return _render(
        "page",
        context,
        running=[work for work in coming if work.is_under_way],
        planned=[work for work in coming if work.status is MaintenanceStatus.PLANNING],
        past=[incident for incident in page.recent if not incident.is_open],
        troubles={} if at_ms is not None else days.troubles(page),
        at_ms=at_ms,
        is_measured=is_measured and at_ms is None,
        names_of=names_of,
    )


def _incident(page: PageView, incident: IncidentView, context: dict[str, Any]) -> str:
    return _render(
        "incident",
        {**context, "tone": words.of_incident(incident).tone},
        incident=incident,
        postmortems=[one for one in incident.updates if one.status is IncidentStatus.POSTMORTEM],
        updates=[one for one in incident.updates if one.status is not IncidentStatus.POSTMORTEM],
    )


def _latency(page: PageView, shown: ComponentView, picked: str, speeds: Speeds, context: dict[str, Any]) -> str:
    more = {"shown": shown, "picked": picked, "speeds": speeds, "top": chart.top_ms(speeds)}
    return _render("latency", {**context, **more, "tone": words.of_component(shown).tone, "page": page})


def _history(page: PageView, month: Month, context: dict[str, Any]) -> str:
    works = [work for work in page.maintenances if month.start_ms <= work.start_ms < month.end_ms]
    return _render("history", context, month=month, incidents=month.incidents, works=works)


def _render(template: str, context: dict[str, Any], **more: object) -> str:
    return _TEMPLATES.get_template(f"{template}.html").render(**context, **more)


def _never(page: PageView, name: str) -> bytes:
    raise KeyError(f"{page.site}: {name}")
