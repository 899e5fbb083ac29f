"""Is a message owed, to whom, and for which named reason.

A notice is owed to each subscription whose topic, site, groups, components, severities and impact fit. What was
announced to a subscription as open is announced to it as closed, whatever its impact has become: the limit is applied
to the worst impact the incident can still be said to have had. That holds as well when the subscription has other
limits by then, for incidents and planned work keep who was told of them. A subscription that waits for an
escalation hears of an incident only once that has come.

A subscription with hours is told nothing outside them, but for the end of what may have been announced to it. When they
begin, it is told of each incident that is open and has had news meanwhile, and of planned work that has started.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from prober.core import hours, ids
from prober.core.hours import Hours
from prober.core.model import Headline, Impact, Incident, MaintenanceState, Notice, NoticeReason, StatusChange
from prober.core.policy import NORMAL, ComponentPolicy, Policy, SubscriptionPolicy
from prober.core.status import IMPACT_OF
from prober.core.storm import CLOSINGS

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
    """Something worth telling. Exactly one of incident, change, maintenance is set.

    only: to that subscription. channels: to subscriptions of these; None = of all.
    """

    reason: NoticeReason
    at_ms: int
    site: str
    components: tuple[str, ...]
    stream: str
    incident: Incident | None = None
    change: StatusChange | None = None
    maintenance: MaintenanceState | None = None
    only: str | None = None
    channels: frozenset[str] | None = None


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
        if occasion.only not in (None, subscription.id):
            continue
        if _was_told(subscription, occasion) or refusal(subscription, policy, occasion) is None:
            yield subscription


def refusal(subscription: SubscriptionPolicy, policy: Policy, occasion: Occasion) -> str | None:
    """The first of its keys that keeps a subscription from hearing of an occasion; None if none does.

    "notifications", which is none: whoever asked for it has told others only.
    """
    if occasion.channels is not None and subscription.channel not in occasion.channels:
        return "notifications"
    if TOPIC_OF[occasion.reason] not in subscription.topics:
        return "topics"
    if subscription.sites and occasion.site not in subscription.sites:
        return "sites"
    if not _covers(subscription, policy, occasion):
        is_too_mild = _covers(subscription._replace(severities=frozenset()), policy, occasion)
        return "severity" if is_too_mild else "components"
    if not _hurts_enough(subscription, occasion):
        return "min_impact"
    if not _is_its_turn(subscription, occasion):
        return "escalate_after"
    return None if _listens(subscription, occasion) else "hours"


def heard(notices: Iterable[Notice]) -> dict[str, tuple[str, ...]]:
    """By stream, the subscriptions that are told of something that will have an end."""
    found: dict[str, dict[str, None]] = {}
    for one in notices:
        if one.change is None and one.reason not in CLOSINGS:
            found.setdefault(one.stream, {})[one.subscription] = None
    return {stream: tuple(subscriptions) for stream, subscriptions in found.items()}


def _was_told(subscription: SubscriptionPolicy, occasion: Occasion) -> bool:
    """Whether it is the end of something that this subscription was told of."""
    thing = occasion.incident or occasion.maintenance
    return thing is not None and occasion.reason in CLOSINGS and subscription.id in thing.told


def _covers(subscription: SubscriptionPolicy, policy: Policy, occasion: Occasion) -> bool:
    names_some = bool(subscription.groups or subscription.components)
    if not names_some and not subscription.severities:
        return True
    if not occasion.components:
        return not names_some and NORMAL in subscription.severities
    return any(_names(subscription, id_, policy.components.get(id_)) for id_ in occasion.components)


def _names(subscription: SubscriptionPolicy, id_: str, component: ComponentPolicy | None) -> bool:
    groups, components = subscription.groups, subscription.components
    if component is None:
        # Nobody knows the group of what is no longer configured. Whoever may have heard of it hears of its end.
        return id_ in components or bool(groups) or not components
    is_meant = id_ in components or component.group in groups or not (groups or components)
    return is_meant and (not subscription.severities or component.severity in subscription.severities)


def _listens(subscription: SubscriptionPolicy, occasion: Occasion) -> bool:
    """In its hours to everything; outside them to the end of what was to be told in them."""
    if subscription.hours is None or hours.holds(subscription.hours, occasion.at_ms):
        return True
    since_ms = _since_ms(occasion)
    if occasion.reason not in CLOSINGS or since_ms is None:
        return False
    # Work that a reload has moved into the past ended, by the clock, before it began.
    return hours.has_come(subscription.hours, since_ms, max(occasion.at_ms, since_ms + 1))


def _since_ms(occasion: Occasion) -> int | None:
    """Since when what it is about could have been announced; None if it never was."""
    incident, maintenance = occasion.incident, occasion.maintenance
    if incident is not None:
        return incident.opened_ms
    return maintenance.started_ms if maintenance is not None else None


def missed(
    subscription: SubscriptionPolicy,
    incidents: Iterable[Incident],
    works: Iterable[MaintenanceState],
    after_ms: int,
    until_ms: int,
) -> Iterator[Occasion]:
    """What it is told if its hours have begun in that time (later than after_ms, at until_ms at the latest)."""
    if subscription.hours is None:
        return
    begun = hours.begun_ms(subscription.hours, after_ms, until_ms)
    if begun is None:
        return
    first_ms, last_ms = begun  # several of them, if nobody was there to look
    time = range(hours.quiet_ms(subscription.hours, first_ms), last_ms)
    for incident in incidents:
        if not incident.is_open:
            continue
        is_told = subscription.id in incident.told  # before it had these hours
        has_news = incident.updated_ms != incident.opened_ms
        if not is_told and _was_missed(subscription.hours, incident.opened_ms, time):
            yield of_incident(NoticeReason.OPENED, incident, last_ms, subscription.id)
        elif has_news and _was_missed(subscription.hours, incident.updated_ms, time):
            yield of_incident(NoticeReason.CHANGED, incident, last_ms, subscription.id)
    for work in works:
        if work.is_under_way and _was_missed(subscription.hours, work.started_ms, time):
            told = of_maintenance(NoticeReason.MAINTENANCE_STARTED, work, last_ms)
            yield told._replace(only=subscription.id)


def _was_missed(listening: Hours, at_ms: int | None, time: range) -> bool:
    return at_ms is not None and at_ms in time and not hours.holds(listening, at_ms)


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
