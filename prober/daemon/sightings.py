"""What was seen of a component in trouble, for the messages of channels that say it."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from prober.config import Config
from prober.core.model import Notice, Outcome
from prober.core.policy import Policy
from prober.errors import StoreError
from prober.notifiers import Seen
from prober.store import Store

MOST = 5  # checks that a message tells of


class Sightings:
    """Looks up the evidence that is kept with the changes of verdicts."""

    def __init__(self, store: Store, config: Config, policy: Policy) -> None:
        self._store = store
        self._config = config
        self._by_component: dict[str, list[str]] = {}
        for check in policy.checks.values():
            self._by_component.setdefault(check.component, []).append(check.id)

    async def of(self, notice: Notice) -> tuple[Seen, ...]:
        """What was seen of an open incident's components; nothing if that can't be read: a notice is not held up."""
        incident = notice.incident
        if incident is None or not incident.is_open:
            return ()
        checks = [id_ for one in incident.affected for id_ in self._by_component.get(one.component, ())]
        try:
            return await self._of(checks, notice.at_ms)
        except StoreError:
            return ()

    async def _of(self, checks: Sequence[str], at_ms: int) -> tuple[Seen, ...]:
        found = await self._store.archive.seen(checks, at_ms)
        bad = ((id_, one) for id_, one in found.items() if one["outcome"] in (Outcome.DOWN, Outcome.DEGRADED))
        return tuple(self._told(id_, one) for id_, one in islice(bad, MOST))

    def _told(self, check: str, one: dict[str, Any]) -> Seen:
        phases = one["phases_us"]
        options = self._config.checks.get(check)
        return Seen(
            check=check if options is None else options.name or check,
            detail=self._config.redact(one["detail"] or str(one["reason"])),
            took_ms=sum(phases.values()) // 1000,
            phase=next(reversed(phases), ""),
            address=next(reversed(one.get("addresses", [])), ""),
        )
