"""Which failure reaches whom, and within which time at the latest: what a file promises before anything fails.

1. An outage begins just after a probe. From then on it takes `failures` slots of the grid, and more until it has lasted
   `failures_for`; the last probe takes its whole timeout. With `retry_interval` only the first one waits for a slot.
2. Its incident may wait for others (`group_wait`), and a subscription for an escalation (`escalate_after`).
3. What a channel takes to send, and what planned work, dependencies and our own trouble withhold, is not in it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from prober.config.config import Config
from prober.config.models import Component, Subscription
from prober.core.model import Impact, Status
from prober.core.status import IMPACT_OF
from prober.options import CheckOptions, detection_ms

_TROUBLE = (Status.DEGRADED, Status.PARTIAL, Status.MAJOR)  # the mildest first
_OPENS_AT = {"degraded": Status.DEGRADED, "partial": Status.PARTIAL, "major": Status.MAJOR}


class Route(NamedTuple):
    """A way from a component's trouble to a channel. mildest: the status from which on it is told."""

    component: str
    mildest: Status
    subscription: str
    channel: str
    within_ms: int


def detected_within_ms(check: CheckOptions) -> int:
    """The longest time from the start of an outage to the verdict *down*."""
    return detection_ms(check.interval, check.timeout, check.failures, check.failures_for or 0, check.retry_interval)


def routes(config: Config) -> Iterator[Route]:
    """Every way by which a component's incidents are told to somebody."""
    detected: dict[str, int] = {}
    for check in config.checks.values():
        detected[check.component] = max(detected.get(check.component, 0), detected_within_ms(check))
    for id_, component in config.components.items():
        opens_at = _OPENS_AT.get(component.open_incident_at)
        if opens_at is None or id_ not in detected:
            continue
        opened_ms = detected[id_] + config.sites[component.site].group_wait
        for name, subscription in config.subscriptions.items():
            if _covers(subscription, id_, component):
                mildest = next(
                    s for s in _TROUBLE if s.depth >= opens_at.depth and IMPACT_OF[s] >= _least(subscription)
                )
                yield Route(id_, mildest, name, subscription.channel, opened_ms + (subscription.escalate_after or 0))


def unheard(config: Config) -> list[str]:
    """Components that are watched and would open incidents, of which nobody hears.

    None of them where there is no subscription at all: such a daemon has a page, and is not meant to tell anybody.
    """
    if not config.subscriptions:
        return []
    heard = {route.component for route in routes(config)}
    watched = {check.component for check in config.checks.values()}
    return [
        id_
        for id_, component in config.components.items()
        if id_ in watched - heard and component.open_incident_at != "never"
    ]


def _covers(subscription: Subscription, id_: str, component: Component) -> bool:
    if "incidents" not in subscription.topics:
        return False
    if subscription.sites and component.site not in subscription.sites:
        return False
    if not subscription.groups and not subscription.components:
        return True
    return id_ in subscription.components or component.group in subscription.groups


def _least(subscription: Subscription) -> Impact:
    return Impact[subscription.min_impact.upper()]
