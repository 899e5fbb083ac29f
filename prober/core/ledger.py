"""What is known within a decision: the state, and over it the new rows that the decision has brought so far."""

from collections.abc import Callable, Iterator

from prober.core import notice
from prober.core.agenda import Agenda
from prober.core.events import Change, Subject
from prober.core.model import CheckState, ComponentState, Incident, NoticeReason, Pin, Status, Storm, Verdict
from prober.core.policy import ComponentPolicy, Policy
from prober.core.rollup import TROUBLED, RolledUp, agreed, rolled_up, seats
from prober.core.state import State


class Ledger:
    """Collects new rows beside the state, never in it, and reads both as one."""

    def __init__(self, state: State, policy: Policy, at_ms: int) -> None:
        self.state = state
        self.policy = policy
        self.at_ms = at_ms
        self.checks: dict[str, CheckState] = {}
        self.components: dict[str, ComponentState] = {}
        self.pins: dict[str, Pin | None] = {}
        self.storms: dict[str, Storm] = {}
        self.incidents: dict[int, Incident] = {}
        self.changes: list[Change] = []
        self.occasions: list[notice.Occasion] = []
        self.gone: list[tuple[Subject, str]] = []
        self.flushed: list[Storm] = []
        self.has_settled = False
        self.next_num = state.next_num
        self.handled_ms = state.handled_ms
        self.agenda = Agenda(state.maintenances, policy, at_ms, self._trouble)

    def _check(self, id_: str) -> CheckState:
        return self.checks.get(id_) or self.state.checks.get(id_) or CheckState(id_)

    def _states(self, component: ComponentPolicy) -> Iterator[CheckState]:
        """Of all its checks, from everywhere."""
        return (self._check(key) for id_ in component.checks for key in seats(self.policy.checks[id_]))

    def _rolled_up(
        self, component: ComponentPolicy, verdict: Callable[[CheckState], Verdict] = lambda check: check.verdict
    ) -> RolledUp:
        """What its checks make of a component, whether that is shown or not."""

        def of_check(id_: str) -> Verdict:
            check = self.policy.checks[id_]
            return agreed(check, [verdict(self._check(key)) for key in seats(check)])

        return rolled_up(self.policy, component, of_check)

    def _pin(self, component: str) -> Pin | None:
        """What a person has set it to, if that holds."""
        known = self.state.components.get(component)
        pin = self.pins.get(component, known.pin if known else None)
        return pin if pin is not None and pin.holds(self.at_ms) else None

    def _trouble(self, component: str) -> Status:
        """What it would show if no work were planned."""
        pin = self._pin(component)
        return self._rolled_up(self.policy.components[component]).status if pin is None else pin.status

    def _feared(self, component: str) -> Status:
        """Its trouble if every check that fails at the moment turns out to be down; or what a person says."""
        pin = self._pin(component)
        if pin is not None:
            return pin.status
        feared = self._rolled_up(
            self.policy.components[component], lambda check: Verdict.DOWN if check.down else check.verdict
        )
        return feared.status

    def _moved_ms(self, component: ComponentPolicy) -> int:
        """Since when its trouble is there; if it has none, since when it has gone."""
        states = list(self._states(component))
        troubled = [state.since_ms for state in states if state.verdict in TROUBLED]
        return min(troubled) if troubled else max((state.since_ms for state in states), default=self.at_ms)

    def _components_of(self, incident: Incident) -> list[ComponentPolicy]:
        found = (self.policy.components.get(a.component) for a in incident.affected)
        return [component for component in found if component is not None]

    def _is_over(self, component: ComponentPolicy) -> bool:
        """Whether nothing of it is in trouble, shown or not, and nothing flaps; or a person says so."""
        pin = self._pin(component.id)
        if pin is not None:
            return not pin.status.depth
        is_calm = not any(state.flapped for state in self._states(component))
        return is_calm and not self._rolled_up(component).status.depth

    def _are_over(self, incident: Incident) -> bool:
        """Whether that is so of all that it is about."""
        return all(self._is_over(component) for component in self._components_of(incident))

    def _open_about(self, component: str) -> Incident | None:
        """The open incident of the automation that is about the component, as this decision leaves it."""
        drafted = (i for i in self.incidents.values() if i.is_automatic and _is_about(i, component))
        latest = next(drafted, None) or self.state.open_about(component)
        return latest if latest is not None and latest.is_open else None

    def _tell(self, reason: NoticeReason, incident: Incident) -> None:
        self.incidents[incident.num] = incident
        self.occasions.append(notice.of_incident(reason, incident, self.at_ms))


def _is_about(incident: Incident, component: str) -> bool:
    return any(affected.component == component for affected in incident.affected)
