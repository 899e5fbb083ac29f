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
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prober.core import ids, maintenance
from prober.core.made import deleted_work
from prober.core.model import (
    ComponentState,
    Ending,
    Incident,
    MaintenanceState,
    MaintenanceStatus,
)
from prober.core.status import headline
from prober.core.work import seen
from statusapi.history import History, next_look_ms
from statusapi.nouns import (
    DECLARED_FROM,
    FROM_BEST,
    AccountView,
    ComponentView,
    GroupView,
    IncidentView,
    Look,
    MaintenanceView,
    MetricView,
    PageView,
    UpdateView,
)
from statusapi.speeds import Speeds

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.core.events import Change, Decision
    from prober.record import Recorder

RECENT = 50  # newest incidents and maintenances that a page knows of
PAST_MS = 14 * 86_400_000  # how long a page knows of recurring maintenances that are over
COMING = 3  # of each recurring maintenance
MADE_FROM = 1_000_000  # where numbers of what was made through the API begin


class Views:
    """Every site's page, prepared once per change.

    recent, past, works: incidents, changes and maintenances that have ended, from the store; later ones are taken from
    the recorder's decisions.
    """

    def __init__(
        self,
        config: "Config",
        recorder: "Recorder",
        recent: Iterable[Incident],
        past: Iterable["Change"],
        clock: "Clock",
        works: Iterable[MaintenanceState] = (),
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._known_ms = clock.now_ms()
        self._incidents = {incident.num: incident for incident in recent}
        self._works = {work.id: work for work in works} | recorder.shown.maintenances
        self._history = History(past)
        self._speeds: Mapping[str, Speeds] = {}
        self._metrics: Mapping[str, tuple[MetricView, ...]] = {}
        self._pages: Mapping[str, PageView] = {}
        self._is_stale = True
        self._boundary_ms = 0  # until when the pages hold if nothing changes
        self.follow(config)
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

    def follow(self, config: "Config") -> None:
        """Another configuration holds, which differs from the one before by what was made through the API."""
        self._config = config
        self.accounts = tuple(
            AccountView(id_, account.name, num)
            for id_, account in config.accounts.items()
            for num in (self._num_of("accounts", id_),)
        )
        self._nums = {id_: self._num_of("components", id_) for id_ in config.components}
        self._hosts = _hosts({id_: site.url for id_, site in config.sites.items()})
        self._is_stale = True

    def _num_of(self, section: str, id_: str) -> int:
        """Its place in the file, from 1; of what was made, the number that it got then, beyond all places."""
        made = self._config.made.get((section, id_))
        if made is not None:
            return MADE_FROM + made.num
        return list(getattr(self._config, section)).index(id_) + 1

    def measure(self, speeds: Mapping[str, Speeds], metrics: Mapping[str, tuple[MetricView, ...]]) -> None:
        """What has been measured by now, by component and by site. Nobody is called: it changes all the time."""
        self._speeds, self._metrics = speeds, metrics
        self._is_stale = True

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
        for work in chain.from_iterable(decision.maintenances for decision in decisions):
            self._works[work.id] = work
        self._history.add(chain.from_iterable(decision.changes for decision in decisions))
        self._call()

    def _prepare(self) -> None:
        now_ms = self._clock.now_ms()
        self._incidents = self._incidents_to_keep()
        self._works = self._works_to_keep(now_ms)
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
        unseen = tuple(self._component(one, 1, now_ms) for one in self._config.components if self._is_hidden(one, id_))
        components = tuple(chain.from_iterable(e.components if isinstance(e, GroupView) else (e,) for e in entries))
        by_id = {component.id: component for component in (*components, *unseen)}
        url = (site.url or "").rstrip("/")
        every = [
            _incident(incident, url, by_id, self._extra("events", str(incident.num)))
            for _, incident in sorted(self._incidents.items(), reverse=True)
            if incident.site == id_ and ("deleted", str(incident.num)) not in self._config.made
        ]
        incidents = [shown for shown in every if not shown.extra.get("hidden_db")]
        windows = [w for w in self._all_works(now_ms) if w.site == id_]
        places = {id_: n for n, id_ in enumerate(self._recorder.policy.maintenances, 1)}
        works = tuple(
            _maintenance(w, num, url, by_id, self._extra("events", str(num)))
            for w in windows
            for num in (_num(w, places),)
        )
        told = tuple(work for work in works if not work.extra.get("hidden_db"))
        moments = (
            *(c.since_ms for c in components),
            *(i.updated_ms for i in incidents),
            *(w.updated_ms for w in told),
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
            maintenances=told,
            watched=any(component.watched for component in components),
            updated_ms=max(moments, default=self._known_ms),
            revision=self._recorder.shown.seq,
            zone=site.zone,
            look=Look(site.language, site.logo, site.colour, tuple(site.links.items()), tuple(site.frame_ancestors)),
            hidden=tuple(shown for shown in every if shown.extra.get("hidden_db")),
            hidden_works=tuple(work for work in works if work.extra.get("hidden_db")),
            hidden_components=unseen,
            metrics=self._metrics.get(id_, ()),
        )

    def _works_to_keep(self, now_ms: int) -> dict[str, MaintenanceState]:
        """What is under way or to come, the newest of each site, and of what recurs only the past days."""
        kept = dict(self._recorder.shown.maintenances)
        counts = dict.fromkeys(self._config.sites, 0)
        for work in sorted(self._works.values(), key=lambda w: (w.start_ms, w.id), reverse=True):
            is_old = "@" in work.id and work.window and work.end_ms < now_ms - PAST_MS
            if not is_old and not work.is_live and counts.get(work.site, RECENT) < RECENT:
                counts[work.site] += 1
                kept.setdefault(work.id, work)
        return kept

    def incident(self, num: int) -> Incident | None:
        """The incident of that number, if a page knows of it."""
        return self._incidents.get(num)

    def work(self, id_: str) -> MaintenanceState | None:
        """The planned work of that id, if a page knows of it."""
        return self._works.get(id_)

    def works(self, site: str) -> list[MaintenanceState]:
        """The planned work of a site that its page knows of, in any state, what starts last first."""
        return [work for work in self._all_works(self._clock.now_ms()) if work.site == site]

    def _all_works(self, now_ms: int) -> list[MaintenanceState]:
        """Planned work of the past and to come, newest first; of work that recurs the next few times."""
        found = {id_: work for id_, work in self._works.items() if not self._is_deleted(id_)}
        for id_, window in self._recorder.policy.maintenances.items():
            for one in maintenance.upcoming(window, now_ms, COMING + 1):
                if one.start_ms > now_ms and not self._is_deleted(one.id) and len(_to_come(found, id_)) < COMING:
                    found.setdefault(one.id, seen(one, id_, self._known_ms))
        return sorted(found.values(), key=lambda w: (w.start_ms, w.id), reverse=True)

    def _is_deleted(self, work: str) -> bool:
        return ("deleted", deleted_work(work)) in self._config.made

    def _extra(self, section: str, id_: str) -> Mapping[str, Any]:
        made = self._config.made.get((section, id_))
        return {} if made is None else made.content

    def _is_hidden(self, component: str, site: str) -> bool:
        is_here = self._config.components[component].site == site
        return is_here and bool(self._extra("components", component).get("hidden"))

    def _entries(self, site: str, now_ms: int) -> tuple[GroupView | ComponentView, ...]:
        """A group stands where its first component stands."""
        members: dict[tuple[str | None, str], list[str]] = {}
        for id_, component in self._config.components.items():
            if component.site == site and not self._is_hidden(id_, site):
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
            status=max((c.status for c in components), key=FROM_BEST.index),
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
            pin=state.pin,
            extra=self._extra("components", id_),
            uptimes=past.uptimes,
            speeds=self._speeds.get(id_),
        )


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


def shown(incident: Incident, page: PageView, extra: Mapping[str, Any]) -> IncidentView:
    """What is shown on that page of an incident that it no longer knows."""
    return _incident(incident, page.url, {component.id: component for component in page.components}, extra)


def shown_work(work: MaintenanceState, page: PageView, extra: Mapping[str, Any]) -> MaintenanceView:
    """The same of planned work."""
    return _maintenance(work, work.num, page.url, {component.id: component for component in page.components}, extra)


def _incident(
    incident: Incident, url: str, components: Mapping[str, ComponentView], extra: Mapping[str, Any]
) -> IncidentView:
    gone, gone_updates = extra.get("without_services", ()), extra.get("without_updates", ())
    named = dict.fromkeys([*(a.component for a in incident.affected), *extra.get("services", ())])
    found = [components[id_] for id_ in named if id_ in components and id_ not in gone]
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
        components=tuple(one for one in found if not one.extra.get("hidden")),
        hidden_components=tuple(one for one in found if one.extra.get("hidden")),
        updates=tuple(
            UpdateView(ids.slug(f"update:{incident.slug}:{n}"), f"{incident.uid}-{n}", u.at_ms, u.status, u.body)
            for n, u in enumerate(incident.updates, 1)
            if n not in gone_updates
        ),
        acknowledged_by=incident.acknowledged_by,
        extra=extra,
    )


def place(slug: str) -> str:
    """The name of the place on the page where a maintenance is shown, for an address to end with."""
    return f"maintenance-{slug}"


def _to_come(works: Mapping[str, MaintenanceState], window: str) -> list[MaintenanceState]:
    return [w for w in works.values() if w.window == window and w.status is MaintenanceStatus.PLANNING]


def _num(work: MaintenanceState, places: Mapping[str, int]) -> int:
    if work.num:
        return work.num
    start_s = work.id.partition("@")[2]
    # What is no longer declared keeps a number of its own, beyond all places.
    place = places.get(work.window) or len(places) + 1 + int.from_bytes(work.window.encode()) % 99_991
    return place * DECLARED_FROM + int(start_s or 0)


def _maintenance(
    work: MaintenanceState, num: int, url: str, components: Mapping[str, ComponentView], extra: Mapping[str, Any]
) -> MaintenanceView:
    slug = ids.slug(f"maintenance:{work.id}")
    found = [components[id_] for id_ in work.components if id_ in components]
    return MaintenanceView(
        id=work.id,
        slug=slug,
        site=work.site,
        name=work.name,
        url=f"{url}/#{place(slug)}",
        description=work.description,
        status=work.status,
        start_ms=work.start_ms,
        end_ms=work.end_ms,
        started_ms=work.started_ms,
        ended_ms=work.ended_ms,
        auto_start=work.auto_start,
        auto_end=work.auto_end is not Ending.BY_HAND,
        created_ms=work.first_seen_ms,
        updated_ms=work.updated_ms,
        components=tuple(one for one in found if not one.extra.get("hidden")),
        hidden_components=tuple(one for one in found if one.extra.get("hidden")),
        updates=tuple(
            UpdateView(ids.slug(f"update:{slug}:{n}"), f"{work.id}-{n}", u.at_ms, u.status, u.body)
            for n, u in enumerate(work.updates, 1)
            if n not in extra.get("without_updates", ())
        ),
        num=num,
        extra=extra,
    )
