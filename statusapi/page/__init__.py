"""The page that people look at: HTML made once per change, its few static files, its feeds and badges."""

from starlette.routing import BaseRoute

from statusapi.auth import Auth
from statusapi.chronicle import Chronicle
from statusapi.delivery import Delivery
from statusapi.limits import Limits
from statusapi.page import badges, feeds
from statusapi.page.html import Pages, problem
from statusapi.page.notices import Notices
from statusapi.page.subscribe import Subscribe
from statusapi.subscribers import Readers
from statusapi.views import Views

__all__ = ["problem", "routes"]


def routes(
    views: Views, chronicle: Chronicle, delivery: Delivery, auth: Auth, readers: Readers, limits: Limits
) -> list[BaseRoute]:
    """GET and HEAD of all of it, and what readers send who subscribe."""
    own, pages = Notices(delivery, auth).routes(), Pages(views, chronicle, readers)
    asked = Subscribe(pages, views, readers, limits).routes()
    return [*feeds.routes(views), *badges.routes(views), *own, *asked, *pages.routes()]
