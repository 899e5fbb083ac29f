"""A decision in the making: a verdict that moved settles its component, an incident follows, notices are owed."""

from collections.abc import Sequence

from prober.core import hours, notice, reminder
from prober.core import incident as life
from prober.core import storm as storms
from prober.core import work as works
from prober.core.events import Change, Decision, Rule, Subject
from prober.core.following import Following, is_worth_an_incident, shown_in
from prober.core.maintenance import is_set_back, next_boundary_ms
from prober.core.model import (
    CheckState,
    ComponentState,
    Headline,
    Incident,
    Notice,
    NoticeReason,
    Pin,
    Status,
    StatusChange,
    Storm,
    Verdict,
)
from prober.core.orders import OfMaintenance, ScheduleMaintenance, SetPin, TakePin
from prober.core.policy import ComponentPolicy, SubscriptionPolicy
from prober.core.rollup import seats, stated
from prober.core.status import headline
from prober.core.suppress import BY_HAND, dependents, down_above, shown

LATE_MS = 10_000  # an answer may be so late and none is missing: a restart takes its time, and so does a probe


class Draft(Following):
    """A decision in the making."""

    # ------------------------------------------------------------ a check, and its component

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
            withheld_by=self._withheld_by(component, trouble, status),
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
        self._follow(component, trouble, after)

    def _withheld_by(self, component: ComponentPolicy, trouble: Status, status: Status) -> str:
        """What keeps an incident of this component from opening: a person, as long as it is in trouble, be it hidden
        by planned work; or, if one wants to open, the outage of another.
        """
        before = self.state.components.get(component.id)
        if before is not None and before.withheld_by == BY_HAND and trouble is not Status.OPERATIONAL:
            return BY_HAND
        if not is_worth_an_incident(component, status):
            return ""
        if not component.depends_on or self._open_about(component.id) is not None:
            return ""  # what was announced goes on
        return down_above(self.policy, component, self._feared)

    def _since(self, before: ComponentState, after: ComponentState) -> int:
        """From when a new status holds: set back to the probe that began it, but not into what was shown before."""
        if Status.MAINTENANCE in (before.status, after.status):
            return self.at_ms
        return max(before.since_ms, min((c.since_ms for c in self.checks.values()), default=self.at_ms))

    def _announce(self, component: ComponentPolicy, before: ComponentState, after: ComponentState, rule: Rule) -> None:
        words = (_word(before), _word(after))
        why = _pin_words(after.pin) if rule is Rule.PINNED else ", ".join(after.causes)
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

    # ------------------------------------------------------------ what is pinned and planned

    def pin(self, order: SetPin | TakePin) -> None:
        """Let a component show what a person says, or no longer."""
        component = self.policy.components.get(order.component)
        if component is None:
            return
        self.pins[component.id] = Pin(order.status, order.author, order.until_ms) if isinstance(order, SetPin) else None
        for id_ in [component.id, *dependents(self.policy, component.id)]:
            self.settle(self.policy.components[id_])

    def carry_out(self, order: OfMaintenance) -> None:
        """Plan, start, extend, move, end or cancel a maintenance, if it may be."""
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

    def _tell_of_works(self) -> None:
        self.occasions += [notice.of_maintenance(*told) for told in self.agenda.told]

    def tell_only(self, channels: frozenset[str] | None) -> None:
        """Tell what there is to tell by now to subscriptions of these channels, None = of all."""
        self.occasions = [one._replace(channels=channels) for one in self.occasions]

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
            elif any(shown_in(incident, id_).depth for id_ in gone):
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
            self._tell_missed(before_ms)
            self._remind(before_ms)
            self._escalate()
        self._tell_joined()
        self.flushed = [
            storm
            for storm in self.state.storms.values()
            if (due_ms := storms.due_ms(self.policy, storm)) is not None and due_ms <= self.at_ms
        ]

    def _tell_joined(self) -> None:
        """What has joined an incident is told once, at the end of the wait."""
        for incident in (self.incidents.get(num, incident) for num, incident in self.state.incidents.items()):
            if incident.is_open and incident.joined_due_ms is not None and incident.joined_due_ms <= self.at_ms:
                joined = self._components_of(incident)
                names = [c.name for c in joined if life.cause_of(c.id) != incident.cause]
                self._tell(NoticeReason.CHANGED, life.told_joined(incident, names, self.at_ms))

    def _tell_missed(self, after_ms: int) -> None:
        """Tell those whose hours have begun what is still so."""
        incidents = self.state.incidents | self.incidents
        for subscription in self.policy.subscriptions.values():
            works = self.agenda.all()
            self.occasions += notice.missed(subscription, incidents.values(), works, after_ms, self.at_ms)

    def _next_hours_ms(self, after_ms: int) -> int | None:
        """When hours begin next, of any subscription that has some."""
        all_hours = (subscription.hours for subscription in self.policy.subscriptions.values())
        moments = (hours.begin_ms(one, after_ms) for one in all_hours if one is not None)
        return min((ms for ms in moments if ms is not None), default=None)

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
        looks = (boundary_ms, self._next_hours_ms(after_ms), *works_ms, *told, *waits, *joins, *pins, *digests)
        return min((ms for ms in looks if ms is not None), default=None)

    # ------------------------------------------------------------ what comes of it

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

    def _notices(self, seq: int) -> tuple[Notice, ...]:
        """What is sent of what is owed: all of it, but for channels with a budget."""
        if not self.occasions and not self.flushed:
            return ()
        headlines, identity = self._headlines(), self.state.identity
        for storm in self.flushed:
            self.storms[storm.channel] = Storm(storm.channel, self.at_ms, sent=1)
        owed = notice.owed(self.policy, self.occasions, headlines, seq, identity)
        self._remember(owed)
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

    def _remember(self, owed: Sequence[Notice]) -> None:
        """Who is told of each incident and each planned work."""
        about = {one.stream: one for one in owed}
        for stream, heard in notice.heard(owed).items():
            incident, work = about[stream].incident, about[stream].maintenance
            if incident is not None:
                self._note_told(incident.num, heard)
            if work is not None:
                self.agenda.note_told(work.id, heard)

    def _note_told(self, num: int, heard: Sequence[str]) -> None:
        before = self.incidents.get(num) or self.state.incidents[num]
        if (told := tuple(dict.fromkeys((*before.told, *heard)))) != before.told:
            self.incidents[num] = before._replace(told=told)

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


def _pin_words(pin: Pin | None) -> str:
    return "" if pin is None else f"{pin.status} by {pin.by}"


def _word(component: ComponentState) -> str:
    """What history calls it: the status, or "unknown" while none of its checks has answered and no work is planned."""
    is_known = component.watched or component.pin is not None or component.status is Status.MAINTENANCE
    return component.status if is_known else Verdict.UNKNOWN
