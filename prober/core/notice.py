"""Is a message owed, to whom, and for which named reason.

A notice is owed to each subscription whose topic, site, groups, components and impact fit. What was announced to
a subscription as open is announced to it as closed, whatever its impact has become: the limit is applied to the worst
impact the incident can still be said to have had. A subscription that waits for an escalation hears of an incident
only once that has come.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from prober.core import ids
from prober.core.model import (
    Headline,
    Impact,
    Incident,
    MaintenanceState,
    Notice,
    NoticeReason,
    Policy,
    StatusChange,
    SubscriptionPolicy,
)
from prober.core.status import IMPACT_OF

TOPIC_OF = {
    NoticeReason.OPENED: "incidents",
    NoticeReason.REOPENED: "incidents",
    NoticeReason.CHANGED: "incidents",
    NoticeReason.UPDATED: "incidents",
    NoticeReason.ACKNOWLEDGED: "incidents",
    NoticeReason.REMINDER: "incidents",
    NoticeReason.ESCALATED: "incidents",
    NoticeReason.FLAPPING: "incidents",
    NoticeReason.MONITORING: "incidents",
    NoticeReason.RESOLVED: "incidents",
    NoticeReason.COMPONENT_CHANGED: "components",
    NoticeReason.MAINTENANCE_SCHEDULED: "maintenance",
    NoticeReason.MAINTENANCE_REMINDER: "maintenance",
    NoticeReason.MAINTENANCE_STARTED: "maintenance",
    NoticeReason.MAINTENANCE_EXTENDED: "maintenance",
    NoticeReason.MAINTENANCE_COMPLETED: "maintenance",
    NoticeReason.MAINTENANCE_CANCELLED: "maintenance",
}
TOPICS = frozenset(TOPIC_OF.values())


class Occasion(NamedTuple):
    """Something worth telling. Exactly one of incident, change, maintenance is set. only: to that subscription."""

    reason: NoticeReason
    at_ms: int
    site: str
    components: tuple[str, ...]
    stream: str
    incident: Incident | None = None
    change: StatusChange | None = None
    maintenance: MaintenanceState | None = None
    only: str | None = None


def of_incident(reason: NoticeReason, incident: Incident, at_ms: int, only: str | None = None) -> Occasion:
    """The occasion that something came of an incident."""
    components = tuple(a.component for a in incident.affected)
    stream = f"incident:{incident.num}"
    return Occasion(reason, at_ms, incident.site, components, stream, incident=incident, only=only)


def of_component(site: str, change: StatusChange) -> Occasion:
    """The occasion that a component changed its status."""
    stream = f"component:{change.component}"
    return Occasion(NoticeReason.COMPONENT_CHANGED, change.at_ms, site, (change.component,), stream, change=change)


def of_maintenance(reason: NoticeReason, work: MaintenanceState, at_ms: int) -> Occasion:
    """The occasion that something came of a maintenance."""
    return Occasion(reason, at_ms, work.site, work.components, f"maintenance:{work.id}", maintenance=work)


def owed(
    policy: Policy, occasions: Sequence[Occasion], headlines: Mapping[str, Headline], seq: int, identity: bytes
) -> tuple[Notice, ...]:
    """The notices that the occasions of decision `seq` owe, in order; headlines by site."""
    return tuple(
        Notice(
            id="msg_" + ids.slug(f"{seq}:{index}:{subscription.id}", identity, length=20),
            seq=seq,
            subscription=subscription.id,
            channel=subscription.channel,
            reason=occasion.reason,
            at_ms=occasion.at_ms,
            site=occasion.site,
            stream=occasion.stream,
            headline=headlines[occasion.site],
            incident=occasion.incident,
            change=occasion.change,
            maintenance=occasion.maintenance,
        )
        for index, occasion in enumerate(occasions)
        for subscription in interested(policy, occasion)
    )


def interested(policy: Policy, occasion: Occasion) -> Iterator[SubscriptionPolicy]:
    """The subscriptions that want to hear of it."""
    for subscription in policy.subscriptions.values():
        if (
            occasion.only in (None, subscription.id)
            and TOPIC_OF[occasion.reason] in subscription.topics
            and _covers(subscription, policy, occasion)
            and _hurts_enough(subscription, occasion)
            and _is_its_turn(subscription, occasion)
        ):
            yield subscription


def _covers(subscription: SubscriptionPolicy, policy: Policy, occasion: Occasion) -> bool:
    if subscription.sites and occasion.site not in subscription.sites:
        return False
    if not subscription.groups and not subscription.components:
        return True
    if subscription.components.intersection(occasion.components):
        return True
    if any(c not in policy.components for c in occasion.components):
        # Nobody knows the group of what is no longer configured. Whoever may have heard of it hears of its end.
        return bool(subscription.groups)
    return any(policy.components[c].group in subscription.groups for c in occasion.components if c in policy.components)


def _is_its_turn(subscription: SubscriptionPolicy, occasion: Occasion) -> bool:
    """One that an incident is escalated to hears of it from then on, its end included, and of nothing before."""
    incident = occasion.incident
    return incident is None or subscription.escalate_after_ms is None or subscription.id in incident.escalated


def _hurts_enough(subscription: SubscriptionPolicy, occasion: Occasion) -> bool:
    incident = occasion.incident
    if incident is None:
        return True
    worst = max((IMPACT_OF[a.worst] for a in incident.affected), default=Impact.NONE)
    return max(incident.impact, worst) >= subscription.min_impact
