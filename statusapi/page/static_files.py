"""The page's static files: read once, named by what they contain, so that a browser may keep them for ever."""

import hashlib
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


def _read(name: str) -> _File:
    content = (_FOLDER / name).read_bytes()
    stem, _, end = name.rpartition(".")
    digest = hashlib.blake2b(content, digest_size=6).hexdigest()
    return _File(f"/static/{stem}.{digest}.{end}", content, _TYPES[end])


_FILES: Mapping[str, _File] = {name: _read(name) for name in ("page.css", "page.js", "favicon.svg")}
_BY_PATH = {file.path: file for file in _FILES.values()}


def path_of(name: str) -> str:
    """Where a browser finds the file of that name."""
    return _FILES[name].path


def routes() -> list[BaseRoute]:
    """GET and HEAD of each file, and of the icon that browsers ask for unasked."""

    async def static(request: Request) -> Response:
        file = _BY_PATH.get(request.url.path)
        if file is None:
            raise not_found()
        return Response(file.content, headers={"Cache-Control": _FOREVER}, media_type=file.media_type)

    async def icon(_: Request) -> Response:
        file = _FILES["favicon.svg"]
        return Response(file.content, headers={"Cache-Control": "public, max-age=86400"}, media_type=file.media_type)

    return [
        Route("/static/{name}", static, methods=READS),
        Route("/favicon.svg", icon, methods=READS),
        Route("/favicon.ico", icon, methods=READS),
    ]
