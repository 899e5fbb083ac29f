"""What a site's page is dressed in: its logo and its colour, from the configuration."""

import hashlib
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.config.values import LOGO_TYPES
from statusapi.nouns import Look, PageView
from statusapi.prepared import READS, page_of
from statusapi.problems import not_found
from statusapi.views import Views

DARK, LIGHT = "#15191d", "#ffffff"
_FOREVER = "public, max-age=31536000, immutable"
# Opened by itself, a drawing may neither run nor load anything.
_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class Asset(NamedTuple):
    """A file of a site. path: below the site's own, with a mark of what it contains."""

    path: str
    content: bytes
    media_type: str


class Looks:
    """The files of every site, read once for a configuration."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._logos = {id_: _logo(page.look) for id_, page in views.pages.items()}
        self._themes = {id_: _theme(page.look) for id_, page in views.pages.items()}

    def logo(self, page: PageView) -> Asset | None:
        """The picture beside the page's name."""
        return self._logos.get(page.site)

    def theme(self, page: PageView) -> Asset | None:
        """The page's own colours, as a style sheet."""
        return self._themes.get(page.site)

    def routes(self) -> list[BaseRoute]:
        """GET and HEAD of these files, for the site of the host and for each site by its id."""

        async def logo(request: Request) -> Response:
            return _answer(self.logo(page_of(self._views, request)))

        async def theme(request: Request) -> Response:
            return _answer(self.theme(page_of(self._views, request)))

        return [
            Route(f"{prefix}/{name}", endpoint, methods=READS)
            for prefix in ("", "/s/{site}")
            for name, endpoint in (("logo", logo), ("theme.css", theme))
        ]


def _answer(asset: Asset | None) -> Response:
    if asset is None:
        raise not_found()
    return Response(asset.content, headers={"Cache-Control": _FOREVER} | _HARMLESS, media_type=asset.media_type)


def _logo(look: Look) -> Asset | None:
    if look.logo is None:
        return None
    return _asset("logo", look.logo.read_bytes(), LOGO_TYPES[look.logo.suffix])


def _theme(look: Look) -> Asset | None:
    if look.colour is None:
        return None
    css = f".top {{ background: {look.colour}; color: {text_on(look.colour)}; margin-bottom: 1rem; }}\n"
    return _asset("theme.css", css.encode(), "text/css")


def _asset(name: str, content: bytes, media_type: str) -> Asset:
    return Asset(f"{name}?{hashlib.blake2b(content, digest_size=6).hexdigest()}", content, media_type)


def text_on(colour: str) -> str:
    """Dark or light, whichever reads better on that colour (WCAG 2.2: relative luminance)."""
    on = _luminance(colour)
    return LIGHT if (1.05) / (on + 0.05) >= (on + 0.05) / (_luminance(DARK) + 0.05) else DARK


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
