"""What every kind of notifier is: options, and something that carries one notice to one place."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from prober.core.model import Incident, MaintenanceState, Notice, StatusChange
from prober.core.policy import ComponentPolicy
from prober.core.status import Headline
from prober.options import ChannelOptions
from prober.template import NOTICE, Template, parsed

Told = TypeVar("Told")


class Site(NamedTuple):
    """What a message says of the site it comes from.

    slug: 12 lower-case letters and digits. url: without a slash at its end. language: of its page.
    """

    id: str
    slug: str
    name: str
    url: str
    language: str = "en"


class Seen(NamedTuple):
    """A bad answer of a check, as it is told to those who look after it: check is its name, detail one sentence.

    phase: where it stopped, "" if it has none. address: who answered or did not, "" if that is not known.
    """

    check: str
    detail: str
    took_ms: int
    phase: str
    address: str


class Parcel(NamedTuple):
    """A notice with what its words and payload need to know of the world when it is sent.

    headline: the page's, when the notice was owed. components: by id, those the notice speaks of.
    attempt: 1 for the first. sent_ms: the attempt's own time. tells: how many earlier notices of the same thing, which
    could not be told in time, it stands for. words: the channel's own, None = prober's. seen: the evidence, if it is to
    be said.
    """

    notice: Notice
    site: Site
    headline: Headline
    components: dict[str, ComponentPolicy]
    attempt: int
    sent_ms: int
    tells: int = 0
    words: "Words | None" = None
    seen: tuple[Seen, ...] = ()

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


class Words(NamedTuple):
    """A channel's templates; None = prober's own words."""

    title: Template | None
    text: Template | None


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


class Worded:
    """A sender that says everything in a channel's own words."""

    def __init__(self, notifier: Notifier, words: Words) -> None:
        self.notifier = notifier
        self.words = words

    async def send(self, parcel: Parcel) -> Receipt:
        return await self.notifier.send(parcel._replace(words=self.words))

    async def aclose(self) -> None:
        await self.notifier.aclose()


def _words(options: ChannelOptions) -> Words | None:
    texts = (options.template_title, options.template_text)
    if texts == (None, None):
        return None
    return Words(*(None if text is None else parsed(text, NOTICE) for text in texts))


def kind_of(options: type[Keys], build: Callable[[Keys], Notifier]) -> Kind:
    """The kind with these options and this way to make a sender of them. Other options are a TypeError."""

    def checked(given: ChannelOptions) -> Notifier:
        if not isinstance(given, options):
            raise TypeError(f"expected {options.__name__}, found {type(given).__name__}")
        made, words = build(given), _words(given)
        return made if words is None else Worded(made, words)

    return Kind(options, checked)
