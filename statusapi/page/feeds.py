"""What happened, for feed readers: Atom and RSS with the paths and the shape of Statuspage, and a calendar.

An entry's content begins with its newest update: there, in the first <strong>, readers look for where it stands.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from html import escape
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober.core.model import IncidentStatus, MaintenanceStatus
from statusapi.nouns import IncidentView, MaintenanceView, PageView
from statusapi.page import calendar, words
from statusapi.page.markup import put, written
from statusapi.prepared import READS, Prepared, answer, page_of
from statusapi.views import Views

MOST = 50  # entries, the newest
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=60",
    "X-Content-Type-Options": "nosniff",
}

MAINTENANCE: Mapping[MaintenanceStatus, str] = {
    MaintenanceStatus.PLANNING: "Scheduled",
    MaintenanceStatus.INPROGRESS: "In progress",
    MaintenanceStatus.VERIFYING: "Verifying",
    MaintenanceStatus.COMPLETED: "Completed",
    MaintenanceStatus.CANCELLED: "Cancelled",
}

_ATOM = "http://www.w3.org/2005/Atom"


class Entry(NamedTuple):
    """An incident or a maintenance, as both feeds tell of it. html: its content."""

    slug: str
    title: str
    url: str
    published_ms: int
    updated_ms: int
    html: str


def routes(views: Views) -> list[BaseRoute]:
    """GET and HEAD of every feed, for the site of the host and for each site by its id."""
    prepared = Prepared(lambda page, path: _FEEDS[path].make(page))

    def reader(path: str) -> Callable[[Request], Any]:
        async def read(request: Request) -> Response:
            return answer(request, prepared.get(page_of(views, request), path), _FEEDS[path].media_type, HEADERS)

        return read

    return [Route(f"{prefix}{path}", reader(path), methods=READS) for prefix in ("", "/s/{site}") for path in _FEEDS]


def entries(page: PageView) -> list[Entry]:
    """The newest of incidents and planned work, newest first."""
    incidents = {incident.slug: incident for incident in chain(page.incidents, page.recent)}
    found = [*map(_of_incident, incidents.values()), *map(_of_maintenance, page.maintenances)]
    return sorted(found, key=lambda entry: entry.published_ms, reverse=True)[:MOST]


def _of_incident(incident: IncidentView) -> Entry:
    updates = "".join(
        _update(u.at_ms, words.INCIDENT[IncidentStatus(u.status)], u.body) for u in incident.updates[::-1]
    )
    html = updates + _affected([component.name for component in incident.components])
    return Entry(incident.slug, incident.name, incident.url, incident.created_ms, incident.updated_ms, html)


def _of_maintenance(work: MaintenanceView) -> Entry:
    planned = f"<p><small>Planned from {words.moment(work.start_ms)} to {words.moment(work.end_ms)}</small></p>"
    updates = "".join(_update(u.at_ms, MAINTENANCE[MaintenanceStatus(u.status)], u.body) for u in work.updates[::-1])
    html = planned + updates + _affected([component.name for component in work.components])
    return Entry(work.slug, work.name, work.url, work.created_ms, work.updated_ms, html)


def _update(at_ms: int, word: str, body: str) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%b %d, %H:%M UTC")
    text = "<br>".join(escape(line) for line in body.splitlines())
    return f"<p><small>{at}</small><br><strong>{word}</strong> - {text}</p>"


def _affected(names: Sequence[str]) -> str:
    return f"<p><small>Affects {escape(', '.join(names))}</small></p>" if names else ""


def atom(page: PageView) -> bytes:
    """The feed in Atom (RFC 4287)."""
    found = entries(page)
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    put(feed, "id", f"{_tag(page)}{urlsplit(page.url).path}/history")
    put(feed, "title", _title(page))
    put(feed, "updated", words.instant(max((entry.updated_ms for entry in found), default=page.updated_ms)))
    put(put(feed, "author"), "name", page.name)
    put(feed, "link", attributes=_to("alternate", "text/html", page.url))
    put(feed, "link", attributes=_to("self", "application/atom+xml", f"{page.url}/history.atom"))
    for entry in found:
        element = put(feed, "entry")
        put(element, "id", f"{_tag(page)}Incident/{entry.slug}")
        put(element, "published", words.instant(entry.published_ms))
        put(element, "updated", words.instant(entry.updated_ms))
        put(element, "link", attributes=_to("alternate", "text/html", entry.url))
        put(element, "title", entry.title)
        put(element, "content", entry.html, {"type": "html"})
    return _document(feed)


def rss(page: PageView) -> bytes:
    """The feed in RSS 2.0."""
    root = ElementTree.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM})
    channel = put(root, "channel")
    put(channel, "title", _title(page))
    put(channel, "link", page.url)
    put(channel, "description", f"What happened at {escape(page.name)}, and what is planned")
    put(channel, "language", "en")
    put(channel, "atom:link", attributes=_to("self", "application/rss+xml", f"{page.url}/history.rss"))
    for entry in entries(page):
        item = put(channel, "item")
        put(item, "title", entry.title)
        put(item, "description", entry.html)
        put(item, "pubDate", formatdate(entry.published_ms // 1000, usegmt=True))
        put(item, "link", entry.url)
        put(item, "guid", entry.url)
    return _document(root)


def _title(page: PageView) -> str:
    return f"{page.name} - Incident History"


def _tag(page: PageView) -> str:
    """What the ids of a page's feed begin with (RFC 4151)."""
    return f"tag:{urlsplit(page.url).hostname},2005:"


def _to(rel: str, media_type: str, href: str) -> dict[str, str]:
    """The attributes of a link."""
    return {"rel": rel, "type": media_type, "href": href}


def _document(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written(root)}\n'.encode()


class _Feed(NamedTuple):
    media_type: str
    make: Callable[[PageView], bytes]


_FEEDS: Mapping[str, _Feed] = {
    "/history.atom": _Feed("application/atom+xml; charset=utf-8", atom),
    "/history.rss": _Feed("application/rss+xml; charset=utf-8", rss),
    "/maintenance.ics": _Feed("text/calendar; charset=utf-8", lambda page: calendar.document(page).encode()),
}

FEEDS = tuple(_FEEDS)
