"""The page that people look at: HTML made once per change, its few static files, its feeds and badges."""

from starlette.routing import BaseRoute

from statusapi.chronicle import Chronicle
from statusapi.page import badges, feeds
from statusapi.page.html import Pages, problem
from statusapi.views import Views

__all__ = ["problem", "routes"]


def routes(views: Views, chronicle: Chronicle) -> list[BaseRoute]:
    """GET and HEAD of all of it."""
    return [*feeds.routes(views), *badges.routes(views), *Pages(views, chronicle).routes()]
