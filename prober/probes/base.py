"""What every kind of probe is: options, and something that answers a slot of the grid with an observation."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from prober.clock import Clock
from prober.core.heartbeat import Heard, Rhythm
from prober.core.model import Due, Observation
from prober.options import CheckOptions


class Probe(Protocol):
    """One check's prober. It keeps what it prepared once, and nothing of one probe for the next."""

    async def probe(self, due: Due) -> Observation:
        """Probe once, within the check's timeout.

        Never raises for an outage, nor for our own trouble: that is an observation with outcome *unknown*.
        Cancellation passes through and leaves nothing behind.
        """
        ...


@runtime_checkable
class Listener(Protocol):
    """A probe that asks nothing: its target reports by itself, to an address whose token has this SHA-256."""

    digest: str
    rhythm: Rhythm

    def hear_from(self, known: Callable[[str], Heard | None]) -> None:
        """Where to look up what was heard of a check."""
        ...

    async def probe(self, due: Due) -> Observation:
        """What is to be said of it by now. Does not wait."""
        ...


class Kind(NamedTuple):
    """A kind of probe: the model of its keys, and how a prober is made of them.

    build(options, clock): options is an instance of `options`. Raises nothing that validation could have told.
    guesses: whether `prober probe TARGET` may mean this kind, and then which keys TARGET gives; None = it may not.
    example: a TARGET that it understands.
    """

    options: type[CheckOptions]
    build: Callable[[CheckOptions, Clock], Probe]
    guesses: Callable[[str], dict[str, object] | None]
    example: str
