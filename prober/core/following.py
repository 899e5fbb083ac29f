"""An incident follows its components: it opens, takes in others, changes and ends with them, or is led by a person."""

from prober.core import incident as life
from prober.core import notice
from prober.core.grouping import shares
from prober.core.ledger import Ledger
from prober.core.model import Affected, ComponentState, Incident, NoticeReason, Status
from prober.core.orders import Acknowledge, Open, Post
from prober.core.policy import ComponentPolicy
from prober.core.reason import WORDS, Reason
from prober.core.rollup import TROUBLED, seats
from prober.core.suppress import BY_HAND


class Following(Ledger):
    """What becomes of incidents in a decision."""

    def _follow(self, component: ComponentPolicy, trouble: Status, after: ComponentState) -> None:
        """Open, change or end the component's incident. Trouble that is not shown opens and changes nothing."""
        incident, status = self._open_about(component.id), after.status
        if incident is None:
            if is_worth_an_incident(component, status) and not after.withheld_by:
                self._open(component, after)
        elif incident.taken:
            self._note_fact(component, trouble, incident)
        elif not trouble.depth:
            if self._is_over(component):
                self._recover(component, incident)
        elif status.depth and incident.monitoring_ms is not None:
            self._tell(NoticeReason.CHANGED, life.again(incident, component, status, self.at_ms, self._why(after)))
        elif status.depth and shown_in(incident, component.id) is not status:
            self._tell(NoticeReason.CHANGED, life.changed(incident, component, status, self.at_ms))

    def _why(self, after: ComponentState) -> str:
        """The kinds of trouble that its checks are in, in public words."""
        states = (self._check(key) for id_ in after.causes for key in seats(self.policy.checks[id_]))
        found = dict.fromkeys((state.reason, state.detail) for state in states if state.verdict in TROUBLED)
        return ", ".join(dict.fromkeys(_words(reason, detail) for reason, detail in found if reason is not None))

    def _note_fact(self, component: ComponentPolicy, trouble: Status, incident: Incident) -> None:
        """A person leads it: what the component shows is added, and nothing is decided."""
        known = {a.component: a.status for a in incident.affected}
        if known.get(component.id, trouble) is not trouble:
            self._tell(NoticeReason.UPDATED, life.noted(incident, component, trouble, self.at_ms))

    def _open(self, component: ComponentPolicy, after: ComponentState) -> None:
        why = self._why(after)
        ended = self.state.ended_about(component.id) if component.reopen_within_ms else None
        is_recent = ended is not None and self.at_ms - (ended.resolved_ms or 0) < component.reopen_within_ms
        if ended is not None and is_recent and all(self._open_about(a.component) is None for a in ended.affected):
            ended = life.as_they_are(ended, self._in_trouble(ended))
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

    def _in_trouble(self, incident: Incident) -> dict[str, Status]:
        """What those of its components show that are in trouble, be it too mild to open an incident."""
        known = self.state.components | self.components
        shown = {a.component: known[a.component].status for a in incident.affected if a.component in known}
        return {component: status for component, status in shown.items() if status.depth}

    def _join(self, incident: Incident, component: ComponentPolicy, status: Status) -> None:
        """Told with what this decision tells of the incident anyway, or at the end of the wait."""
        is_told = any(o.incident is not None and o.incident.num == incident.num for o in self.occasions)
        due_ms = None if is_told else incident.opened_ms + component.group_wait_ms
        joined = self.incidents[incident.num] = life.joined(incident, component, status, self.at_ms, due_ms)
        self.occasions = [
            notice.of_incident(o.reason, joined, o.at_ms, o.only)._replace(channels=o.channels)
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
        elif shown_in(incident, component.id).depth:
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

    def note_flapping(self, component: ComponentPolicy, changes: int) -> None:
        """Tell of it if there is an incident to tell it with: without one, there is nothing to hold open."""
        incident = self._open_about(component.id)
        if incident is not None and incident.num not in self.incidents:
            self._tell(NoticeReason.FLAPPING, life.flapping(incident, component, changes, self.at_ms))

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

    def _known(self, num: int) -> Incident | None:
        """The incident if it is open, or the latest of its cause that has none open."""
        ended = (incident for incident in self.state.ended.values() if incident.num == num)
        return self.state.incidents.get(num) or next(ended, None)


def shown_in(incident: Incident, component: str) -> Status:
    """What an incident says of a component that it is about."""
    return next(affected.status for affected in incident.affected if affected.component == component)


def is_worth_an_incident(component: ComponentPolicy, status: Status) -> bool:
    return component.opens_at is not None and bool(status.depth) and status.depth >= component.opens_at.depth


def _words(reason: Reason, detail: str) -> str:
    """The kind of trouble; whole where nobody but the operator reads it."""
    return f"{WORDS[reason]} ({detail})" if reason is Reason.SELF_ALERTS else WORDS[reason]
