"""The state of the world as far as we have judged it: rows that never change, in tables that do.

`apply` is the only way to change it, and does nothing but put a decision's rows in place of the old.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from prober.core.events import Decision, Subject
from prober.core.model import CheckState, ComponentState, Incident, MaintenanceState, Status, Storm


@dataclass
class State:
    """All that step() needs to know of the past.

    incidents: the open ones, by num. ended: the latest one of each cause that has none open. storms: by channel.
    maintenances: those under way or to come, and those that have ended and whose planned time is not over, by id.
    seq: of the latest visible decision. next_num: of the next incident.
    handled_ms: boundaries of maintenance up to this moment (inclusive) have been acted on; None at first.
    wake_ms: when the state next needs a look even if nothing is observed; None = never.
    watched_ms: when the latest answer was complete, as far as it was written; None = there was none.
    identity: secret of this installation, makes ids unguessable and unique to it.
    """

    identity: bytes = b""
    checks: dict[str, CheckState] = field(default_factory=dict)
    components: dict[str, ComponentState] = field(default_factory=dict)
    incidents: dict[int, Incident] = field(default_factory=dict)
    ended: dict[str, Incident] = field(default_factory=dict)
    storms: dict[str, Storm] = field(default_factory=dict)
    maintenances: dict[str, MaintenanceState] = field(default_factory=dict)
    seq: int = 0
    next_num: int = 1
    handled_ms: int | None = None
    wake_ms: int | None = None
    watched_ms: int | None = None
    # Looked up at every change, so they are kept beside the rows they come from.
    _open: dict[str, int] = field(init=False, default_factory=dict, compare=False)
    _shown: dict[str, Counter[Status]] = field(init=False, default_factory=dict, compare=False)
    _monitored: dict[int, Incident] = field(init=False, default_factory=dict, compare=False)
    _joined: dict[int, Incident] = field(init=False, default_factory=dict, compare=False)
    _pinned: dict[str, ComponentState] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for component in self.components.values():
            self._count(component, 1)
            if component.pin is not None:
                self._pinned[component.component] = component
        for incident in self.incidents.values():
            self._note_open(incident)

    def copy(self) -> "State":
        """Another state with the same rows, which goes its own way."""
        return replace(
            self,
            checks=dict(self.checks),
            components=dict(self.components),
            incidents=dict(self.incidents),
            ended=dict(self.ended),
            storms=dict(self.storms),
            maintenances=dict(self.maintenances),
        )

    def open_about(self, component: str) -> Incident | None:
        """The open incident of the automation that is about the component, if there is one."""
        num = self._open.get(component)
        return None if num is None else self.incidents[num]

    def ended_about(self, component: str) -> Incident | None:
        """The latest one that has ended, if it is known still."""
        found = [
            incident
            for incident in self.ended.values()
            if incident.is_automatic and any(a.component == component for a in incident.affected)
        ]
        return max(found, key=lambda incident: (incident.resolved_ms or 0, incident.num), default=None)

    def monitored(self) -> dict[int, Incident]:
        """The open incidents whose trouble has gone, by num; a copy."""
        return self._monitored.copy()

    def joined(self) -> dict[int, Incident]:
        """The open incidents that something has joined which is not told yet, by num; a copy."""
        return self._joined.copy()

    def pinned(self) -> dict[str, ComponentState]:
        """The components whose status a person has set, by id; a copy."""
        return self._pinned.copy()

    def statuses(self, site: str) -> Counter[Status]:
        """How many components of the site show which status; a copy."""
        return self._shown.get(site, Counter()).copy()

    def apply(self, decision: Decision) -> None:
        """Put the decision's rows in place of the old ones."""
        self.seq = decision.seq
        self.next_num = decision.next_num
        self.handled_ms = decision.handled_ms
        self.wake_ms = decision.wake_ms
        self.maintenances.update((work.id, work) for work in decision.maintenances)
        self._forget_past_maintenances()
        for check in decision.checks:
            self.checks[check.check] = check
        for component in decision.components:
            self._replace(component.component, component)
        for incident in decision.incidents:
            self._forget_open(incident)
            if incident.is_open:
                self.incidents[incident.num] = incident
                self._note_open(incident)
                self.ended.pop(incident.cause, None)
            else:
                self.incidents.pop(incident.num, None)
                self.ended[incident.cause] = incident
        self.storms.update((storm.channel, storm) for storm in decision.storms)
        for subject, id_ in decision.gone:
            if subject is Subject.CHECK:
                self.checks.pop(id_, None)
            else:
                self._replace(id_, None)

    def _forget_past_maintenances(self) -> None:
        """What has ended before its time is remembered until then: else it would be planned anew."""
        for id_ in [id_ for id_, work in self.maintenances.items() if not _may_matter(work, self.handled_ms)]:
            del self.maintenances[id_]

    def _replace(self, id_: str, component: ComponentState | None) -> None:
        before = self.components.pop(id_, None)
        self._pinned.pop(id_, None)
        if before is not None:
            self._count(before, -1)
        if component is not None:
            self.components[id_] = component
            self._count(component, 1)
            if component.pin is not None:
                self._pinned[id_] = component

    def _note_open(self, incident: Incident) -> None:
        if incident.monitoring_ms is not None:
            self._monitored[incident.num] = incident
        if incident.joined_due_ms is not None:
            self._joined[incident.num] = incident
        if incident.is_automatic:
            self._open.update((affected.component, incident.num) for affected in incident.affected)

    def _forget_open(self, incident: Incident) -> None:
        self._monitored.pop(incident.num, None)
        self._joined.pop(incident.num, None)
        for affected in incident.affected:
            if self._open.get(affected.component) == incident.num:
                del self._open[affected.component]

    def _count(self, component: ComponentState, by: int) -> None:
        self._shown.setdefault(component.site, Counter())[component.status] += by


def _may_matter(work: MaintenanceState, handled_ms: int | None) -> bool:
    return work.is_live or work.planned_end_ms > (handled_ms or 0)
