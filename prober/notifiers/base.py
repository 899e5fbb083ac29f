"""What every kind of notifier is: options, and something that carries one notice to one place."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from prober.core.model import ComponentPolicy, Incident, MaintenanceState, Notice, StatusChange
from prober.core.status import Headline
from prober.options import ChannelOptions

Told = TypeVar("Told")


class Site(NamedTuple):
    """What a message says of the site it comes from.

    slug: 12 lower-case letters and digits. url: without a slash at its end.
    """

    id: str
    slug: str
    name: str
    url: str


class Parcel(NamedTuple):
    """A notice with what its words and payload need to know of the world when it is sent.

    headline: the page's, when the notice was owed. components: by id, those the notice speaks of.
    attempt: 1 for the first. sent_ms: the attempt's own time. tells: how many earlier notices of the same thing, which
    could not be told in time, it stands for.
    """

    notice: Notice
    site: Site
    headline: Headline
    components: dict[str, ComponentPolicy]
    attempt: int
    sent_ms: int
    tells: int = 0

    def name_of(self, component: str) -> str:
        """The component's name; its id if it is no longer configured."""
        found = self.components.get(component)
        return found.name if found is not None else component

    def told(
        self,
        incident: Callable[["Parcel", Incident], Told],
        maintenance: Callable[["Parcel", MaintenanceState], Told],
        change: Callable[["Parcel", StatusChange], Told],
    ) -> Told:
        """What the one of these makes of it that fits what the notice is about. ValueError if it is about nothing."""
        notice = self.notice
        if notice.incident is not None:
            return incident(self, notice.incident)
        if notice.maintenance is not None:
            return maintenance(self, notice.maintenance)
        if notice.change is not None:
            return change(self, notice.change)
        raise ValueError(f"notice {notice.id} is about nothing")


class Receipt(NamedTuple):
    """What the receiver answered to a delivered notice. status: HTTP status, None where there is no such thing."""

    status: int | None = None
    detail: str = ""


class Notifier(Protocol):
    """One channel's sender."""

    async def send(self, parcel: Parcel) -> Receipt:
        """Send once, within the channel's timeout. Raises DeliveryError when it did not arrive."""
        ...

    async def aclose(self) -> None:
        """Give back what it holds open."""
        ...


Keys = TypeVar("Keys", bound=ChannelOptions)


class Kind(NamedTuple):
    """A kind of notifier: the model of its keys, and how a sender is made of them."""

    options: type[ChannelOptions]
    build: Callable[[ChannelOptions], Notifier]


def kind_of(options: type[Keys], build: Callable[[Keys], Notifier]) -> Kind:
    """The kind with these options and this way to make a sender of them. Other options are a TypeError."""

    def checked(given: ChannelOptions) -> Notifier:
        if not isinstance(given, options):
            raise TypeError(f"expected {options.__name__}, found {type(given).__name__}")
        return build(given)

    return Kind(options, checked)
