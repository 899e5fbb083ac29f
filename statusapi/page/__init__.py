"""The page that people look at: HTML made once per change, its few static files, its feeds and badges."""

from starlette.routing import BaseRoute

from statusapi.page import badges, feeds, html
from statusapi.page.html import problem
from statusapi.views import Views

__all__ = ["problem", "routes"]


def routes(views: Views) -> list[BaseRoute]:
    """GET and HEAD of all of it."""
    return [*feeds.routes(views), *badges.routes(views), *html.routes(views)]
