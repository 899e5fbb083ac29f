"""A decision in the making: a verdict that moved settles its component, an incident follows, notices are owed."""

from collections.abc import Callable, Iterator

from prober.core import incident as life
from prober.core import notice, reminder
from prober.core import storm as storms
from prober.core import work as works
from prober.core.agenda import Agenda
from prober.core.events import Change, Decision, Rule, Subject
from prober.core.grouping import shares
from prober.core.maintenance import is_set_back, next_boundary_ms
from prober.core.model import (
    Affected,
    CheckState,
    ComponentPolicy,
    ComponentState,
    Headline,
    Incident,
    Notice,
    NoticeReason,
    Pin,
    Policy,
    Status,
    StatusChange,
    Storm,
    SubscriptionPolicy,
    Verdict,
)
from prober.core.orders import Acknowledge, OfMaintenance, Open, Post, ScheduleMaintenance, SetPin, TakePin
from prober.core.reason import WORDS
from prober.core.rollup import TROUBLED, RolledUp, agreed, rolled_up, seats, stated
from prober.core.state import State
from prober.core.status import headline
from prober.core.suppress import BY_HAND, dependents, down_above, shown

LATE_MS = 10_000  # an answer may be so late and none is missing: a restart takes its time, and so does a probe


class Draft:
    """A decision in the making: collects new rows beside the state, never in it."""

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
        found, pin = self._rolled_up(component), self._pin(component.id)
        trouble = found.status if pin is None else pin.status
        status, rule = shown(self.agenda.all(), component.id, trouble, pin, self.at_ms)
        if rule is Rule.FROM_CHECKS and stated(component) is not None:
            rule = Rule.STATED
        if status is Status.MAINTENANCE:
            self.agenda.note(component.id, trouble, self._moved_ms(component))
        before = self.state.components.get(component.id) or ComponentState(component.id, since_ms=self.at_ms)
        after = ComponentState(
            component.id,
            status,
            before.since_ms,
            watched=stated(component) is not None
            or any(state.verdict is not Verdict.UNKNOWN for state in self._states(component)),
            causes=found.causes,
            site=component.site,
            withheld_by=self._withheld_by(component, status),
            pin=pin,
        )
        if _word(after) != _word(before):
            after = after._replace(since_ms=self._since(before, after))
            self._announce(component, before, after, rule)
        elif after.pin != before.pin:
            self._note(after, Rule.FROM_CHECKS if pin is None else Rule.PINNED, _pin_words(pin))
        if after.withheld_by and after.withheld_by != before.withheld_by:
            self._note_withheld(after)
        if after != self.state.components.get(component.id):
            self.components[component.id] = after
        if not after.withheld_by:
            self._follow(component, trouble, after)

    def _moved_ms(self, component: ComponentPolicy) -> int:
        """Since when its trouble is there; if it has none, since when it has gone."""
        states = list(self._states(component))
        troubled = [state.since_ms for state in states if state.verdict in TROUBLED]
        return min(troubled) if troubled else max((state.since_ms for state in states), default=self.at_ms)

    def _trouble(self, component: str) -> Status:
        """What it would show if no work were planned."""
        pin = self._pin(component)
        return self._rolled_up(self.policy.components[component]).status if pin is None else pin.status

    def _rolled_up(
        self, component: ComponentPolicy, verdict: Callable[[CheckState], Verdict] = lambda check: check.verdict
    ) -> RolledUp:
        """What its checks make of a component, whether that is shown or not."""

        def of_check(id_: str) -> Verdict:
            check = self.policy.checks[id_]
            return agreed(check, [verdict(self._check(key)) for key in seats(check)])

        return rolled_up(self.policy, component, of_check)

    def _feared(self, component: str) -> Status:
        """Its trouble if every check that fails at the moment turns out to be down; or what a person says."""
        pin = self._pin(component)
        if pin is not None:
            return pin.status
        feared = self._rolled_up(
            self.policy.components[component], lambda check: Verdict.DOWN if check.down else check.verdict
        )
        return feared.status

    def _states(self, component: ComponentPolicy) -> Iterator[CheckState]:
        """Of all its checks, from everywhere."""
        return (self._check(key) for id_ in component.checks for key in seats(self.policy.checks[id_]))

    def _pin(self, component: str) -> Pin | None:
        """What a person has set it to, if that holds."""
        known = self.state.components.get(component)
        pin = self.pins.get(component, known.pin if known else None)
        return pin if pin is not None and pin.holds(self.at_ms) else None

    def _withheld_by(self, component: ComponentPolicy, status: Status) -> str:
        """The outage that keeps an incident of this component from opening, if one wants to."""
        if not _is_worth_an_incident(component, status):
            return ""
        before = self.state.components.get(component.id)
        if before is not None and before.withheld_by == BY_HAND:
            return BY_HAND
        if not component.depends_on or self._open_about(component.id) is not None:
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
        why = ", ".join(after.causes) if rule is Rule.FROM_CHECKS else _pin_words(after.pin)
        self.changes.append(Change(Subject.COMPONENT, component.id, *words, self.at_ms, after.since_ms, rule, why))
        if after.status is not before.status:
            change = StatusChange(component.id, before.status, after.status, self.at_ms)
            self.occasions.append(notice.of_component(component.site, change))

    def _note_withheld(self, after: ComponentState) -> None:
        why = f"no incident opens: it depends on {after.withheld_by}, which fails"
        self._note(after, Rule.DEPENDENCY_DOWN, why)

    def _note(self, after: ComponentState, rule: Rule, why: str) -> None:
        """History of what changes no status."""
        word = _word(after)
        self.changes.append(
            Change(Subject.COMPONENT, after.component, word, word, self.at_ms, after.since_ms, rule, why)
        )

    def _follow(self, component: ComponentPolicy, trouble: Status, after: ComponentState) -> None:
        """Open, change or end the component's incident. Trouble that is not shown opens and changes nothing."""
        incident, status = self._open_about(component.id), after.status
        if incident is None:
            if _is_worth_an_incident(component, status):
                self._open(component, after)
        elif incident.taken:
            self._note_fact(component, trouble, incident)
        elif not trouble.depth:
            if self._is_over(component):
                self._recover(component, incident)
        elif status.depth and incident.monitoring_ms is not None:
            self._tell(NoticeReason.CHANGED, life.again(incident, component, status, self.at_ms, self._why(after)))
        elif status.depth and _shown_in(incident, component.id) is not status:
            self._tell(NoticeReason.CHANGED, life.changed(incident, component, status, self.at_ms))

    def _why(self, after: ComponentState) -> str:
        """The kinds of trouble that its checks are in, in public words."""
        states = (self._check(key) for id_ in after.causes for key in seats(self.policy.checks[id_]))
        reasons = dict.fromkeys(state.reason for state in states if state.verdict in TROUBLED)
        return ", ".join(dict.fromkeys(WORDS[reason] for reason in reasons if reason is not None))

    def _open_about(self, component: str) -> Incident | None:
        """The open incident of the automation that is about the component, as this decision leaves it."""
        drafted = (i for i in self.incidents.values() if i.is_automatic and _is_about(i, component))
        latest = next(drafted, None) or self.state.open_about(component)
        return latest if latest is not None and latest.is_open else None

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
        for affected in incident.affected if incident.is_automatic else ():
            component = self.state.components.get(affected.component)
            if component is not None and component.status.depth:
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
        opened = life.opened_by_hand(order, affected, self.at_ms, *ids)
        if opened.is_open:
            self._tell(NoticeReason.OPENED, opened)
        else:
            self.incidents[opened.num] = opened  # a record of what has been is no news

    def pin(self, order: SetPin | TakePin) -> None:
        """Let a component show what a person says, or no longer."""
        component = self.policy.components.get(order.component)
        if component is None:
            return
        self.pins[component.id] = Pin(order.status, order.author, order.until_ms) if isinstance(order, SetPin) else None
        for id_ in [component.id, *dependents(self.policy, component.id)]:
            self.settle(self.policy.components[id_])

    def carry_out(self, order: OfMaintenance) -> None:
        """Plan, start, extend, end or cancel a maintenance, if it may be."""
        if isinstance(order, ScheduleMaintenance):
            self.agenda.schedule(order, self.next_num)
            self.next_num += 1
        else:
            self.agenda.carry_out(order)
        self._tell_of_works()

    def end_what_is_green(self, component: str) -> None:
        """End the maintenances that only wait until nothing of them fails, if that is so now."""
        self.agenda.end_what_is_green(component, self._moved_ms(self.policy.components[component]))
        self._tell_of_works()

    @property
    def touched(self) -> list[str]:
        """The components whose planned work has begun or ended in this decision."""
        return [id_ for id_ in self.agenda.touched if id_ in self.policy.components]

    def _known(self, num: int) -> Incident | None:
        """The incident if it is open, or the latest of its cause that has none open."""
        ended = (incident for incident in self.state.ended.values() if incident.num == num)
        return self.state.incidents.get(num) or next(ended, None)

    # ------------------------------------------------------------

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

    def note_flapping(self, component: ComponentPolicy, changes: int) -> None:
        """Tell of it if there is an incident to tell it with: without one, there is nothing to hold open."""
        incident = self._open_about(component.id)
        if incident is not None and incident.num not in self.incidents:
            self._tell(NoticeReason.FLAPPING, life.flapping(incident, component, changes, self.at_ms))

    def _open(self, component: ComponentPolicy, after: ComponentState) -> None:
        why = self._why(after)
        ended = self.state.ended_about(component.id) if component.reopen_within_ms else None
        is_recent = ended is not None and self.at_ms - (ended.resolved_ms or 0) < component.reopen_within_ms
        if ended is not None and is_recent and all(self._open_about(a.component) is None for a in ended.affected):
            self._tell(NoticeReason.REOPENED, life.again(ended, component, after.status, self.at_ms, why))
            return
        joined = self._joins(component, after)
        if joined is not None:
            self._join(joined, component, after.status)
            return
        ids = (self.next_num, self.state.identity)
        self.next_num += 1
        opened = life.opened(component, after.status, after.since_ms, self.at_ms, why, *ids)
        self._tell(NoticeReason.OPENED, opened)

    def _join(self, incident: Incident, component: ComponentPolicy, status: Status) -> None:
        """Told with what this decision tells of the incident anyway, or at the end of the wait."""
        is_told = any(o.incident is not None and o.incident.num == incident.num for o in self.occasions)
        due_ms = None if is_told else incident.opened_ms + component.group_wait_ms
        joined = self.incidents[incident.num] = life.joined(incident, component, status, self.at_ms, due_ms)
        self.occasions = [
            notice.of_incident(o.reason, joined, o.at_ms, o.only)
            if o.incident is not None and o.incident.num == joined.num
            else o
            for o in self.occasions
        ]

    def _joins(self, component: ComponentPolicy, after: ComponentState) -> Incident | None:
        """The incident that its trouble is part of, if it has just opened for what they have in common."""
        if not component.group_by:
            return None
        known = self.state.incidents | self.incidents
        mine = shares(self.policy, component, after.causes, self._check)
        for incident in known.values():
            is_fresh = incident.is_open and self.at_ms - incident.opened_ms <= component.group_wait_ms
            may_join = incident.is_automatic and not incident.taken and incident.monitoring_ms is None
            if is_fresh and may_join and incident.site == component.site and mine & self._shared_by(incident):
                return incident
        return None

    def _shared_by(self, incident: Incident) -> frozenset[tuple[str, str]]:
        """What may be common with what still fails of it."""
        found: frozenset[tuple[str, str]] = frozenset()
        for component in self._components_of(incident):
            causes = self._rolled_up(component).causes
            if causes:
                found |= shares(self.policy, component, causes, self._check)
        return found

    def _recover(self, component: ComponentPolicy, incident: Incident) -> None:
        """The trouble of one component has gone: the incident's too, if it was about nothing else that fails."""
        if self._are_over(incident):
            self._end(incident)
        elif _shown_in(incident, component.id).depth:
            self._tell(NoticeReason.CHANGED, life.changed(incident, component, Status.OPERATIONAL, self.at_ms))

    def _end(self, incident: Incident) -> None:
        """The trouble has gone: now, or a while ago."""
        components = self._components_of(incident)
        wait_ms = max(component.resolve_after_ms for component in components)
        names = ", ".join(component.name for component in components)
        names = f"{names} {'is' if len(components) == 1 else 'are'} operational again"
        if incident.monitoring_ms is None and wait_ms:
            self._tell(NoticeReason.MONITORING, life.monitored(incident, names, self.at_ms))
        elif incident.monitoring_ms is None or self.at_ms - incident.monitoring_ms >= wait_ms:
            ended_ms = incident.monitoring_ms or self.at_ms
            lasted = life.duration_words(ended_ms - incident.started_ms)
            self._tell(NoticeReason.RESOLVED, life.resolved(incident, self.at_ms, f"{names} after {lasted}."))

    def _tell(self, reason: NoticeReason, incident: Incident) -> None:
        self.incidents[incident.num] = incident
        self.occasions.append(notice.of_incident(reason, incident, self.at_ms))

    def _headlines(self) -> dict[str, Headline]:
        """What the page of each site that is spoken of says of itself, once the decision holds."""
        held = (held.notice.site for storm in self.flushed for held in storm.held)
        shown = {site: self.state.statuses(site) for site in [*(o.site for o in self.occasions), *held]}
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
            (Subject.CHECK, self.state.checks, {key for check in self.policy.checks.values() for key in seats(check)}),
            (Subject.COMPONENT, self.state.components, self.policy.components),
        ):
            self.gone += [(subject, id_) for id_ in rows if id_ not in configured]
        for before in self.state.components.values():
            if before.component not in self.policy.components and _word(before) != Verdict.UNKNOWN:
                self._note_unwatched(before)
        for incident in self.state.incidents.values():
            gone = frozenset(a.component for a in incident.affected if a.component not in self.policy.components)
            if gone and len(gone) == len(incident.affected):
                body = "Closed because what it was about is no longer watched."
                self._tell(NoticeReason.RESOLVED, life.resolved(incident, self.at_ms, body))
            elif any(_shown_in(incident, id_).depth for id_ in gone):
                self.incidents[incident.num] = life.without(incident, gone)

    def _note_unwatched(self, before: ComponentState) -> None:
        """History ends here, so that the time until it is watched again, if ever, is nobody's uptime."""
        words = (_word(before), Verdict.UNKNOWN)
        rule = Rule.NOT_CONFIGURED
        self.changes.append(Change(Subject.COMPONENT, before.component, *words, self.at_ms, self.at_ms, rule))

    def note_gap(self, watched_ms: int) -> None:
        """Nothing was watched until now: history says so where an answer is missing. Nothing else moves by it."""
        for component in self.policy.components.values():
            row, longest_ms = self.state.components.get(component.id), self._longest_interval_ms(component)
            if row is None or longest_ms is None or _word(row) == Verdict.UNKNOWN:
                continue
            from_ms, word = max(watched_ms, row.since_ms), _word(row)
            if self.at_ms - from_ms > longest_ms + LATE_MS:
                for before, after, ms in ((word, Verdict.UNKNOWN, from_ms), (Verdict.UNKNOWN, word, self.at_ms)):
                    self.changes.append(
                        Change(Subject.COMPONENT, component.id, before, after, self.at_ms, ms, Rule.NOT_WATCHED)
                    )

    def _longest_interval_ms(self, component: ComponentPolicy) -> int | None:
        return max((self.policy.checks[id_].interval_ms for id_ in component.checks), default=None)

    def pass_time(self) -> None:
        """Act on planned work that is due since the last look, and remind of what is open."""
        before_ms = self.handled_ms
        self.handled_ms = self.at_ms if is_set_back(before_ms, self.at_ms) else max(before_ms or 0, self.at_ms)
        self.agenda.look(self.handled_ms)
        self._tell_of_works()
        if before_ms is not None:
            self._remind(before_ms)
            self._escalate()
        self._tell_joined()
        self.flushed = [
            storm
            for storm in self.state.storms.values()
            if (due_ms := storms.due_ms(self.policy, storm)) is not None and due_ms <= self.at_ms
        ]

    def _tell_of_works(self) -> None:
        self.occasions += [notice.of_maintenance(*told) for told in self.agenda.told]

    def _tell_joined(self) -> None:
        """What has joined an incident is told once, at the end of the wait."""
        for incident in (self.incidents.get(num, incident) for num, incident in self.state.incidents.items()):
            if incident.is_open and incident.joined_due_ms is not None and incident.joined_due_ms <= self.at_ms:
                joined = self._components_of(incident)
                names = [c.name for c in joined if life.cause_of(c.id) != incident.cause]
                self._tell(NoticeReason.CHANGED, life.told_joined(incident, names, self.at_ms))

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

    def _escalate(self) -> None:
        """Tell whom it now is the turn of, once each."""
        for incident in list((self.state.incidents | self.incidents).values()):
            for subscription in self.policy.subscriptions.values():
                due_ms = reminder.escalation_ms(subscription, incident)
                if due_ms is not None and due_ms <= self.at_ms:
                    self._escalate_to(subscription, self.incidents.get(incident.num, incident))

    def _escalate_to(self, subscription: SubscriptionPolicy, incident: Incident) -> None:
        after = incident._replace(escalated=(*incident.escalated, subscription.id))
        told = notice.of_incident(NoticeReason.ESCALATED, after, self.at_ms, subscription.id)
        if any(notice.interested(self.policy, told)):
            self.incidents[incident.num] = after
            self.occasions.append(told)

    def _next_escalation_ms(self, after_ms: int) -> int | None:
        """The first one that is to come; one that is due and concerns nobody is not waited for."""
        moments = (
            reminder.escalation_ms(subscription, incident)
            for subscription in self.policy.subscriptions.values()
            if subscription.escalate_after_ms is not None
            for incident in (self.state.incidents | self.incidents).values()
        )
        return min((ms for ms in moments if ms is not None and ms > after_ms), default=None)

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
            incident.monitoring_ms + max(component.resolve_after_ms for component in components)
            for incident in (self.state.monitored() | self.incidents).values()
            if incident.is_open and not incident.taken and incident.monitoring_ms is not None
            if (components := self._components_of(incident)) and self._are_over(incident)
        ]
        works_ms = [works.next_ms(work) for work in self.agenda.all()]
        joins = [i.joined_due_ms for i in (self.state.joined() | self.incidents).values() if i.is_open]
        pinned = {id_: row.pin for id_, row in (self.state.pinned() | self.components).items()}
        pins = [pin.until_ms for id_, pin in pinned.items() if pin is not None and id_ in self.policy.components]
        digests = [storms.due_ms(self.policy, storm) for storm in (self.state.storms | self.storms).values()]
        latest_ms = max(after_ms, self.at_ms)
        told = (self._next_reminder_ms(latest_ms), self._next_escalation_ms(latest_ms))
        looks = (boundary_ms, *works_ms, *told, *waits, *joins, *pins, *digests)
        return min((ms for ms in looks if ms is not None), default=None)

    def _components_of(self, incident: Incident) -> list[ComponentPolicy]:
        found = (self.policy.components.get(a.component) for a in incident.affected)
        return [component for component in found if component is not None]

    def _notices(self, seq: int) -> tuple[Notice, ...]:
        """What is sent of what is owed: all of it, but for channels with a budget."""
        if not self.occasions and not self.flushed:
            return ()
        headlines, identity = self._headlines(), self.state.identity
        for storm in self.flushed:
            self.storms[storm.channel] = Storm(storm.channel, self.at_ms, sent=1)
        owed = notice.owed(self.policy, self.occasions, headlines, seq, identity)
        if not self.policy.budgets and not self.flushed:
            return owed
        digests = [
            digest
            for storm in self.flushed
            for digest in storms.digests(self.policy, storm, headlines, seq, self.at_ms, identity)
        ]
        weighed = storms.weighed(self.policy, self.state.storms | self.storms, owed, self.at_ms)
        self.storms |= weighed.storms
        return (*digests, *weighed.notices)

    def decision(self) -> Decision | None:
        """Everything collected, under the next sequence number; None if that is nothing."""
        seen = (self.components, self.incidents, self.agenda.changed, self.occasions, self.changes, self.gone)
        is_visible = any(seen) or bool(self.flushed)
        notices = self._notices(self.state.seq + 1)
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
            notices=notices,
            changes=tuple(self.changes),
            gone=tuple(self.gone),
            storms=tuple(self.storms.values()),
            next_num=self.next_num,
            handled_ms=self.handled_ms,
            wake_ms=wake_ms,
            maintenances=tuple(self.agenda.changed.values()),
        )


def _is_about(incident: Incident, component: str) -> bool:
    return any(affected.component == component for affected in incident.affected)


def _shown_in(incident: Incident, component: str) -> Status:
    """What an incident says of a component that it is about."""
    return next(affected.status for affected in incident.affected if affected.component == component)


def _pin_words(pin: Pin | None) -> str:
    return "" if pin is None else f"{pin.status} by {pin.by}"


def _word(component: ComponentState) -> str:
    """What history calls it: the status, or "unknown" while none of its checks has answered and no work is planned."""
    is_known = component.watched or component.pin is not None or component.status is Status.MAINTENANCE
    return component.status if is_known else Verdict.UNKNOWN


def _is_worth_an_incident(component: ComponentPolicy, status: Status) -> bool:
    return component.opens_at is not None and bool(status.depth) and status.depth >= component.opens_at.depth
