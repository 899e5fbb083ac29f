"""The page's static files: read once, named by what they contain, so that a browser may keep them for ever."""

import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statusapi.prepared import READS
from statusapi.problems import not_found

_FOLDER = resources.files("statusapi.page") / "static"
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


class _File(NamedTuple):
    path: str
    content: bytes
    media_type: str


def _named(name: str, content: bytes) -> _File:
    stem, _, end = name.rpartition(".")
    digest = hashlib.blake2b(content, digest_size=6).hexdigest()
    return _File(f"/static/{stem}.{digest}.{end}", content, _TYPES[end])


_ICONS = (resources.files("statusapi.page") / "templates" / "icons.html").read_text("utf-8")
_SYMBOL = re.compile(r'<symbol id="i-(\w+)"[^>]*>(.*?)</symbol>')
# An icon in a tab has no style sheet: what the page's colours by, stands in it.
_COLOURS = {
    "good": "#1f9d63",
    "minor": "#d9a514",
    "major": "#e2731c",
    "critical": "#d3302a",
    "planned": "#4a78d0",
    "unknown": "#8a949e",
}


def _icons() -> dict[str, bytes]:
    """The page's signs, as icons of a tab: by the name of their files."""
    frame = (_FOLDER / "favicon.svg").read_text("utf-8")
    cut = 'fill="none" stroke="#fff" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    return {
        f"favicon-{tone}.svg": (
            frame % shape.replace('class="cut"', cut).replace("currentColor", _COLOURS[tone])
        ).encode()
        for tone, shape in _SYMBOL.findall(_ICONS)
    }


_CONTENTS = {name: (_FOLDER / name).read_bytes() for name in ("page.css", "page.js")} | _icons()
_FILES: Mapping[str, _File] = {name: _named(name, content) for name, content in _CONTENTS.items()}
_BY_PATH = {file.path: file for file in _FILES.values()}


def path_of(name: str) -> str:
    """Where a browser finds the file of that name."""
    return _FILES[name].path


def icon(tone: str) -> Response:
    """The icon of that tone, for browsers that ask for it unasked: it changes with the page."""
    file = _FILES[f"favicon-{tone}.svg"]
    return Response(file.content, headers={"Cache-Control": "public, max-age=60"}, media_type=file.media_type)


def routes() -> list[BaseRoute]:
    """GET and HEAD of each file."""

    async def static(request: Request) -> Response:
        file = _BY_PATH.get(request.url.path)
        if file is None:
            raise not_found()
        return Response(file.content, headers={"Cache-Control": _FOREVER}, media_type=file.media_type)

    return [Route("/static/{name}", static, methods=READS)]
