"""Which failure reaches whom, and within which time at the latest: what a file promises before anything fails.

1. An outage begins just after a probe. From then on it takes `failures` slots of the grid, and more until it has lasted
   `failures_for`; the last probe takes its whole timeout. With `retry_interval` only the first one waits for a slot.
2. Its incident may wait for others (`group_wait`), and a subscription for an escalation (`escalate_after`).
3. A subscription with hours hears nothing outside them: what is open then is told when they begin.
4. What a channel takes to send, and what planned work, dependencies and our own trouble withhold, is not in it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from prober.config.config import Config
from prober.config.models import Component, Subscription
from prober.core.hours import DAYS, Hours, within
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


class Gap(NamedTuple):
    """A time of the week in which nobody hears of some components, in a place's own time such as "Fr 18:00"."""

    start: str
    end: str
    zone: str
    components: tuple[str, ...]


def gaps(config: Config) -> Iterator[Gap]:
    """Of components that somebody hears of: when nobody listens."""
    listening: dict[str, list[Hours | None]] = {}
    for route in routes(config):
        listening.setdefault(route.component, []).append(config.subscriptions[route.subscription].listening())
    alike: dict[tuple[Hours, ...], list[str]] = {}
    for component, found in listening.items():
        some = [hours for hours in found if hours is not None]
        if len(some) == len(found):
            alike.setdefault(tuple(sorted(set(some))), []).append(component)
    for every, components in alike.items():
        for start_ms, end_ms in _silent(every):
            zone = every[0].zone
            yield Gap(_local(start_ms, zone), _local(end_ms, zone), zone, tuple(components))


# A week without a change of the clocks, and a day on both sides of it.
_MONDAY_MS = 1_767_571_200_000
_DAY_MS = 86_400_000


def _silent(every: tuple[Hours, ...]) -> Iterator[tuple[int, int]]:
    """The times that begin in that week in which none of the hours are."""
    until_ms = _MONDAY_MS + 16 * _DAY_MS
    at_ms = None
    for start_ms, end_ms in sorted(one for hours in every for one in within(hours, _MONDAY_MS, until_ms)):
        if at_ms is not None and at_ms < start_ms and at_ms <= _MONDAY_MS + 7 * _DAY_MS:
            yield at_ms, start_ms
        at_ms = max(at_ms or 0, end_ms)


def _local(at_ms: int, zone: str) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))
    return f"{DAYS[at.weekday()]} {at:%H:%M}"


def _covers(subscription: Subscription, id_: str, component: Component) -> bool:
    if "incidents" not in subscription.topics:
        return False
    if subscription.sites and component.site not in subscription.sites:
        return False
    if subscription.severity and component.severity not in subscription.severity:
        return False
    if not subscription.groups and not subscription.components:
        return True
    return id_ in subscription.components or component.group in subscription.groups


def _least(subscription: Subscription) -> Impact:
    return Impact[subscription.min_impact.upper()]
