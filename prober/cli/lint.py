"""What `prober check-config` says beyond mistakes: what can never work as it was meant, and what probably does not."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prober.config import Config
    from prober.options import CheckOptions


def errors(config: "Config") -> Iterator[str]:
    """Components that can never page, though their trouble opens incidents."""
    from prober.config.reach import unheard

    for id_ in unheard(config):
        yield (
            f"components.{id_} can never page: expected a subscription to its incidents "
            '(by topic, site, group or component), found none; add one, or say open_incident_at = "never"'
        )


def warnings(config: "Config") -> Iterator[str]:
    """What is allowed, yet is probably not meant."""
    yield from _unwatched(config)
    yield from _untold(config)
    for id_, check in config.checks.items():
        yield from (f"checks.{id_}: {words}" for words in _of_check(id_, check, config))
    yield from _unchecked_certificates(config)
    yield from _half_private(config)


def _half_private(config: "Config") -> Iterator[str]:
    for id_, site in config.sites.items():
        if site.password is not None and not site.private:
            yield f"sites.{id_}: a password has no use without private = true: everybody can read the page"
        if site.private and config.daemon.metrics_key is None and config.daemon.metrics is None:
            yield f"sites.{id_} is private, but /metrics tells everybody of its components; set metrics_key or metrics"


def _unwatched(config: "Config") -> Iterator[str]:
    watched = {check.component for check in config.checks.values()}
    for id_ in config.components:
        if id_ not in watched:
            yield f"components.{id_} has no check: only an operator can change what it shows"
    watched_sites = {config.components[component].site for component in watched}
    for id_ in config.sites:
        if id_ not in watched_sites:
            yield f"sites.{id_} has no check: nothing on it is watched"


def _untold(config: "Config") -> Iterator[str]:
    if not config.subscriptions:
        yield "there is no subscription: nobody will be told"
    subscribed = {subscription.channel for subscription in config.subscriptions.values()}
    for id_ in config.channels:
        if config.subscriptions and id_ not in subscribed:
            yield f"channels.{id_} has no subscription: nothing is sent to it"
    yield from _unheard_at_times(config)
    for id_, one in config.subscriptions.items():
        fitting = [
            c
            for c, component in config.components.items()
            if (not one.sites or component.site in one.sites)
            and (not (one.groups or one.components) or c in one.components or component.group in one.groups)
            and (not one.severity or component.severity in one.severity)
        ]
        if not fitting:
            yield f"subscriptions.{id_} fits no component: nothing is told by it"


def _unheard_at_times(config: "Config") -> Iterator[str]:
    from prober.config.reach import gaps

    for (components, zone), found in groupby(gaps(config), lambda gap: (gap.components, gap.zone)):
        who = ", ".join(f"components.{id_}" for id_ in components[:3])
        more = f" and {len(components) - 3} more" if len(components) > 3 else ""
        times = ", ".join(f"{gap.start} to {gap.end}" for gap in found)
        yield f"{who}{more}: nobody hears of it {times} ({zone}); what is open then is told when hours begin"


def _of_check(id_: str, check: "CheckOptions", config: "Config") -> Iterator[str]:
    canaries = check.canaries if check.canaries is not None else config.daemon.canaries
    if canaries and id_ not in canaries and check.failures == 1 and not check.failures_for:
        yield "failures = 1 leaves its canaries no time to fail first; 2 with a retry_interval is as quick"
    if check.flap_high is not None and check.flap_high == 100:
        yield "flap_high = 100 can hardly be reached: every answer would have to differ from the one before"
    if check.retry_interval is not None and check.failures == 1 and not check.failures_for:
        yield "retry_interval has no use: one failure decides"
    if check.redundancy_group is not None:
        mates = Counter((one.component, one.redundancy_group) for one in config.checks.values())
        if mates[check.component, check.redundancy_group] == 1:
            yield f"it is alone in its redundancy_group {check.redundancy_group}, which then changes nothing"


def _unchecked_certificates(config: "Config") -> Iterator[str]:
    looked_at = {
        one.component for one in config.checks.values() if getattr(one, "cert_expiring_within", None) is not None
    }
    for id_, check in config.checks.items():
        if not (check.kind == "tls" or (check.kind == "http" and check.target().startswith("https:"))):
            continue
        if getattr(check, "verify", True) is False:
            yield f"checks.{id_}: verify = false, so that any certificate is taken for good"
        elif check.component not in looked_at:
            yield f"checks.{id_}: nobody is told before its certificate expires; set cert_expiring_within"
