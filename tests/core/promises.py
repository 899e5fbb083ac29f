"""What must hold of every run of the core, event by event, whatever happens."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from prober.core.events import Decision, Event, Observed, Subject
from prober.core.hours import begun_ms
from prober.core.model import Incident, Notice, NoticeReason, Outcome, Status, Verdict
from prober.core.policy import Policy, SubscriptionPolicy
from prober.core.state import State
from prober.core.step import step
from prober.core.work import is_planned

OPENINGS = {NoticeReason.OPENED, NoticeReason.REOPENED}
MISSED = {NoticeReason.OPENED, NoticeReason.CHANGED, NoticeReason.MAINTENANCE_STARTED}  # told when hours begin


class Promises:
    """A state that takes events, and looks at every decision. broken: what did not hold, in words.

    replayed: whether every event is judged a second time, by a state that was put together from rows.
    """

    def __init__(self, identity: bytes = b"promises", *, replayed: bool = False) -> None:
        self.state = State(identity=identity)
        self.broken: list[str] = []
        self.steps = 0
        self._twin = State(identity=identity) if replayed else None
        self._announced: Counter[tuple[str, str]] = Counter()
        self._started: Counter[tuple[str, str]] = Counter()
        self._before_ms: int | None = None  # until when all was told at the event before

    def judge(self, event: Event, policy: Policy) -> Decision | None:
        """One event."""
        self._before_ms = self.state.handled_ms
        decision = step(self.state, event, policy)
        self.steps += 1
        if self._twin is not None and step(self._twin, event, policy) != decision:
            self.broken.append(f"{event}: judged again, it is judged otherwise")
        if decision is not None:
            was_open = set(self.state.incidents)
            shown = dict(self.state.components)
            self.state.apply(decision)
            if self._twin is not None:
                self._twin.apply(decision)
            self.look(event, decision, policy, was_open, {id_: row.status for id_, row in shown.items()})
        return decision

    def restart(self) -> None:
        """Nothing is left of the state but its rows."""
        self.state = replace(self.state.copy(), wake_ms=None)
        if self._twin is not None:
            self._twin = replace(self._twin.copy(), wake_ms=None)

    def look(
        self, event: Event, decision: Decision, policy: Policy, was_open: set[int], shown: dict[str, Status]
    ) -> None:
        """Note what the decision breaks; self.state: as it is after it."""
        opened = [i for i in decision.incidents if i.is_open and i.num not in was_open]
        if isinstance(event, Observed) and event.observation.outcome is Outcome.UNKNOWN:
            self.broken.append(f"{event}: our own trouble has changed something: {decision}")
        causes = Counter(incident.cause for incident in self.state.incidents.values())
        self.broken += [f"{event}: {count} open incidents of {cause}" for cause, count in causes.items() if count > 1]
        self.broken += [f"{event}: {why}" for incident in opened for why in self._unlawful(incident, event, policy)]
        self.broken += [f"{event}: {why}" for why in self._groundless(decision, shown, policy)]
        self.broken += [f"{event}: {why}" for notice in decision.notices for why in self._miscounted(notice)]

    def _unlawful(self, incident: Incident, event: Event, policy: Policy) -> Iterator[str]:
        """Why it should not have opened."""
        for affected in incident.affected:
            if affected.component not in policy.components:
                continue  # it was part of an incident that has opened again
            component = policy.components[affected.component]
            if is_planned(self.state.maintenances.values(), component.id, event.at_ms):
                yield f"{component.id} opened in a maintenance"
            for above in _above(policy, component.id):
                checks = policy.components[above].checks
                down = [c for c in checks if c in self.state.checks and self.state.checks[c].verdict is Verdict.DOWN]
                pinned = self.state.components[above].pin if above in self.state.components else None
                if checks and len(down) == len(checks) and pinned is None:
                    yield f"{component.id} opened below {above}, which is down"

    def _groundless(self, decision: Decision, shown: dict[str, Status], policy: Policy) -> Iterator[str]:
        """Notices that nothing has changed for."""
        incidents = {f"incident:{i.num}" for i in decision.incidents}
        moved = {
            f"component:{c.component}"
            for c in decision.components
            if c.status is not shown.get(c.component, Status.OPERATIONAL)
        }
        incidents |= {f"maintenance:{work.id}" for work in decision.maintenances}
        told = {c.id for c in decision.changes if c.subject is Subject.COMPONENT}
        for notice in decision.notices:
            has_waited = notice.reason in MISSED and self._have_begun(policy.subscriptions[notice.subscription])
            if notice.stream not in incidents and notice.stream not in moved and not has_waited:
                yield f"{notice.reason} to {notice.subscription} of {notice.stream}, which has not changed"
            if notice.change is not None and notice.change.component not in told:
                yield f"{notice.stream} is told, and history does not know"

    def _have_begun(self, subscription: SubscriptionPolicy) -> bool:
        """Whether its hours have begun since the event before."""
        from_ms, to_ms = self._before_ms, self.state.handled_ms
        if subscription.hours is None or from_ms is None or to_ms is None:
            return False
        return begun_ms(subscription.hours, from_ms, to_ms) is not None

    def _miscounted(self, notice: Notice) -> Iterator[str]:
        """Openings and closings of one incident that a subscription hears take turns."""
        key = (notice.subscription, notice.stream)
        if notice.reason in OPENINGS:
            self._announced[key] += 1
            if self._announced[key] != 1:
                yield f"{key} opened {self._announced[key]} times"
        elif notice.reason is NoticeReason.MAINTENANCE_STARTED:
            self._started[key] += 1
            if self._started[key] != 1:
                yield f"{key} started {self._started[key]} times"
        elif notice.reason is NoticeReason.MAINTENANCE_COMPLETED:
            self._started[key] = 0
        elif notice.reason is NoticeReason.RESOLVED:
            # Who wants grave incidents only may meet one when it has become grave: its opening was not his to hear.
            self._announced[key] = max(self._announced[key] - 1, 0)

    def unclosed(self, subscriptions: Iterable[str]) -> list[tuple[str, str]]:
        """What has been announced as open, is not open any more, and has not been announced as closed."""
        streams = {f"incident:{num}" for num in self.state.incidents}
        return [
            key for key, count in self._announced.items() if count and key[1] not in streams and key[0] in subscriptions
        ]


def _above(policy: Policy, component: str) -> Iterator[str]:
    seen, nearest = {component}, list(policy.components[component].depends_on)
    for id_ in nearest:
        if id_ not in seen and id_ in policy.components:
            seen.add(id_)
            yield id_
            nearest += policy.components[id_].depends_on
