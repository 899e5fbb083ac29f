"""What a person may ask for. Each order is judged by step; one that can't be carried out changes nothing."""

from typing import NamedTuple

from prober.core.model import Ending, Impact, IncidentStatus, Status


class Post(NamedTuple):
    """Add an entry to an incident's timeline. status: where it then stands; None = where it stands now."""

    num: int
    body: str
    author: str
    status: IncidentStatus | None = None


class Acknowledge(NamedTuple):
    """Say that somebody knows of an incident: reminders stop. until_ms: for how long; None = until it ends."""

    num: int
    author: str
    until_ms: int | None = None


class Open(NamedTuple):
    """Open an incident by hand. components: of the site; their statuses are not touched.

    started_ms: when it began, if that was earlier. resolved_ms: it is over since then: a record of what has been, of
    which nobody is told.
    """

    site: str
    name: str
    body: str
    author: str
    impact: Impact = Impact.MINOR
    components: tuple[str, ...] = ()
    status: IncidentStatus = IncidentStatus.INVESTIGATING
    started_ms: int | None = None
    resolved_ms: int | None = None


class SetPin(NamedTuple):
    """Let a component show a status, whatever its checks say. until_ms: for how long; None = until it is taken off."""

    component: str
    status: Status
    author: str
    until_ms: int | None = None


class TakePin(NamedTuple):
    """Take the pin off a component: it shows again what its checks say."""

    component: str
    author: str


class ScheduleMaintenance(NamedTuple):
    """Plan work that the configuration does not know of. The keys are those of core.model.Maintenance."""

    site: str
    name: str
    author: str
    start_ms: int
    end_ms: int
    components: tuple[str, ...]
    description: str = ""
    auto_start: bool = True
    auto_end: Ending = Ending.ON_TIME
    extend_up_to_ms: int = 0
    remind_before_ms: int | None = None


class StartMaintenance(NamedTuple):
    """Start a maintenance now. body: what people read, as in the orders below; "" = the usual sentence."""

    id: str
    author: str
    body: str = ""


class ExtendMaintenance(NamedTuple):
    """Let a maintenance end later, at until_ms."""

    id: str
    author: str
    until_ms: int
    body: str = ""


class MoveMaintenance(NamedTuple):
    """Give a maintenance that a person has planned other times, components or ways to start and to end.

    components: at least one. auto_start, auto_end: as of ScheduleMaintenance; None = as they are.
    """

    id: str
    author: str
    start_ms: int
    end_ms: int
    components: tuple[str, ...]
    body: str = ""
    auto_start: bool | None = None
    auto_end: Ending | None = None


class EndMaintenance(NamedTuple):
    """End a maintenance that is under way, now."""

    id: str
    author: str
    body: str = ""


class CancelMaintenance(NamedTuple):
    """Call off a maintenance that has not started."""

    id: str
    author: str
    body: str = ""


OfMaintenance = (
    ScheduleMaintenance | StartMaintenance | ExtendMaintenance | MoveMaintenance | EndMaintenance | CancelMaintenance
)
Order = Post | Acknowledge | Open | SetPin | TakePin | OfMaintenance
