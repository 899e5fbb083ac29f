"""When an open incident is told again to a subscription, as long as nobody has acknowledged it.

It is told again after `remind_after_ms`, then after twice as long each time, but at least once a day. To a subscription
with `escalate_after_ms` it is escalated once, so long after it opened, or when its acknowledgement lapses.
"""

from collections.abc import Iterator

from prober.core.model import Incident
from prober.core.policy import SubscriptionPolicy

LONGEST_MS = 86_400_000


def moments(subscription: SubscriptionPolicy, incident: Incident) -> Iterator[int]:
    """All the moments at which it would be told, without end; none if the subscription wants no reminders."""
    wait_ms, at_ms = subscription.remind_after_ms, incident.opened_ms
    while wait_ms is not None:
        at_ms += wait_ms
        yield at_ms
        wait_ms = min(2 * wait_ms, max(LONGEST_MS, subscription.remind_after_ms or 0))


def next_ms(subscription: SubscriptionPolicy, incident: Incident, after_ms: int) -> int | None:
    """The first of them later than after_ms at which nobody will have acknowledged it; None if there is none."""
    if incident.acknowledged_by and incident.acknowledged_until_ms is None:
        return None
    return next(
        (ms for ms in moments(subscription, incident) if ms > after_ms and not incident.is_acknowledged(ms)), None
    )


def escalation_ms(subscription: SubscriptionPolicy, incident: Incident) -> int | None:
    """When an open incident is escalated to the subscription, as things stand; None if it is not, or has been."""
    wait_ms = subscription.escalate_after_ms
    if wait_ms is None or not incident.is_open or subscription.id in incident.escalated:
        return None
    if not incident.acknowledged_by:
        return incident.opened_ms + wait_ms
    lapses_ms = incident.acknowledged_until_ms
    return None if lapses_ms is None else max(incident.opened_ms + wait_ms, lapses_ms)
