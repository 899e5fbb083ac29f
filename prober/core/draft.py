"""A decision in the making: a verdict that moved settles its component, an incident follows, notices are owed."""

from collections.abc import Callable

from prober.core import incident as life
from prober.core import notice, reminder
from prober.core.events import Change, Decision, Rule, Subject
from prober.core.maintenance import is_set_back, next_boundary_ms, passed
from prober.core.model import (
    Affected,
    CheckState,
    ComponentPolicy,
    ComponentState,
    Headline,
    Incident,
    NoticeReason,
    Policy,
    Status,
    StatusChange,
    SubscriptionPolicy,
    Verdict,
)
from prober.core.orders import Acknowledge, Open, Post
from prober.core.reason import WORDS
from prober.core.state import State
from prober.core.status import from_checks, headline
from prober.core.suppress import BY_HAND, down_above, shown


class Draft:
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
        self.has_settled = False
        self.next_num = state.next_num
        self.handled_ms = state.handled_ms

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
        self.has_settled = True
        checks = [self._check(id_) for id_ in component.checks]
        causes = [c for c in checks if c.verdict in _TROUBLED]
        trouble = self._trouble(component.id)
        status, rule = shown(self.policy, component.id, trouble, self.at_ms)
        if rule is Rule.FROM_CHECKS and _stated(component) is not None:
            rule = Rule.STATED
        before = self.state.components.get(component.id) or ComponentState(component.id, since_ms=self.at_ms)
        after = ComponentState(
            component.id,
            status,
            before.since_ms,
            watched=_stated(component) is not None or any(c.verdict is not Verdict.UNKNOWN for c in checks),
            causes=tuple(c.check for c in causes),
            site=component.site,
            withheld_by=self._withheld_by(component, status),
        )
        if _word(after) != _word(before):
            after = after._replace(since_ms=self._since(before, after))
            self._announce(component, before, after, rule)
        if after.withheld_by and after.withheld_by != before.withheld_by:
            self._note_withheld(after)
        if after != self.state.components.get(component.id):
            self.components[component.id] = after
        if not after.withheld_by:
            self._follow(component, trouble, after, causes)

    def _trouble(self, component: str) -> Status:
        """What its checks make of a component, whether that is shown or not."""
        return self._derived(component, lambda check: check.verdict)

    def _derived(self, component: str, verdict: Callable[[CheckState], Verdict]) -> Status:
        policy = self.policy.components[component]
        stated = _stated(policy)
        if stated is not None:
            return stated
        found = [(id_, verdict(self._check(id_))) for id_ in policy.checks]
        critical = [verdict for id_, verdict in found if self.policy.checks[id_].critical]
        return from_checks([verdict for _, verdict in found], critical)

    def _feared(self, component: str) -> Status:
        """Its trouble if every check that fails at the moment turns out to be down."""
        return self._derived(component, lambda check: Verdict.DOWN if check.down else check.verdict)

    def _withheld_by(self, component: ComponentPolicy, status: Status) -> str:
        """The outage that keeps an incident of this component from opening, if one wants to."""
        if not _is_worth_an_incident(component, status):
            return ""
        before = self.state.components.get(component.id)
        if before is not None and before.withheld_by == BY_HAND:
            return BY_HAND
        if not component.depends_on or self.state.open_incident(life.cause_of(component.id)) is not None:
            return ""  # what was announced goes on
        return down_above(self.policy, component, self._feared)

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

    def _note_withheld(self, after: ComponentState) -> None:
        word, why = _word(after), f"no incident opens: it depends on {after.withheld_by}, which fails"
        rule = Rule.DEPENDENCY_DOWN
        self.changes.append(
            Change(Subject.COMPONENT, after.component, word, word, self.at_ms, after.since_ms, rule, why)
        )

    def _follow(
        self, component: ComponentPolicy, trouble: Status, after: ComponentState, causes: list[CheckState]
    ) -> None:
        """Open, change or end the component's incident. Trouble that is not shown opens and changes nothing."""
        incident, status = self.state.open_incident(life.cause_of(component.id)), after.status
        why = ", ".join(dict.fromkeys(WORDS[c.reason] for c in causes if c.reason))
        if incident is None:
            if _is_worth_an_incident(component, status):
                self._open(component, status, after.since_ms, why)
        elif incident.taken:
            self._note_fact(component, trouble, incident)
        elif not trouble.depth:
            if self._is_over(component):
                self._end(component, incident)
        elif status.depth and incident.monitoring_ms is not None:
            self._tell(NoticeReason.CHANGED, life.again(incident, component, status, self.at_ms, why))
        elif status.depth and all(a.status is not status for a in incident.affected):
            self._tell(NoticeReason.CHANGED, life.changed(incident, component, status, self.at_ms))

    def _note_fact(self, component: ComponentPolicy, trouble: Status, incident: Incident) -> None:
        """A person leads it: what the component shows is added, and nothing is decided."""
        known = {a.component: a.status for a in incident.affected}
        if known.get(component.id, trouble) is not trouble:
            self._tell(NoticeReason.UPDATED, life.noted(incident, component, trouble, self.at_ms))

    # ------------------------------------------------------------ what a person asks for

    def post(self, order: Post) -> None:
        """Add a person's entry to an incident, if it may stand where they say."""
        incident = self._known(order.num)
        after = None if incident is None else life.posted(incident, order, self.at_ms)
        if incident is None or after is None:
            return
        reason = NoticeReason.UPDATED if after.is_open or not incident.is_open else NoticeReason.RESOLVED
        self._tell(NoticeReason.REOPENED if after.is_open and not incident.is_open else reason, after)
        if not after.is_open and incident.is_open:
            self._leave_alone(after)

    def _leave_alone(self, incident: Incident) -> None:
        """A person has resolved it: what still fails of it opens no incident until it has been well."""
        for affected in incident.affected:
            component = self.state.components.get(affected.component)
            if (
                component is not None
                and component.status.depth
                and incident.cause == life.cause_of(component.component)
            ):
                self.components[component.component] = component._replace(withheld_by=BY_HAND)

    def acknowledge(self, order: Acknowledge) -> None:
        """Note that somebody knows of an open incident."""
        incident = self.state.incidents.get(order.num)
        if incident is not None:
            self._tell(NoticeReason.ACKNOWLEDGED, life.acknowledged(incident, order))

    def open_by_hand(self, order: Open) -> None:
        """Open an incident that a person leads, about components of that site."""
        shown = {id_: self.state.components.get(id_) for id_ in order.components if id_ in self.policy.components}
        affected = tuple(
            Affected(id_, found.status, found.status)
            if found
            else Affected(id_, Status.OPERATIONAL, Status.OPERATIONAL)
            for id_, found in shown.items()
        )
        ids = (self.next_num, self.state.identity)
        self.next_num += 1
        self._tell(NoticeReason.OPENED, life.opened_by_hand(order, affected, self.at_ms, *ids))

    def _known(self, num: int) -> Incident | None:
        """The incident if it is open, or the latest of its cause that has none open."""
        ended = (incident for incident in self.state.ended.values() if incident.num == num)
        return self.state.incidents.get(num) or next(ended, None)

    # ------------------------------------------------------------

    def _is_over(self, component: ComponentPolicy) -> bool:
        """Whether nothing of it is in trouble, shown or not, and nothing flaps."""
        checks = [self._check(id_) for id_ in component.checks]
        return not any(check.verdict in _TROUBLED or check.flapped for check in checks)

    def note_flapping(self, component: ComponentPolicy, changes: int) -> None:
        """Tell of it if there is an incident to tell it with: without one, there is nothing to hold open."""
        incident = self.state.open_incident(life.cause_of(component.id))
        if incident is not None and incident.num not in self.incidents:
            self._tell(NoticeReason.FLAPPING, life.flapping(incident, component, changes, self.at_ms))

    def _open(self, component: ComponentPolicy, status: Status, since_ms: int, why: str) -> None:
        ended = self.state.ended.get(life.cause_of(component.id))
        if ended is not None and self.at_ms - (ended.resolved_ms or 0) < component.reopen_within_ms:
            self._tell(NoticeReason.REOPENED, life.again(ended, component, status, self.at_ms, why))
            return
        ids = (self.next_num, self.state.identity)
        self.next_num += 1
        self._tell(NoticeReason.OPENED, life.opened(component, status, since_ms, self.at_ms, why, *ids))

    def _end(self, component: ComponentPolicy, incident: Incident) -> None:
        """The trouble has gone: now, or a while ago."""
        if incident.monitoring_ms is None and component.resolve_after_ms:
            self._tell(NoticeReason.MONITORING, life.monitored(incident, component, self.at_ms))
        elif incident.monitoring_ms is None or self.at_ms - incident.monitoring_ms >= component.resolve_after_ms:
            ended_ms = incident.monitoring_ms or self.at_ms
            lasted = life.duration_words(ended_ms - incident.started_ms)
            body = f"{component.name} is operational again after {lasted}."
            self._tell(NoticeReason.RESOLVED, life.resolved(incident, self.at_ms, body))

    def _tell(self, reason: NoticeReason, incident: Incident) -> None:
        self.incidents[incident.num] = incident
        self.occasions.append(notice.of_incident(reason, incident, self.at_ms))

    def _headlines(self) -> dict[str, Headline]:
        """What the page of each site that is spoken of says of itself, once the decision holds."""
        shown = {occasion.site: self.state.statuses(occasion.site) for occasion in self.occasions}
        for id_ in [*self.components, *(id_ for subject, id_ in self.gone if subject is Subject.COMPONENT)]:
            before, after = self.state.components.get(id_), self.components.get(id_)
            if before is not None and before.site in shown:
                shown[before.site][before.status] -= 1
            if after is not None and after.site in shown:
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
        for before in self.state.components.values():
            if before.component not in self.policy.components and _word(before) != Verdict.UNKNOWN:
                self._note_unwatched(before)
        for incident in self.state.incidents.values():
            if incident.affected and all(a.component not in self.policy.components for a in incident.affected):
                body = "Closed because what it was about is no longer watched."
                self._tell(NoticeReason.RESOLVED, life.resolved(incident, self.at_ms, body))

    def _note_unwatched(self, before: ComponentState) -> None:
        """History ends here, so that the time until it is watched again, if ever, is nobody's uptime."""
        words = (_word(before), Verdict.UNKNOWN)
        rule = Rule.NOT_CONFIGURED
        self.changes.append(Change(Subject.COMPONENT, before.component, *words, self.at_ms, self.at_ms, rule))

    def pass_time(self) -> None:
        """Tell of maintenances that started or ended since the last look, and remind of what is open."""
        windows = self.policy.maintenances.values()
        if self.handled_ms is not None:
            for boundary in passed(windows, self.handled_ms, self.at_ms):
                reason = NoticeReason.MAINTENANCE_STARTED if boundary.starts else NoticeReason.MAINTENANCE_COMPLETED
                self.occasions.append(notice.of_maintenance(reason, boundary.window, boundary.at_ms))
            self._remind(self.handled_ms)
        self.handled_ms = (
            self.at_ms if is_set_back(self.handled_ms, self.at_ms) else max(self.handled_ms or 0, self.at_ms)
        )

    def _remind(self, after_ms: int) -> None:
        """Once, whatever has been slept through; not of what has ended just now."""
        for incident in (self.incidents.get(num, incident) for num, incident in self.state.incidents.items()):
            if not incident.is_open:
                continue
            for subscription in self._reminding:
                due_ms = reminder.next_ms(subscription, incident, after_ms)
                if due_ms is not None and due_ms <= self.at_ms and not incident.is_acknowledged(self.at_ms):
                    told = notice.of_incident(NoticeReason.REMINDER, incident, self.at_ms, subscription.id)
                    self.occasions.append(told)

    @property
    def _reminding(self) -> list[SubscriptionPolicy]:
        return [s for s in self.policy.subscriptions.values() if s.remind_after_ms is not None]

    def _next_reminder_ms(self, after_ms: int) -> int | None:
        reminding = self._reminding
        incidents = (self.state.incidents | self.incidents).values() if reminding else ()
        moments = (
            reminder.next_ms(subscription, incident, after_ms)
            for incident in incidents
            if incident.is_open
            for subscription in reminding
        )
        return min((ms for ms in moments if ms is not None), default=None)

    def _next_look_ms(self) -> int | None:
        """The first boundary of a maintenance that is not handled yet, end of a wait, or reminder.

        What flaps, or is in trouble again that is not shown, is not waited for: it is looked at when that is over. Nor
        is what a person leads.
        """
        after_ms = self.handled_ms or self.at_ms
        boundary_ms = next_boundary_ms(self.policy.maintenances.values(), after_ms)
        waits = [
            incident.monitoring_ms + component.resolve_after_ms
            for incident in (self.state.monitored() | self.incidents).values()
            for component in self._components_of(incident)
            if incident.is_open and not incident.taken
            if incident.monitoring_ms is not None and self._is_over(component)
        ]
        looks = (boundary_ms, self._next_reminder_ms(max(after_ms, self.at_ms)), *waits)
        return min((ms for ms in looks if ms is not None), default=None)

    def _components_of(self, incident: Incident) -> list[ComponentPolicy]:
        found = (self.policy.components.get(a.component) for a in incident.affected)
        return [component for component in found if component is not None]

    def decision(self) -> Decision | None:
        """Everything collected, under the next sequence number; None if that is nothing."""
        is_visible = bool(self.components or self.incidents or self.occasions or self.changes or self.gone)
        has_looked = self.handled_ms != self.state.handled_ms
        wake_ms = self._next_look_ms() if is_visible or has_looked or self.has_settled else self.state.wake_ms
        moved = has_looked or wake_ms != self.state.wake_ms
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
            wake_ms=wake_ms,
        )


_TROUBLED = frozenset({Verdict.DOWN, Verdict.DEGRADED})


def _word(component: ComponentState) -> str:
    """What history calls it: the status, or "unknown" while none of its checks has answered and no work is planned."""
    is_known = component.watched or component.status is Status.MAINTENANCE
    return component.status if is_known else Verdict.UNKNOWN


def _stated(component: ComponentPolicy) -> Status | None:
    """What it shows because somebody says so, since nothing probes it; None if it is probed."""
    return None if component.checks else component.stated


def _is_worth_an_incident(component: ComponentPolicy, status: Status) -> bool:
    return component.opens_at is not None and bool(status.depth) and status.depth >= component.opens_at.depth
