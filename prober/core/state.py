"""The state of the world as far as we have judged it: rows that never change, in tables that do.

`apply` is the only way to change it, and does nothing but put a decision's rows in place of the old.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from prober.core.events import Decision, Subject
from prober.core.model import CheckState, ComponentState, Incident, MaintenanceState, Status


@dataclass
class State:
    """All that step() needs to know of the past.

    incidents: the open ones, by num. ended: the latest one of each cause that has none open.
    maintenances: those under way or to come, and those that have ended and whose planned time is not over, by id.
    seq: of the latest visible decision. next_num: of the next incident.
    handled_ms: boundaries of maintenance up to this moment (inclusive) have been acted on; None at first.
    wake_ms: when the state next needs a look even if nothing is observed; None = never.
    identity: secret of this installation, makes ids unguessable and unique to it.
    """

    identity: bytes = b""
    checks: dict[str, CheckState] = field(default_factory=dict)
    components: dict[str, ComponentState] = field(default_factory=dict)
    incidents: dict[int, Incident] = field(default_factory=dict)
    ended: dict[str, Incident] = field(default_factory=dict)
    maintenances: dict[str, MaintenanceState] = field(default_factory=dict)
    seq: int = 0
    next_num: int = 1
    handled_ms: int | None = None
    wake_ms: int | None = None
    # Looked up at every change, so they are kept beside the rows they come from.
    _open: dict[str, int] = field(init=False, default_factory=dict, compare=False)
    _shown: dict[str, Counter[Status]] = field(init=False, default_factory=dict, compare=False)
    _monitored: dict[int, Incident] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for component in self.components.values():
            self._count(component, 1)
        self._open = {incident.cause: num for num, incident in self.incidents.items()}
        self._monitored = {num: i for num, i in self.incidents.items() if i.monitoring_ms is not None}

    def copy(self) -> "State":
        """Another state with the same rows, which goes its own way."""
        return replace(
            self,
            checks=dict(self.checks),
            components=dict(self.components),
            incidents=dict(self.incidents),
            ended=dict(self.ended),
            maintenances=dict(self.maintenances),
        )

    def open_incident(self, cause: str) -> Incident | None:
        """The open incident of that cause, if there is one."""
        num = self._open.get(cause)
        return None if num is None else self.incidents[num]

    def monitored(self) -> dict[int, Incident]:
        """The open incidents whose trouble has gone, by num; a copy."""
        return self._monitored.copy()

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
            self._monitored.pop(incident.num, None)
            if incident.is_open and incident.monitoring_ms is not None:
                self._monitored[incident.num] = incident
            if incident.is_open:
                self.incidents[incident.num] = incident
                self._open[incident.cause] = incident.num
                self.ended.pop(incident.cause, None)
            else:
                self.incidents.pop(incident.num, None)
                self._open.pop(incident.cause, None)
                self.ended[incident.cause] = incident
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
        if before is not None:
            self._count(before, -1)
        if component is not None:
            self.components[id_] = component
            self._count(component, 1)

    def _count(self, component: ComponentState, by: int) -> None:
        self._shown.setdefault(component.site, Counter())[component.status] += by


def _may_matter(work: MaintenanceState, handled_ms: int | None) -> bool:
    return work.is_live or work.planned_end_ms > (handled_ms or 0)
