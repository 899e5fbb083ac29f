"""A probe that is held to public addresses, because a stranger may have chosen what it asks."""

from prober.core.model import Due, Observation
from prober.probes.base import Probe
from prober.wire.guard import Guard, holding


class GuardedProbe:
    """A probe whose every look-up is judged, at each attempt anew, that of each redirect's host as well."""

    def __init__(self, inner: Probe, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def probe(self, due: Due) -> Observation:
        """As the inner one; down with `address_forbidden`, and not connected, where the guard forbids an address."""
        with holding(self._guard):
            return await self._inner.probe(due)
