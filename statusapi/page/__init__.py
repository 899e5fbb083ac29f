"""The page that people look at: HTML made once per change, its few static files, its feeds and badges."""

from starlette.routing import BaseRoute

from statusapi.auth import Auth
from statusapi.chronicle import Chronicle
from statusapi.delivery import Delivery
from statusapi.page import badges, feeds
from statusapi.page.html import Pages, problem
from statusapi.page.notices import Notices
from statusapi.views import Views

__all__ = ["problem", "routes"]


def routes(views: Views, chronicle: Chronicle, delivery: Delivery, auth: Auth) -> list[BaseRoute]:
    """GET and HEAD of all of it."""
    own = Notices(delivery, auth).routes()
    return [*feeds.routes(views), *badges.routes(views), *own, *Pages(views, chronicle).routes()]
