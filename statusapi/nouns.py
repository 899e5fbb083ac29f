"""What a reader is shown, as the views tell it: pages and what is on them.

Nothing here is secret: no address, no error text, no key.
"""

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from prober.core.model import Headline, Impact, IncidentStatus, MaintenanceStatus, Pin, Status
from statusapi.history import DayBar
from statusapi.speeds import Speeds

if TYPE_CHECKING:
    from pathlib import Path

    from prober.store.made import Point

FROM_BEST = tuple(Status)
"""What components show, the better first."""

DECLARED_FROM = 10**10
"""Numbers of planned work that is declared are this and more: there are fewer incidents, and seconds until a start."""


class ComponentView(NamedTuple):
    """What is shown of a component.

    id: as configured; slug: 12 lower-case letters and digits. position: from 1, within its group or on the page.
    since_ms: since when it has that status. watched: whether any of its checks has a verdict.
    bars: its last days, oldest first. uptime: share of their judged time, from 0 to 1; None if there is none.
    num: its place in the configuration, from 1, for readers who need a number. pin: what a person has set.
    extra: what some dialects know of it besides, see Config.made. uptimes: of the last so many days, by their number.
    speeds: how long good answers took in the last day, by the hour; None if there was none.
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
    pin: Pin | None = None
    extra: Mapping[str, Any] = {}
    uptimes: Mapping[int, float | None] = {}
    speeds: Speeds | None = None


class MetricView(NamedTuple):
    """A time series that somebody feeds. suffix: its unit; "" = none. points: the newest, in order; never empty."""

    id: str
    name: str
    suffix: str
    points: tuple["Point", ...]


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
    extra: what some dialects know of it besides, see Config.made. hidden_components: for those who have a key.
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
    extra: Mapping[str, Any] = {}
    hidden_components: tuple[ComponentView, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.resolved_ms is None


class MaintenanceView(NamedTuple):
    """What is shown of planned work. updates: oldest first. start_ms, end_ms: as things stand.

    started_ms, ended_ms: when it really did; None = not yet.
    num: made of its place in the configuration and, if it recurs, of its start: larger than any incident's; what a
    person has scheduled has one from the same count as incidents. hidden_components: for those who have a key.
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
    started_ms: int | None
    ended_ms: int | None
    auto_start: bool
    auto_end: bool
    created_ms: int
    updated_ms: int
    components: tuple[ComponentView, ...]
    updates: tuple[UpdateView, ...]
    num: int
    extra: Mapping[str, Any] = {}
    hidden_components: tuple[ComponentView, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it is under way or to come."""
        return self.ended_ms is None

    @property
    def is_under_way(self) -> bool:
        return self.started_ms is not None and self.ended_ms is None


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
    hidden (incidents), hidden_works, hidden_components: what only those are told of who have a key.
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
    hidden: tuple[IncidentView, ...] = ()
    hidden_works: tuple[MaintenanceView, ...] = ()
    hidden_components: tuple[ComponentView, ...] = ()
    metrics: tuple[MetricView, ...] = ()

    def incident(self, slug: str) -> IncidentView | None:
        """The incident of that slug, if the page still knows it."""
        return next((i for i in chain(self.incidents, self.recent) if i.slug == slug), None)


class AccountView(NamedTuple):
    """What is shown of an account: never its key. num: for readers who need a number."""

    id: str
    name: str
    num: int
