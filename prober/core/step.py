"""The one function that decides: (state, event, policy) -> decision, or None if nothing changed.

An observation is judged into a verdict; a verdict that moved settles its component; what a component shows may be
withheld; an incident follows what is shown; notices are owed for all of it. Top to bottom, once.
The state is only read: State.apply puts the decision in force.
"""

from collections.abc import Iterable

from prober.core import incident as life
from prober.core import notice
from prober.core.events import Change, Decision, Event, Observed, Rule, Subject, Woke
from prober.core.maintenance import next_boundary_ms, passed
from prober.core.model import (
    CheckState,
    ComponentPolicy,
    ComponentState,
    Headline,
    Incident,
    NoticeReason,
    Policy,
    Status,
    StatusChange,
    Verdict,
)
from prober.core.reason import WORDS
from prober.core.state import State
from prober.core.status import from_checks, headline
from prober.core.suppress import shown
from prober.core.verdict import judge


def step(state: State, event: Event, policy: Policy) -> Decision | None:
    """What the event makes of the state; None = nothing changed.

    Events come in the order they happened. An observation of a check that is not configured changes nothing.
    """
    if isinstance(event, Observed):
        return _observed(state, event, policy)
    if isinstance(event, Woke):
        return _looked(state, policy, event.at_ms, _components_at_boundaries(state, policy, event.at_ms))
    return _looked(state, policy, event.at_ms, policy.components.values())


def _observed(state: State, event: Observed, policy: Policy) -> Decision | None:
    observation = event.observation
    check = policy.checks.get(observation.check)
    if check is None:
        return None
    before = state.checks.get(check.id) or CheckState(check.id)
    judged = judge(before, observation, check)
    if judged is None:
        return None
    draft = _Draft(state, policy, event.at_ms)
    draft.move(before, judged.state, judged.rule)
    if judged.rule is not None:
        draft.settle(policy.components[check.component])
    return draft.decision()


def _looked(state: State, policy: Policy, at_ms: int, components: Iterable[ComponentPolicy]) -> Decision | None:
    """Look at these components again because time passed or the policy was replaced."""
    draft = _Draft(state, policy, at_ms)
    draft.drop_unconfigured()
    draft.pass_time()
    for component in components:
        draft.settle(component)
    return draft.decision()


def _components_at_boundaries(state: State, policy: Policy, at_ms: int) -> list[ComponentPolicy]:
    after_ms = at_ms if state.handled_ms is None else state.handled_ms
    windows = [b.window for b in passed(policy.maintenances.values(), after_ms, at_ms)]
    named = dict.fromkeys(c for w in windows for c in w.components)
    return [policy.components[c] for c in named if c in policy.components]


class _Draft:
    """A decision in the making: collects new rows beside the state, never in it."""

    def __init__(self, state: State, policy: Policy, at_ms: int) -> None:
        self.state = state
        self.policy = policy
        self.at_ms = at_ms
        self.checks: dict[str, CheckState] = {}
        self.components: dict[str, ComponentState] = {}
        self.incidents: dict[int, Incident] = {}
        self.changes: list[Change] = []
        self.occasions: list[notice.Occasion] = []
        self.gone: list[tuple[Subject, str]] = []
        self.next_num = state.next_num
        self.handled_ms = state.handled_ms
        self.wake_ms = state.wake_ms

    # ------------------------------------------------------------ a check, its component, its incident

    def move(self, before: CheckState, after: CheckState, rule: Rule | None) -> None:
        """A check's state has moved; with a rule, its verdict has."""
        self.checks[after.check] = after
        if rule is not None:
            why = f"{after.reason}: {after.detail}" if after.reason else ""
            verdicts = (before.verdict, after.verdict)
            self.changes.append(Change(Subject.CHECK, after.check, *verdicts, self.at_ms, after.since_ms, rule, why))

    def settle(self, component: ComponentPolicy) -> None:
        """Derive what the component shows, and let its incident follow."""
        checks = [self._check(id_) for id_ in component.checks]
        causes = [c for c in checks if c.verdict in _TROUBLED]
        trouble = from_checks([c.verdict for c in checks])
        status, rule = shown(self.policy, component.id, trouble, self.at_ms)
        before = self.state.components.get(component.id) or ComponentState(component.id, since_ms=self.at_ms)
        after = ComponentState(
            component.id,
            status,
            before.since_ms,
            watched=any(c.verdict is not Verdict.UNKNOWN for c in checks),
            causes=tuple(c.check for c in causes),
            site=component.site,
        )
        since_ms = self._since(before, after)
        if _word(after) != _word(before):
            after = after._replace(since_ms=since_ms)
            self._announce(component, before, after, rule)
        if after != self.state.components.get(component.id):
            self.components[component.id] = after
        self._follow(component, trouble, status, since_ms, causes)

    def _check(self, id_: str) -> CheckState:
        return self.checks.get(id_) or self.state.checks.get(id_) or CheckState(id_)

    def _since(self, before: ComponentState, after: ComponentState) -> int:
        """From when a new status holds: set back to the probe that began it, but not into what was shown before."""
        if Status.MAINTENANCE in (before.status, after.status):
            return self.at_ms
        return max(before.since_ms, min((c.since_ms for c in self.checks.values()), default=self.at_ms))

    def _announce(self, component: ComponentPolicy, before: ComponentState, after: ComponentState, rule: Rule) -> None:
        words = (_word(before), _word(after))
        why = ", ".join(after.causes)
        self.changes.append(Change(Subject.COMPONENT, component.id, *words, self.at_ms, after.since_ms, rule, why))
        if after.status is not before.status:
            change = StatusChange(component.id, before.status, after.status, self.at_ms)
            self.occasions.append(notice.of_component(component.site, change))

    def _follow(
        self, component: ComponentPolicy, trouble: Status, status: Status, since_ms: int, causes: list[CheckState]
    ) -> None:
        """Open, change or resolve the component's incident. Trouble that is not shown opens and changes nothing."""
        incident = self.state.open_incident(life.cause_of(component.id))
        if incident is None:
            if _is_worth_an_incident(component, status):
                why = ", ".join(dict.fromkeys(WORDS[c.reason] for c in causes if c.reason))
                when = (since_ms, self.at_ms)
                ids = (self.next_num, self.state.identity)
                self.next_num += 1
                self._tell(NoticeReason.OPENED, life.opened(component, status, *when, why, *ids))
        elif not trouble.depth:
            lasted = life.duration_words(self.at_ms - incident.started_ms)
            body = f"{component.name} is operational again after {lasted}."
            self._tell(NoticeReason.RESOLVED, life.resolved(incident, self.at_ms, body))
        elif status.depth and all(a.status is not status for a in incident.affected):
            self._tell(NoticeReason.CHANGED, life.changed(incident, component, status, self.at_ms))

    def _tell(self, reason: NoticeReason, incident: Incident) -> None:
        self.incidents[incident.num] = incident
        self.occasions.append(notice.of_incident(reason, incident))

    def _headlines(self) -> dict[str, Headline]:
        """What the page of each site that is spoken of says of itself, once the decision holds."""
        shown = {occasion.site: self.state.statuses(occasion.site) for occasion in self.occasions}
        for after in self.components.values():
            before = self.state.components.get(after.component)
            if before is not None and before.site in shown:
                shown[before.site][before.status] -= 1
            if after.site in shown:
                shown[after.site][after.status] += 1
        return {site: headline(status for status, count in counts.items() if count) for site, counts in shown.items()}

    # ------------------------------------------------------------ time and policy

    def drop_unconfigured(self) -> None:
        """Forget checks and components that are gone; close the incidents they leave behind."""
        for subject, rows, configured in (
            (Subject.CHECK, self.state.checks, self.policy.checks),
            (Subject.COMPONENT, self.state.components, self.policy.components),
        ):
            self.gone += [(subject, id_) for id_ in rows if id_ not in configured]
        for incident in self.state.incidents.values():
            if all(a.component not in self.policy.components for a in incident.affected):
                body = "Closed because what it was about is no longer watched."
                self._tell(NoticeReason.RESOLVED, life.resolved(incident, self.at_ms, body))

    def pass_time(self) -> None:
        """Tell of maintenances that started or ended since the last look, and say when to look next."""
        windows = self.policy.maintenances.values()
        if self.handled_ms is not None:
            for boundary in passed(windows, self.handled_ms, self.at_ms):
                reason = NoticeReason.MAINTENANCE_STARTED if boundary.starts else NoticeReason.MAINTENANCE_COMPLETED
                self.occasions.append(notice.of_maintenance(reason, boundary.window, boundary.at_ms))
        self.handled_ms = max(self.handled_ms or 0, self.at_ms)
        self.wake_ms = next_boundary_ms(windows, self.handled_ms)

    def decision(self) -> Decision | None:
        """Everything collected, under the next sequence number; None if that is nothing."""
        is_visible = bool(self.components or self.incidents or self.occasions or self.changes or self.gone)
        moved = (self.handled_ms, self.wake_ms) != (self.state.handled_ms, self.state.wake_ms)
        if not is_visible and not self.checks and not moved:
            return None
        seq = self.state.seq + is_visible
        return Decision(
            seq=seq,
            at_ms=self.at_ms,
            checks=tuple(self.checks.values()),
            components=tuple(self.components.values()),
            incidents=tuple(self.incidents.values()),
            notices=notice.owed(self.policy, self.occasions, self._headlines(), seq, self.state.identity),
            changes=tuple(self.changes),
            gone=tuple(self.gone),
            next_num=self.next_num,
            handled_ms=self.handled_ms,
            wake_ms=self.wake_ms,
        )


_TROUBLED = frozenset({Verdict.DOWN, Verdict.DEGRADED})


def _word(component: ComponentState) -> str:
    """What history calls it: the status, or "unknown" while none of its checks has answered and no work is planned."""
    is_known = component.watched or component.status is Status.MAINTENANCE
    return component.status if is_known else Verdict.UNKNOWN


def _is_worth_an_incident(component: ComponentPolicy, status: Status) -> bool:
    return component.opens_at is not None and bool(status.depth) and status.depth >= component.opens_at.depth
