"""The configuration as the daemon uses it: frozen, whole, and careful with its secrets."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from prober.config.models import (
    Account,
    AlertRule,
    Backup,
    Component,
    Daemon,
    Group,
    History,
    Site,
    Subscription,
    Window,
)
from prober.config.references import Masks
from prober.core.made import Made
from prober.core.model import Ending, Impact, Status
from prober.core.policy import (
    Budget,
    CheckPolicy,
    ComponentPolicy,
    Maintenance,
    Need,
    Policy,
    Quantile,
    SubscriptionPolicy,
)
from prober.core.suppress import below
from prober.options import ChannelOptions, CheckOptions

_OPENS_AT = {"degraded": Status.DEGRADED, "partial": Status.PARTIAL, "major": Status.MAJOR, "never": None}
_ENDING = {True: Ending.ON_TIME, False: Ending.BY_HAND, "when_green": Ending.WHEN_GREEN}
HIDDEN = "***"


@dataclass(frozen=True)
class Config:
    """Everything that one file says, checked; each table by id, in the order of the file.

    modules: with placeholders for what is probed.
    secrets: every value that came through a reference or stands in a secret's place: never to be shown.
    references: those that came through a reference, with the reference as it was written.
    made: what stands here besides what the file says, by table and id; see made.py. stated: the status that a
    component without checks was given.
    """

    path: str
    daemon: Daemon
    history: History
    backup: Backup
    accounts: Mapping[str, Account]
    sites: Mapping[str, Site]
    groups: Mapping[str, Group]
    components: Mapping[str, Component]
    checks: Mapping[str, CheckOptions]
    channels: Mapping[str, ChannelOptions]
    subscriptions: Mapping[str, Subscription]
    maintenance: Mapping[str, Window]
    modules: Mapping[str, CheckOptions]
    alerts: Mapping[str, AlertRule]
    secrets: frozenset[str] = field(repr=False)
    references: Mapping[str, str] = field(repr=False)
    made: Mapping[tuple[str, str], Made] = field(default_factory=dict, repr=False)
    stated: Mapping[str, Status] = field(default_factory=dict)

    @cached_property
    def _masks(self) -> Masks:
        return Masks({secret: self.references.get(secret, HIDDEN) for secret in self.secrets})

    def redact(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        return self._masks.over(text, HIDDEN)

    def as_written(self, text: str) -> str:
        """The text with every value that came by reference replaced by the reference, other secrets by `***`."""
        return self._masks.over(text)

    def guarded(self) -> dict[str, tuple[str, ...]]:
        """The checks that may reach public addresses only, with the networks that they may reach all the same."""
        accounts = {id_: self.accounts[self.sites[c.site].account] for id_, c in self.components.items()}
        owners = {id_: accounts[check.component] for id_, check in self.checks.items()}
        return {id_: tuple(owner.allow) for id_, owner in owners.items() if owner.public_only}

    def policy(self) -> Policy:
        """What judgement needs of all this."""
        feeding: dict[str, list[str]] = defaultdict(list)
        for id_, check in self.checks.items():
            feeding[check.component].append(id_)
        components = {
            id_: _component(id_, c, feeding[id_], self.sites[c.site], self.stated.get(id_))
            for id_, c in self.components.items()
        }
        return Policy(
            checks={id_: _check(id_, check, self._canaries(id_, check)) for id_, check in self.checks.items()},
            components=components,
            below=below(components),
            subscriptions={id_: _subscription(id_, s) for id_, s in self.subscriptions.items()},
            maintenances={id_: self._maintenance(id_, w) for id_, w in self.maintenance.items()},
            budgets={
                id_: Budget(channel.storm_budget, channel.storm_window)
                for id_, channel in self.channels.items()
                if channel.storm_budget is not None
            },
        )

    def _canaries(self, id_: str, check: CheckOptions) -> tuple[str, ...]:
        """Its own, or everybody's, unless it is one of those."""
        if check.canaries is not None:
            return tuple(check.canaries)
        common = self.daemon.canaries
        return () if id_ in common else tuple(common)

    def _maintenance(self, id_: str, window: Window) -> Maintenance:
        named, groups = window.components or (), window.groups
        components = [
            c
            for c, component in self.components.items()
            if c in named or component.group in groups or (not named and not groups and component.site == window.site)
        ]
        return Maintenance(
            id=id_,
            site=window.site,
            name=window.name,
            start_ms=window.start_ms,
            end_ms=window.end_ms,
            components=tuple(components),
            description=window.description,
            recurrence=window.recurrence,
            auto_start=window.auto_start,
            auto_end=_ENDING[window.auto_end],
            extend_up_to_ms=window.extend_up_to or 0,
            remind_before_ms=window.remind_before,
        )


def _degraded(check: CheckOptions, down: Need) -> Need:
    """What degraded needs; what is not said of it is as for down."""
    if check.degraded_failures is None:
        return down
    return Need(check.degraded_failures, check.degraded_failures_of, check.degraded_failures_for or 0)


def _quantile(check: CheckOptions) -> Quantile | None:
    if check.degraded_quantile_over is None:
        return None
    return Quantile(check.degraded_quantile, check.degraded_quantile_over * 1000, check.degraded_quantile_window)


def _flap_low(check: CheckOptions) -> float:
    """Per cent."""
    return (check.flap_high or 0) / 2 if check.flap_low is None else check.flap_low


def _check(id_: str, check: CheckOptions, canaries: tuple[str, ...]) -> CheckPolicy:
    down = Need(check.failures, check.failures_of, check.failures_for or 0)
    return CheckPolicy(
        id=id_,
        component=check.component,
        interval_ms=check.interval,
        down=down,
        degraded=_degraded(check, down),
        up=Need(check.successes, check.successes_of, check.successes_for or 0),
        quantile=_quantile(check),
        degraded_over_us=None if check.degraded_over is None else check.degraded_over * 1000,
        flap_high=None if check.flap_high is None else check.flap_high / 100,
        flap_low=_flap_low(check) / 100,
        critical=check.critical,
        weight=check.weight,
        redundancy_group=check.redundancy_group,
        shares=check.shares(),
        vouches_for=check.vouched(),
        retry_interval_ms=check.retry_interval,
        canaries=canaries,
    )


def _component(id_: str, component: Component, checks: list[str], site: Site, stated: Status | None) -> ComponentPolicy:
    opens_at = _OPENS_AT[component.open_incident_at]
    return ComponentPolicy(
        id=id_,
        site=component.site,
        name=component.name,
        checks=tuple(checks),
        group=component.group,
        opens_at=opens_at,
        depends_on=tuple(component.depends_on),
        resolve_after_ms=component.resolve_after or 0,
        reopen_within_ms=component.reopen_within or 0,
        major_percent=component.major_when,
        group_by=tuple(site.group_by),
        group_wait_ms=site.group_wait,
        stated=stated,
        severity=component.severity,
    )


def _subscription(id_: str, subscription: Subscription) -> SubscriptionPolicy:
    return SubscriptionPolicy(
        id=id_,
        channel=subscription.channel,
        topics=frozenset(subscription.topics),
        sites=frozenset(subscription.sites),
        groups=frozenset(subscription.groups),
        components=frozenset(subscription.components),
        min_impact=Impact[subscription.min_impact.upper()],
        remind_after_ms=subscription.remind_after,
        escalate_after_ms=subscription.escalate_after,
        severities=frozenset(subscription.severity),
        hours=subscription.listening(),
    )
