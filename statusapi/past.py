"""What the store knows and no view: raw answers, notices, and what was shown at a moment. Each for whom it concerns."""

from typing import TYPE_CHECKING, Any, NamedTuple

from prober.core.events import Change, Subject
from prober.core.incident import as_of
from prober.core.model import Incident
from prober.core.own import OWN
from prober.errors import StoreError
from statusapi.auth import Principal
from statusapi.problems import Problem, not_found

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.record import Recorder
    from prober.store import Store

MOST = 1000
LAST = 10**6  # behind all changes of a decision


class Reached(NamedTuple):
    """A place among all transitions: the number of the decision, and which of its changes."""

    seq: int = -1
    item: int = 0


class Past:
    """Answers for whom it concerns. Moments are ms."""

    def __init__(self, config: "Config", recorder: "Recorder", store: "Store", clock: "Clock") -> None:
        self._config = config
        self._recorder = recorder
        self._store = store
        self._clock = clock

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self._config = config

    def checks(self, principal: Principal) -> list[dict[str, Any]]:
        """Every check with its verdict and its latest answer, in the order of the configuration."""
        return [self._check(id_) for id_ in self._config.checks if self._concerns(principal, id_)]

    def check(self, principal: Principal, id_: str) -> dict[str, Any]:
        """One of them. Raises Problem."""
        if not self._concerns(principal, id_):
            raise not_found()
        return self._check(id_)

    async def answers(self, principal: Principal, id_: str, until_ms: int | None, limit: int) -> list[dict[str, Any]]:
        """The latest raw answers of a check up to a moment (None = now), newest first. Raises Problem."""
        if not self._concerns(principal, id_):
            raise not_found()
        try:
            found = await self._store.archive.answers(id_, self._moment(until_ms), limit)
        except StoreError as error:
            raise _unread(error) from None
        return [answer._asdict() for answer in found]

    async def status(self, principal: Principal, at_ms: int | None) -> dict[str, Any]:
        """What every component showed at a moment, as it was decided by then (None = now). Raises Problem."""
        moment_ms = self._moment(at_ms)
        theirs = [
            id_
            for id_, component in self._config.components.items()
            if principal.may_see(self._config.sites[component.site].account)
        ]
        try:
            found = await self._store.archive.shown(theirs, moment_ms)
        except StoreError as error:
            raise _unread(error) from None
        return {"at_ms": moment_ms, "components": [self._shown(id_, change) for id_, change in found.items()]}

    async def incidents(self, principal: Principal, at_ms: int) -> list[Incident]:
        """What had been told of incidents by a moment, newest first: at most MOST of each site. Raises Problem."""
        if not 0 <= at_ms <= self._clock.now_ms():
            raise Problem(400, "field", "at: expected a moment from 1970 on that has passed")
        sites = [id_ for id_, site in self._config.sites.items() if principal.may_see(site.account)]
        sites += [OWN] if principal.is_admin else []
        try:
            found = [one for site in sites for one in await self._store.incidents_known(site, at_ms, MOST)]
        except StoreError as error:
            raise _unread(error) from None
        told = (as_of(one, at_ms) for one in found if ("deleted", str(one.num)) not in self._config.made)
        return sorted((one for one in told if one is not None), key=lambda one: one.num, reverse=True)

    @property
    def latest(self) -> Reached:
        """Behind the latest transition that is on the disk."""
        return Reached(self._recorder.shown.seq, LAST)

    async def transitions(
        self, principal: Principal, after: Reached, limit: int
    ) -> tuple[list[dict[str, Any]], Reached]:
        """What has changed of their checks and components after a transition, in order, and how far that goes.

        Moments are ms. Raises Problem.
        """
        found: list[dict[str, Any]] = []
        while len(found) < limit:
            try:
                read = await self._store.archive.changes_after(*after, limit)
            except StoreError as error:
                raise _unread(error) from None
            for seq, item, change in read:
                after = Reached(seq, item)
                component = self._component_of(principal, change)
                if component is not None and len(found) < limit:
                    found.append(_transition(after, component, change))
                if len(found) == limit:
                    return found, after
            if len(read) < limit:
                break
        return found, after

    def _component_of(self, principal: Principal, change: Change) -> str | None:
        """Which component it is about; None if that is not theirs, or no longer configured."""
        id_: str | None = change.id
        if change.subject is Subject.CHECK:
            check = self._config.checks.get(change.id)
            id_ = None if check is None else check.component
        component = None if id_ is None else self._config.components.get(id_)
        if component is None or not principal.may_see(self._config.sites[component.site].account):
            return None
        return id_

    def _shown(self, id_: str, change: Change | None) -> dict[str, Any]:
        site = self._config.components[id_].site
        return {
            "component": id_,
            "site": site,
            "status": "unknown" if change is None else change.after,
            "since_ms": None if change is None else change.since_ms,
        }

    def _moment(self, at_ms: int | None) -> int:
        return self._clock.now_ms() if at_ms is None else at_ms

    def _concerns(self, principal: Principal, id_: str) -> bool:
        check = self._config.checks.get(id_)
        if check is None:
            return False
        return principal.may_see(self._config.sites[self._config.components[check.component].site].account)

    def _check(self, id_: str) -> dict[str, Any]:
        check, state = self._config.checks[id_], self._recorder.shown.checks.get(id_)
        latest = self._recorder.latest.get(id_)
        return {
            "id": id_,
            "name": check.name,
            "kind": check.kind,
            "component": check.component,
            "interval_ms": check.interval,
            "verdict": "unknown" if state is None else state.verdict,
            "since_ms": None if state is None or not state.since_ms else state.since_ms,
            "reason": None if state is None or state.reason is None else state.reason.value,
            "latest": None
            if latest is None
            else {
                "started_ms": latest.started_ms,
                "took_us": latest.took_us,
                "outcome": latest.outcome,
                "phases_us": {phase.value: us for phase, us in latest.phases_us},
            },
        }


def _transition(at: Reached, component: str, change: Change) -> dict[str, Any]:
    return {
        "id": f"{at.seq}-{at.item}",
        "component": component,
        "check": change.id if change.subject is Subject.CHECK else None,
        "before": change.before,
        "after": change.after,
        "at": change.at_ms,
        "since": change.since_ms,
        "rule": change.rule,
        "detail": change.detail,
    }


def _unread(error: StoreError) -> Problem:
    return Problem(503, "store", f"It can't be read now: {error}.")
