"""The life of an incident: a table of allowed steps, and the deeds of the automation.

An incident opens when a component's trouble is as deep as its policy asks, is updated when the trouble changes depth,
is monitored when the trouble has gone, and resolved when it has stayed away for as long as the policy asks. Trouble
that returns before that, or soon after, goes on in the same incident. Its name is given once and stays. What the
automation writes is public: it names components, kinds of trouble and times, never addresses or error texts.
"""

from collections.abc import Mapping, Sequence

from prober.core import ids
from prober.core.model import BY_COMPONENT, Affected, Impact, Incident, IncidentStatus, Status, Update
from prober.core.orders import Acknowledge, Open, Post
from prober.core.policy import ComponentPolicy
from prober.core.status import IMPACT_OF

MAY_FOLLOW: Mapping[IncidentStatus, frozenset[IncidentStatus]] = {
    IncidentStatus.INVESTIGATING: frozenset(
        {IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED}
    ),
    IncidentStatus.IDENTIFIED: frozenset(
        {IncidentStatus.INVESTIGATING, IncidentStatus.MONITORING, IncidentStatus.RESOLVED}
    ),
    IncidentStatus.MONITORING: frozenset(
        {IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.RESOLVED}
    ),
    IncidentStatus.RESOLVED: frozenset({IncidentStatus.INVESTIGATING, IncidentStatus.POSTMORTEM}),
    IncidentStatus.POSTMORTEM: frozenset(),
}

TROUBLE_WORDS = {
    Status.MAJOR: "is down",
    Status.PARTIAL: "is partially down",
    Status.DEGRADED: "is degraded",
    Status.OPERATIONAL: "is operational",
    Status.MAINTENANCE: "is under maintenance",
}


def is_step(before: IncidentStatus, after: IncidentStatus) -> bool:
    """Whether an incident may go from one status to the other; to stay where it is is no step, but allowed."""
    return before is after or after in MAY_FOLLOW[before]


def posted(incident: Incident, order: Post, at_ms: int) -> Incident | None:
    """The incident with a person's entry, theirs from now on; None if it may not stand there."""
    status = order.status or incident.status
    if not is_step(incident.status, status):
        return None
    is_resolved = status in (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)
    return incident._replace(
        status=status,
        affected=_operational(incident.affected) if is_resolved else incident.affected,
        updated_ms=at_ms,
        resolved_ms=(incident.resolved_ms or at_ms) if is_resolved else None,
        joined_due_ms=None if is_resolved else incident.joined_due_ms,
        monitoring_ms=at_ms if status is IncidentStatus.MONITORING else None,
        taken=True,
        updates=(*incident.updates, Update(at_ms, status, order.body, order.author)),
    )


def acknowledged(incident: Incident, order: Acknowledge) -> Incident:
    """The incident that somebody knows of."""
    return incident._replace(acknowledged_by=order.author, acknowledged_until_ms=order.until_ms)


def noted(incident: Incident, component: ComponentPolicy, status: Status, at_ms: int) -> Incident:
    """A fact added to an incident that a person leads: what one of its components shows now."""
    affected = _with(incident.affected, component.id, status)
    update = Update(at_ms, incident.status, f"{component.name} {TROUBLE_WORDS[status]} now.")
    return incident._replace(affected=affected, updated_ms=at_ms, updates=(*incident.updates, update))


def opened_by_hand(order: Open, affected: tuple[Affected, ...], at_ms: int, num: int, identity: bytes) -> Incident:
    """A new incident that a person leads, or the record of one that is over."""
    started_ms = at_ms if order.started_ms is None else order.started_ms
    if order.resolved_ms is not None:
        return _recorded(order, affected, started_ms, num, identity)
    return Incident(
        num=num,
        uid=ids.uid(at_ms, num),
        slug=ids.slug(f"incident:{num}", identity),
        site=order.site,
        cause=f"order:{num}",
        name=order.name,
        status=order.status,
        impact=order.impact,
        started_ms=started_ms,
        opened_ms=at_ms,
        updated_ms=at_ms,
        affected=affected,
        updates=(Update(at_ms, order.status, order.body, order.author),),
        monitoring_ms=at_ms if order.status is IncidentStatus.MONITORING else None,
        taken=True,
    )


def _recorded(order: Open, affected: tuple[Affected, ...], started_ms: int, num: int, identity: bytes) -> Incident:
    return Incident(
        num=num,
        uid=ids.uid(started_ms, num),
        slug=ids.slug(f"incident:{num}", identity),
        site=order.site,
        cause=f"order:{num}",
        name=order.name,
        status=IncidentStatus.RESOLVED,
        impact=order.impact,
        started_ms=started_ms,
        opened_ms=started_ms,
        updated_ms=order.resolved_ms or started_ms,
        affected=_operational(affected),
        updates=(Update(order.resolved_ms or started_ms, IncidentStatus.RESOLVED, order.body, order.author),),
        resolved_ms=order.resolved_ms,
        taken=True,
    )


def cause_of(component: str) -> str:
    """What may have at most one open incident: the trouble that began with this component."""
    return f"{BY_COMPONENT}{component}"


def opened(
    component: ComponentPolicy, status: Status, since_ms: int, at_ms: int, why: str, num: int, identity: bytes
) -> Incident:
    """A new incident for a component in trouble since since_ms; `why` names the kind of trouble in public words."""
    name = f"{component.name} {TROUBLE_WORDS[status]}"
    body = f"{name}{f': {why}' if why else ''}. We are investigating."
    return Incident(
        num=num,
        uid=ids.uid(at_ms, num),
        slug=ids.slug(f"incident:{num}", identity),
        site=component.site,
        cause=cause_of(component.id),
        name=name,
        status=IncidentStatus.INVESTIGATING,
        impact=IMPACT_OF[status],
        started_ms=since_ms,
        opened_ms=at_ms,
        updated_ms=at_ms,
        affected=(Affected(component.id, status, status),),
        updates=(Update(at_ms, IncidentStatus.INVESTIGATING, body),),
    )


def again(incident: Incident, component: ComponentPolicy, status: Status, at_ms: int, why: str) -> Incident:
    """The incident once its trouble has returned: while it was monitored, or soon after its end."""
    body = f"{component.name} {TROUBLE_WORDS[status]} again{f': {why}' if why else ''}. We are investigating."
    update = Update(at_ms, IncidentStatus.INVESTIGATING, body)
    affected = _with(incident.affected, component.id, status)
    return incident._replace(
        status=IncidentStatus.INVESTIGATING,
        impact=_impact(affected),
        affected=affected,
        updated_ms=at_ms,
        monitoring_ms=None,
        resolved_ms=None,
        updates=(*incident.updates, update),
    )


def as_they_are(incident: Incident, shown: Mapping[str, Status]) -> Incident:
    """The incident with what these of its components show. shown: by component; the others stay as they are."""
    affected = incident.affected
    for component, status in shown.items():
        affected = _with(affected, component, status)
    return incident._replace(affected=affected)


def changed(incident: Incident, component: ComponentPolicy, status: Status, at_ms: int) -> Incident:
    """The incident once one of its components shows another trouble. The impact follows it both ways."""
    affected = _with(incident.affected, component.id, status)
    update = Update(at_ms, incident.status, f"{component.name} {TROUBLE_WORDS[status]} now.")
    return incident._replace(
        affected=affected, impact=_impact(affected), updated_ms=at_ms, updates=(*incident.updates, update)
    )


def joined(incident: Incident, component: ComponentPolicy, status: Status, at_ms: int, due_ms: int | None) -> Incident:
    """The incident once it is about another component too; due_ms: when that is told, if it is not told now."""
    affected = tuple(sorted((*incident.affected, Affected(component.id, status, status))))
    return incident._replace(
        affected=affected, impact=_impact(affected), updated_ms=at_ms, joined_due_ms=incident.joined_due_ms or due_ms
    )


def told_joined(incident: Incident, names: Sequence[str], at_ms: int) -> Incident:
    """The incident once people are told what has joined it."""
    update = Update(at_ms, incident.status, f"This affects {', '.join(names)} as well.")
    return incident._replace(updated_ms=at_ms, joined_due_ms=None, updates=(*incident.updates, update))


def without(incident: Incident, components: frozenset[str]) -> Incident:
    """The incident once some of what it is about is no longer watched: that is not in trouble any more."""
    affected = tuple(
        a._replace(status=Status.OPERATIONAL) if a.component in components else a for a in incident.affected
    )
    return incident._replace(affected=affected)


def _with(affected: tuple[Affected, ...], component: str, status: Status) -> tuple[Affected, ...]:
    return tuple(
        a._replace(status=status, worst=max(a.worst, status, key=lambda s: s.depth)) if a.component == component else a
        for a in affected
    )


def _impact(affected: tuple[Affected, ...]) -> Impact:
    return max((IMPACT_OF[a.status] for a in affected), default=Impact.NONE)


def flapping(incident: Incident, component: ComponentPolicy, changes: int, at_ms: int) -> Incident:
    """The incident once its component changes too often to be believed."""
    body = f"{component.name} has changed {changes} times of late. This stays open until it is steady."
    update = Update(at_ms, incident.status, body)
    return incident._replace(updated_ms=at_ms, updates=(*incident.updates, update))


def monitored(incident: Incident, what: str, at_ms: int) -> Incident:
    """The incident once its trouble has gone, but has not yet stayed away for long enough. what: is well again."""
    body = f"{what}. We keep watching {'it' if len(incident.affected) == 1 else 'them'}."
    return incident._replace(
        status=IncidentStatus.MONITORING,
        affected=_operational(incident.affected),
        updated_ms=at_ms,
        monitoring_ms=at_ms,
        updates=(*incident.updates, Update(at_ms, IncidentStatus.MONITORING, body)),
    )


def resolved(incident: Incident, at_ms: int, body: str) -> Incident:
    """The incident's end, told in `body`; the impact it had stays on it."""
    return incident._replace(
        status=IncidentStatus.RESOLVED,
        affected=_operational(incident.affected),
        updated_ms=at_ms,
        resolved_ms=at_ms,
        joined_due_ms=None,
        updates=(*incident.updates, Update(at_ms, IncidentStatus.RESOLVED, body)),
    )


def _operational(affected: tuple[Affected, ...]) -> tuple[Affected, ...]:
    return tuple(a._replace(status=Status.OPERATIONAL) for a in affected)


_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def duration_words(ms: int) -> str:
    """A duration for people, its two largest units: "2 h 5 min"; "0 s" below one second."""
    parts = []
    for size, unit in _UNITS:
        count, ms = divmod(max(ms, 0), size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def as_of(incident: Incident, at_ms: int) -> Incident | None:
    """What people were told of it by a moment; None if it was not told by then.

    Its name, its impact and what it affects are as they are known now; who had acknowledged it is not known.
    """
    updates = tuple(update for update in incident.updates if update.at_ms <= at_ms)
    if incident.opened_ms > at_ms or not updates:
        return None
    status, monitoring_ms = updates[-1].status, incident.monitoring_ms
    is_over = status in (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)
    return incident._replace(
        status=status,
        updated_ms=updates[-1].at_ms,
        monitoring_ms=None if monitoring_ms is None or monitoring_ms > at_ms else monitoring_ms,
        resolved_ms=[u.at_ms for u in updates if u.status is IncidentStatus.RESOLVED][-1] if is_over else None,
        updates=updates,
        acknowledged_by="",
        acknowledged_until_ms=None,
    )
