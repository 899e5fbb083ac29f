"""The neutral read model: what a reader is shown, prepared once per change.

The rules:

1. A view is made of what is committed (Recorder.shown and the decisions that led there), of the configuration's names,
   and of the clock: where a maintenance stands and how much of the day is over is read off it. Nothing else is asked
   when a reader comes.
2. All pages are made anew at the first look after a change, a maintenance's boundary, a midnight, or a step of the
   running day's figures; a page that came out equal stays the same object, so that whoever keeps something made of it
   can tell by identity.
3. Nothing here is secret: no address, no error text, no key.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from prober.core import ids, maintenance
from prober.core.model import (
    ComponentState,
    Headline,
    Impact,
    Incident,
    IncidentStatus,
    Maintenance,
    MaintenanceStatus,
    Status,
)
from prober.core.status import headline
from statusapi.history import DayBar, History, next_look_ms

if TYPE_CHECKING:
    from pathlib import Path

    from prober.clock import Clock
    from prober.config import Config
    from prober.core.events import Change, Decision
    from prober.record import Recorder

RECENT = 50  # newest incidents and maintenances that a page knows of
PAST_MS = 14 * 86_400_000  # how long a page knows of recurring maintenances that are over
COMING = 3  # of each recurring maintenance


class ComponentView(NamedTuple):
    """What is shown of a component.

    id: as configured; slug: 12 lower-case letters and digits. position: from 1, within its group or on the page.
    since_ms: since when it has that status. watched: whether any of its checks has a verdict.
    bars: its last days, oldest first. uptime: share of their judged time, from 0 to 1; None if there is none.
    num: its place in the configuration, from 1, for readers who need a number.
    """

    id: str
    slug: str
    site: str
    name: str
    description: str
    group: str | None
    group_slug: str | None
    position: int
    status: Status
    since_ms: int
    watched: bool
    uptime: float | None
    bars: tuple[DayBar, ...]
    num: int


class GroupView(NamedTuple):
    """Components shown under one name; never empty. status: the worst of theirs."""

    id: str
    slug: str
    name: str
    position: int
    status: Status
    since_ms: int
    watched: bool
    components: tuple[ComponentView, ...]


class UpdateView(NamedTuple):
    """One entry of a timeline."""

    slug: str
    uid: str
    at_ms: int
    status: IncidentStatus | MaintenanceStatus
    body: str


class IncidentView(NamedTuple):
    """What is shown of an incident. updates: oldest first. components: those still configured, as they are now.

    acknowledged_by: "" = nobody; for those who have a key, never for the public.
    """

    num: int
    uid: str
    slug: str
    site: str
    name: str
    url: str
    status: IncidentStatus
    impact: Impact
    started_ms: int
    created_ms: int
    updated_ms: int
    monitoring_ms: int | None
    resolved_ms: int | None
    components: tuple[ComponentView, ...]
    updates: tuple[UpdateView, ...]
    acknowledged_by: str

    @property
    def is_open(self) -> bool:
        return self.resolved_ms is None


class MaintenanceView(NamedTuple):
    """What is shown of planned work. updates: oldest first, one for each boundary that has passed.

    num: made of its place in the configuration and, if it recurs, of its start; larger than any incident's.
    """

    id: str
    slug: str
    site: str
    name: str
    url: str
    description: str
    status: MaintenanceStatus
    start_ms: int
    end_ms: int
    created_ms: int
    updated_ms: int
    components: tuple[ComponentView, ...]
    updates: tuple[UpdateView, ...]
    num: int


class Look(NamedTuple):
    """How the site wants its page to look. logo: a file; colour: "#rrggbb"; links: what is read, and where it leads.

    language: for readers whose browser asks for none; frame_ancestors: origins that may show the page in a frame.
    """

    language: str
    logo: "Path | None"
    colour: str | None
    links: tuple[tuple[str, str], ...]
    frame_ancestors: tuple[str, ...]


class PageView(NamedTuple):
    """All that is shown of one site.

    zone: whose days are counted.

    entries: groups, and components without a group, in the order of the configuration; components: the same, flat.
    incidents: open ones; recent: the newest in any state; maintenances: any state; all newest first.
    watched: whether any component is. updated_ms: the latest change that can be seen.
    revision: of the decision that brought the latest change of this page; two different pages may share it.
    """

    site: str
    account: str | None
    slug: str
    name: str
    url: str
    description: str
    headline: Headline
    entries: tuple[GroupView | ComponentView, ...]
    components: tuple[ComponentView, ...]
    incidents: tuple[IncidentView, ...]
    recent: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...]
    watched: bool
    updated_ms: int
    revision: int
    zone: str
    look: Look

    def incident(self, slug: str) -> IncidentView | None:
        """The incident of that slug, if the page still knows it."""
        return next((i for i in chain(self.incidents, self.recent) if i.slug == slug), None)


class AccountView(NamedTuple):
    """What is shown of an account: never its key."""

    id: str
    name: str


class Views:
    """Every site's page, prepared once per change.

    recent, past: incidents and changes from before, from the store; later ones are taken from the recorder's decisions.
    """

    def __init__(
        self,
        config: "Config",
        recorder: "Recorder",
        recent: Iterable[Incident],
        past: Iterable["Change"],
        clock: "Clock",
    ) -> None:
        self.accounts = tuple(AccountView(id_, account.name) for id_, account in config.accounts.items())
        self._config = config
        self._recorder = recorder
        self._clock = clock
        self._known_ms = clock.now_ms()
        self._incidents = {incident.num: incident for incident in recent}
        self._history = History(past)
        self._nums = {id_: num for num, id_ in enumerate(config.components, 1)}
        self._hosts = _hosts({id_: site.url for id_, site in config.sites.items()})
        self._pages: Mapping[str, PageView] = {}
        self._is_stale = True
        self._boundary_ms = 0  # until when the pages hold if nothing changes
        self._listeners: list[Callable[[], None]] = []
        self.is_closed = False
        self._stop = recorder.on_shown(self._note)
        self._prepare()  # 90 days are counted here, and not while the first reader waits

    @property
    def pages(self) -> Mapping[str, PageView]:
        """The page of each site, by id, in the configuration's order; the same object until one of them changes."""
        if self._is_stale or self._clock.now_ms() >= self._boundary_ms:
            self._prepare()
        return self._pages

    @property
    def revision(self) -> int:
        """The latest revision of all pages."""
        return max((page.revision for page in self.pages.values()), default=0)

    def find(self, site: str | None, host: str | None) -> PageView | None:
        """The page of that site id; without one, of the site that answers on that host; else of the first site."""
        if site is None:
            site = self._hosts.get((host or "").lower()) or self._hosts.get(_name(host or ""))
        pages = self.pages
        return next(iter(pages.values()), None) if site is None else pages.get(site)

    def close(self) -> None:
        """Nobody shall read here any more: another configuration takes over, or the daemon stops."""
        if not self.is_closed:
            self.is_closed = True
            self._stop()
            self._call()

    def on_changed(self, listener: Callable[[], None]) -> None:
        """Call it after each change, and when nobody shall read here any more."""
        self._listeners.append(listener)

    def _call(self) -> None:
        for listener in self._listeners:
            listener()

    def _note(self, decisions: Sequence["Decision"]) -> None:
        self._is_stale = True
        for incident in chain.from_iterable(decision.incidents for decision in decisions):
            self._incidents[incident.num] = incident
        self._history.add(chain.from_iterable(decision.changes for decision in decisions))
        self._call()

    def _prepare(self) -> None:
        now_ms = self._clock.now_ms()
        self._incidents = self._incidents_to_keep()
        pages = {site: self._page(site, now_ms) for site in self._config.sites}
        for site, before in self._pages.items():
            if site in pages and pages[site]._replace(revision=before.revision) == before:
                pages[site] = before
        if not _are_same(pages, self._pages):
            self._pages = pages
        look_ms = next_look_ms({site.zone for site in self._config.sites.values()}, now_ms)
        edge_ms = maintenance.next_boundary_ms(self._recorder.policy.maintenances.values(), now_ms)
        self._boundary_ms = look_ms if edge_ms is None else min(look_ms, edge_ms)
        self._is_stale = False

    def _incidents_to_keep(self) -> dict[int, Incident]:
        """The open ones, and the newest of each site."""
        kept = dict(self._recorder.shown.incidents)
        counts = dict.fromkeys(self._config.sites, 0)
        for num, incident in sorted(self._incidents.items(), reverse=True):
            if counts.get(incident.site, RECENT) < RECENT:
                counts[incident.site] += 1
                kept.setdefault(num, incident)
        return kept

    def _page(self, id_: str, now_ms: int) -> PageView:
        site = self._config.sites[id_]
        entries = self._entries(id_, now_ms)
        components = tuple(chain.from_iterable(e.components if isinstance(e, GroupView) else (e,) for e in entries))
        by_id = {component.id: component for component in components}
        url = (site.url or "").rstrip("/")
        incidents = [
            _incident(incident, url, by_id)
            for _, incident in sorted(self._incidents.items(), reverse=True)
            if incident.site == id_
        ]
        windows = [w for w in self._windows(now_ms) if w.site == id_]
        places = {id_: n for n, id_ in enumerate(self._recorder.policy.maintenances, 1)}
        works = tuple(_maintenance(w, _num(w, places), url, by_id, now_ms, self._known_ms) for w in windows)
        moments = (
            *(c.since_ms for c in components),
            *(i.updated_ms for i in incidents),
            *(edge for w in windows for edge in (w.start_ms, w.end_ms) if edge <= now_ms),
        )
        return PageView(
            site=id_,
            account=site.account,
            slug=ids.slug(f"site:{id_}"),
            name=site.name,
            url=url,
            description=site.description or "",
            headline=headline(component.status for component in components),
            entries=entries,
            components=components,
            incidents=tuple(i for i in incidents if i.is_open),
            recent=tuple(incidents[:RECENT]),
            maintenances=works,
            watched=any(component.watched for component in components),
            updated_ms=max(moments, default=self._known_ms),
            revision=self._recorder.shown.seq,
            zone=site.zone,
            look=Look(site.language, site.logo, site.colour, tuple(site.links.items()), tuple(site.frame_ancestors)),
        )

    def _windows(self, now_ms: int) -> list[Maintenance]:
        """Planned work of the past days and to come, newest first; of work that recurs the next few times."""
        found = []
        for window in self._recorder.policy.maintenances.values():
            if window.recurrence is None:
                found.append(window)
            else:
                found += maintenance.between([window], now_ms - PAST_MS, now_ms)
                found += [one for one in maintenance.upcoming(window, now_ms, COMING) if one.start_ms > now_ms]
        return sorted(found, key=lambda w: (w.start_ms, w.id), reverse=True)

    def _entries(self, site: str, now_ms: int) -> tuple[GroupView | ComponentView, ...]:
        """A group stands where its first component stands."""
        members: dict[tuple[str | None, str], list[str]] = {}
        for id_, component in self._config.components.items():
            if component.site == site:
                key = (None, id_) if component.group is None else (component.group, "")
                members.setdefault(key, []).append(id_)
        return tuple(
            self._component(found[0], position, now_ms)
            if group is None
            else self._group(group, found, position, now_ms)
            for position, ((group, _), found) in enumerate(members.items(), 1)
        )

    def _group(self, id_: str, members: Sequence[str], position: int, now_ms: int) -> GroupView:
        components = tuple(self._component(member, n, now_ms) for n, member in enumerate(members, 1))
        return GroupView(
            id=id_,
            slug=_group_slug(id_),
            name=self._config.groups[id_].name,
            position=position,
            status=max((c.status for c in components), key=_FROM_BEST.index),
            since_ms=max(c.since_ms for c in components),
            watched=any(c.watched for c in components),
            components=components,
        )

    def _component(self, id_: str, position: int, now_ms: int) -> ComponentView:
        component = self._config.components[id_]
        state = self._recorder.shown.components.get(id_) or ComponentState(id_, since_ms=self._known_ms)
        past = self._history.of(id_, self._config.sites[component.site].zone, now_ms)
        return ComponentView(
            id=id_,
            slug=ids.slug(f"component:{id_}"),
            site=component.site,
            name=component.name,
            description=component.description or "",
            group=component.group,
            group_slug=None if component.group is None else _group_slug(component.group),
            position=position,
            status=state.status,
            since_ms=state.since_ms,
            watched=state.watched,
            uptime=past.share,
            bars=past.bars,
            num=self._nums[id_],
        )


_FROM_BEST = tuple(Status)


def _are_same(pages: Mapping[str, PageView], others: Mapping[str, PageView]) -> bool:
    return pages.keys() == others.keys() and all(others[site] is page for site, page in pages.items())


def _group_slug(id_: str) -> str:
    return ids.slug(f"group:{id_}")


def _hosts(urls: Mapping[str, str]) -> dict[str, str]:
    """Which site answers on which host, with its port and without; the first of several."""
    hosts: dict[str, str] = {}
    for site, url in urls.items():
        authority = urlsplit(url or "").netloc.lower()
        for host in (authority, _name(authority)):
            if host:
                hosts.setdefault(host, site)
    return hosts


def _name(host: str) -> str:
    """A Host header's name without its port; "" if it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def shown(incident: Incident, page: PageView) -> IncidentView:
    """What is shown on that page of an incident that it no longer knows."""
    return _incident(incident, page.url, {component.id: component for component in page.components})


def _incident(incident: Incident, url: str, components: Mapping[str, ComponentView]) -> IncidentView:
    return IncidentView(
        num=incident.num,
        uid=incident.uid,
        slug=incident.slug,
        site=incident.site,
        name=incident.name,
        url=f"{url}/incidents/{incident.slug}",
        status=incident.status,
        impact=incident.impact,
        started_ms=incident.started_ms,
        created_ms=incident.opened_ms,
        updated_ms=incident.updated_ms,
        monitoring_ms=incident.monitoring_ms,
        resolved_ms=incident.resolved_ms,
        components=tuple(components[a.component] for a in incident.affected if a.component in components),
        updates=tuple(
            UpdateView(ids.slug(f"update:{incident.slug}:{n}"), f"{incident.uid}-{n}", u.at_ms, u.status, u.body)
            for n, u in enumerate(incident.updates, 1)
        ),
        acknowledged_by=incident.acknowledged_by,
    )


def place(slug: str) -> str:
    """The name of the place on the page where a maintenance is shown, for an address to end with."""
    return f"maintenance-{slug}"


_STARTED = "The maintenance has started."
_COMPLETED = "The maintenance is completed."


_OF_ONE_PLACE = 10**10  # more than there are incidents, or seconds until a maintenance


def _num(window: Maintenance, places: Mapping[str, int]) -> int:
    id_, _, start_s = window.id.partition("@")
    return places[id_] * _OF_ONE_PLACE + int(start_s or 0)


def _maintenance(
    window: Maintenance, num: int, url: str, components: Mapping[str, ComponentView], now_ms: int, known_ms: int
) -> MaintenanceView:
    """A declared window has no history: its timeline is what its boundaries say.

    known_ms: since when this process has known of it, which is as much as can be said of its announcement.
    """
    created_ms = min(window.start_ms, known_ms)
    slug = ids.slug(f"maintenance:{window.id}")
    steps = (
        (created_ms, MaintenanceStatus.PLANNING, window.description or window.name),
        (window.start_ms, MaintenanceStatus.INPROGRESS, _STARTED),
        (window.end_ms, MaintenanceStatus.COMPLETED, _COMPLETED),
    )
    updates = tuple(
        UpdateView(ids.slug(f"update:{slug}:{n}"), f"{window.id}-{n}", *step)
        for n, step in enumerate(steps, 1)
        if step[0] <= now_ms
    )
    return MaintenanceView(
        id=window.id,
        slug=slug,
        site=window.site,
        name=window.name,
        url=f"{url}/#{place(slug)}",
        description=window.description,
        status=maintenance.status_at(window, now_ms),
        start_ms=window.start_ms,
        end_ms=window.end_ms,
        created_ms=created_ms,
        updated_ms=updates[-1].at_ms,
        components=tuple(components[id_] for id_ in window.components if id_ in components),
        updates=updates,
        num=num,
    )
