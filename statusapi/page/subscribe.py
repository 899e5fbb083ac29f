"""Where readers subscribe by mail, confirm it, and leave again: forms of HTML that need no script and keep no cookie.

A link out of a mail is opened by programs as well: it shows what it is for, and only a POST does it. What mail programs
post by themselves when somebody unsubscribes (RFC 8058) is one as well.
"""

from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from statusapi.decode import taken
from statusapi.limits import Limits
from statusapi.page.headers import headers
from statusapi.page.html import MEDIA_TYPE, Pages
from statusapi.prepared import READS, page_of
from statusapi.problems import Problem
from statusapi.subscribers import Readers
from statusapi.views import Views

FORM = frozenset({"application/x-www-form-urlencoded"})
LONGEST_FORM = 2_048  # bytes


class Subscribe:
    """The forms of one configuration's pages."""

    def __init__(self, pages: Pages, views: Views, readers: Readers, limits: Limits) -> None:
        self._pages = pages
        self._views = views
        self._readers = readers
        self._limits = limits

    def routes(self) -> list[BaseRoute]:
        """For the site of the host and for each site by its id."""
        methods = [*READS, "POST"]
        return [
            route
            for prefix in ("", "/s/{site}")
            for route in (
                Route(f"{prefix}/subscribe", self._ask, methods=methods),
                Route(f"{prefix}/subscribe/confirm", self._confirm, methods=methods),
                Route(f"{prefix}/unsubscribe", self._leave, methods=methods),
            )
        ]

    async def _ask(self, request: Request) -> Response:
        page = page_of(self._views, request)
        if request.method != "POST":  # of who loads again what the form has led to, or types it
            return Response(status_code=303, headers={"Location": "./#mails", "Cache-Control": "no-store"})
        if request.headers.get("sec-fetch-site") == "cross-site":
            # A browser brings the password of a private page along, whoever has it ask, and for whose mailbox.
            raise Problem(403, "foreign", "Another page asks for this: subscribe on the status page itself.")
        asked = parse_qs((await taken(request, FORM, LONGEST_FORM)).decode("utf-8", "replace"))
        await self._readers.ask(page.site, asked.get("address", [""])[0], self._limits.asker(request))
        return self._shown(request, "asked", status=202)

    async def _confirm(self, request: Request) -> Response:
        site = page_of(self._views, request).site
        id_, found = await self._readers.meant("confirm", site, _token(request))
        if request.method == "POST":
            found = await self._readers.confirm(site, id_)
        if found is None or not self._readers.is_open(site):
            raise Problem(410, "late", "This link is no longer good: ask on the page for another one.")
        return self._shown(request, "ask" if found.confirmed_ms is None else "confirmed", address=found.address)

    async def _leave(self, request: Request) -> Response:
        site = page_of(self._views, request).site
        id_, found = await self._readers.meant("leave", site, _token(request))
        if request.method == "POST":
            await self._readers.leave(id_)
            found = None
        return self._shown(request, "left" if found is None else "leave", address=found.address if found else "")

    def _shown(self, request: Request, what: str, status: int = 200, **more: Any) -> Response:
        """what: which of the template's texts."""
        page = page_of(self._views, request)
        content = self._pages.made(request, page, "subscribe", what=what, **more)
        found = {**headers(page.look.frame_ancestors), "Cache-Control": "no-store"}
        return Response(content.encode(), status, found, MEDIA_TYPE)


def _token(request: Request) -> str:
    return request.query_params.get("t", "")[:200]
