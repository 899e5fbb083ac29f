"""What a person may ask for. Each order is judged by step; one that can't be carried out changes nothing."""

from typing import NamedTuple

from prober.core.model import Impact, IncidentStatus, Status


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


Order = Post | Acknowledge | Open | SetPin | TakePin
