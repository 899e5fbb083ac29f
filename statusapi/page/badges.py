"""Badges: the state of a component, or of the page, for others to show; as an image or as JSON for shields.

A badge has two boxes, a name and a state, which differ by their words and not by colour alone. Widths are those of
Verdana; the text is told its width as well, so that it fills its box in whichever font is there.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from unicodedata import category, east_asian_width
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statusapi.nouns import ComponentView, PageView
from statusapi.page import words
from statusapi.page.chart import took
from statusapi.page.days import percent
from statusapi.page.languages import ENGLISH
from statusapi.page.markup import put, written
from statusapi.prepared import READS, Prepared, answer, page_of
from statusapi.problems import Problem, not_found
from statusapi.views import Views

PATHS = r"/badge(/.*)?\.svg"
PATHS_OF_JSON = r"/badge(/.*)?\.json"

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=30",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
SVG, JSON = "image/svg+xml", "application/json"

# Those of the page's light scheme: white is read on each of them.
COLOURS: Mapping[str, str] = {
    "good": "#14693f",
    "minor": "#7a5900",
    "major": "#a04500",
    "critical": "#b3211a",
    "planned": "#2a56a8",
    "unknown": "#59626b",
}
NAME_COLOUR = "#3a4047"
_FROM_SHARE = ((0.999, "good"), (0.99, "minor"), (0.95, "major"), (0.0, "critical"))  # of uptime, at least

SIZE_PX, MARGIN_PX = 11, 6

# Advance widths of Verdana in 1/2048 of its size, of the characters from " " to "~".
_EM = 2048
_WIDTHS = (
    *(720, 806, 940, 1676, 1302, 2204, 1488, 550, 930, 930, 1302, 1676, 745, 930, 745, 930),  # blank to /
    *(1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 930, 930, 1676, 1676, 1676, 1117),  # 0 to ?
    *(2048, 1400, 1404, 1430, 1578, 1295, 1177, 1588, 1539, 862, 931, 1419, 1140, 1726, 1532, 1612),  # @ to O
    *(1235, 1612, 1424, 1400, 1262, 1499, 1400, 2025, 1403, 1260, 1403, 930, 930, 930, 1676, 1302),  # P to _
    *(1302, 1230, 1276, 1067, 1276, 1220, 720, 1276, 1296, 562, 705, 1212, 562, 1992, 1296, 1243),  # ` to o
    *(1276, 1276, 874, 1067, 807, 1296, 1212, 1676, 1212, 1212, 1076, 1300, 930, 1300, 1676),  # p to ~
)
_MIDDLING = 1350  # of a letter that is none of these


class Badge(NamedTuple):
    """What a badge says. tone: see words.Word."""

    name: str
    state: str
    tone: str


def routes(views: Views) -> list[BaseRoute]:
    """GET and HEAD of each badge, for the site of the host and for each site by its id."""
    prepared = {
        SVG: Prepared(lambda page, name: svg(_badge(page, name))),
        JSON: Prepared(lambda page, name: shield(_badge(page, name))),
    }

    def reader(media_type: str) -> Callable[[Request], Any]:
        async def read(request: Request) -> Response:
            page = page_of(views, request)
            name = "/".join(request.path_params.get(part, "") for part in ("component", "figure")).rstrip("/")
            return answer(request, prepared[media_type].get(page, name), media_type, HEADERS)

        return read

    return [
        Route(f"{prefix}{path}.{end}", reader(media_type), methods=READS)
        for prefix in ("", "/s/{site}")
        for path in ("/badge", "/badge/{component}", "/badge/{component}/{figure}")
        for end, media_type in (("svg", SVG), ("json", JSON))
    ]


def problem(problem: Problem) -> Response:
    """An error as an image."""
    return _refusal(problem, SVG, svg(_of_problem(problem)))


def problem_in_json(problem: Problem) -> Response:
    """An error as shields knows it."""
    return _refusal(problem, JSON, shield(_of_problem(problem), is_error=True))


def _of_problem(problem: Problem) -> Badge:
    return Badge("status", HTTPStatus(problem.status).phrase, "unknown")


def _refusal(problem: Problem, media_type: str, content: bytes) -> Response:
    return Response(content, problem.status, HEADERS | problem.headers | {"Cache-Control": "no-store"}, media_type)


def _badge(page: PageView, name: str) -> Badge:
    """The badge of "shop", of "shop/uptime-30d", or of the page for "". Raises Problem if there is none."""
    component, _, figure = name.partition("/")
    if not name:
        return Badge(page.name, *words.of_page(page))
    found = next((one for one in page.components if one.id == component), None)
    if found is None:
        raise not_found()
    return _of_figure(found, figure) if figure else Badge(found.name, *words.of_component(found))


def _of_figure(shown: ComponentView, figure: str) -> Badge:
    if figure == "latency":
        return _of_latency(shown)
    shares = {f"uptime-{count}d": (count, share) for count, share in shown.uptimes.items()}
    if figure not in shares:
        raise not_found()
    count, share = shares[figure]
    tone = "unknown" if share is None else next(tone for least, tone in _FROM_SHARE if share >= least)
    return Badge(f"{shown.name}, {count} days", percent(share), tone)


def _of_latency(shown: ComponentView) -> Badge:
    name = f"{shown.name}, response time"
    if shown.speeds is None:
        return Badge(name, "not known", "unknown")
    return Badge(name, took(shown.speeds.p50_ms, ENGLISH), "planned")  # what is fast nobody can tell for all


def shield(badge: Badge, *, is_error: bool = False) -> bytes:
    """The badge as an endpoint of shields says it."""
    said = {"schemaVersion": 1, "label": badge.name, "message": badge.state, "color": COLOURS[badge.tone]}
    return json.dumps(said | ({"isError": True} if is_error else {}), ensure_ascii=False).encode()


def svg(badge: Badge) -> bytes:
    """The badge as an image of its own, with a title for those who don't see it."""
    left, right = (2 * MARGIN_PX + round(width_px(text)) for text in (badge.name, badge.state))
    title = f"{badge.name}: {badge.state}"
    size = {"width": str(left + right), "height": "20"}
    root = ElementTree.Element("root")
    image = put(
        root, "svg", attributes={"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": title}
    )
    put(image, "title", title)
    put(image, "rect", attributes={**size, "rx": "3", "fill": COLOURS[badge.tone]})
    put(image, "path", attributes={"d": f"M3 0H{left}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z", "fill": NAME_COLOUR})
    texts = put(image, "g", attributes=_FONT)
    for text, x, box in ((badge.name, 0, left), (badge.state, left, right)):
        place = {"x": str(x + MARGIN_PX), "y": "14", "textLength": str(box - 2 * MARGIN_PX)}
        put(texts, "text", text, place)
    return written(image).encode()


_FONT = {"fill": "#fff", "font-family": "Verdana,DejaVu Sans,Geneva,sans-serif", "font-size": str(SIZE_PX)}


def width_px(text: str) -> float:
    """How wide the text is in Verdana of the badge's size; of what Verdana lacks, about."""
    return sum(map(_width, text)) * SIZE_PX / _EM


def _width(character: str) -> int:
    if " " <= character <= "~":
        return _WIDTHS[ord(character) - ord(" ")]
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return _EM if east_asian_width(character) in "WF" else _MIDDLING
