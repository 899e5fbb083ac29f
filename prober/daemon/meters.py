"""What the daemon measures of itself, as Prometheus collectors for whoever serves them."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from prober.core.reason import Owner, Reason

_RESULTS = ("delivered", "retry", "failed")
_LAG_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Meters(Collector):
    """The daemon's own figures. Series known in advance start at 0, so that the first failure is seen."""

    def __init__(self, checks: Iterable[str], channels: Iterable[str]) -> None:
        self._registry = CollectorRegistry()
        self.lag = Histogram(
            "uptime_scheduler_lag_seconds",
            "Time from a probe's scheduled slot to its real start",
            buckets=_LAG_BUCKETS,
            registry=self._registry,
        )
        self.missed = Counter(
            "uptime_scheduler_missed_slots",
            "Slots of the schedule that passed without a probe",
            ["check"],
            registry=self._registry,
        )
        self.in_flight = Gauge("uptime_probes_in_flight", "Probes under way", registry=self._registry)
        self.waiting = Gauge(
            "uptime_probes_waiting", "Probes that are due and wait for room under a limit", registry=self._registry
        )
        self.clock_jumps = Counter(
            "uptime_clock_jumps", "Jumps of the system's wall clock that were followed", registry=self._registry
        )
        self.deliveries = Counter(
            "uptime_deliveries",
            "Attempts to deliver a notice, by how they ended",
            ["channel", "result"],
            registry=self._registry,
        )
        self.owed = Gauge(
            "uptime_notices_owed", "Notices waiting to be delivered", ["channel"], registry=self._registry
        )
        self.failed = Gauge(
            "uptime_notices_failed",
            "Notices that were given up; see prober notices",
            ["channel"],
            registry=self._registry,
        )
        self.disabled = Gauge(
            "uptime_channel_disabled", "Whether nothing is sent to a channel", ["channel"], registry=self._registry
        )
        self.reload_success = Gauge(
            "uptime_reload_success",
            "Whether the configuration was good when it was last read",
            registry=self._registry,
        )
        self.reloaded = Gauge(
            "uptime_reload_timestamp_seconds",
            "When the configuration that holds was last read, as unix time",
            registry=self._registry,
        )
        self.reload_trouble: str | None = None
        self._trouble = Gauge(
            "uptime_own_trouble",
            "1 for what keeps prober itself from judging at the moment",
            ["reason"],
            registry=self._registry,
        )
        for reason in Reason:
            if reason.owner is Owner.SELF:
                self._trouble.labels(reason)
        self.backup_trouble = Gauge(
            "uptime_backup_trouble", "Whether the latest scheduled backup failed", registry=self._registry
        )
        self.backed_up = Gauge(
            "uptime_backup_timestamp_seconds",
            "When the latest scheduled backup was made, as unix time; 0 if there is none",
            registry=self._registry,
        )
        self.safe_mode = Gauge(
            "uptime_safe_mode", "Whether nothing is sent because of several crashes", registry=self._registry
        )
        self.ballast = Gauge(
            "uptime_ballast_held", "Whether space is kept free for the day the disk is full", registry=self._registry
        )
        self.alert_path = Gauge(
            "uptime_alert_path_up",
            "Whether everything makes progress and at least one channel takes notices",
            registry=self._registry,
        )
        self.alert_path.set(1)
        self.heartbeat = Gauge(
            "uptime_heartbeat_timestamp_seconds", "When a heartbeat last arrived, as unix time", registry=self._registry
        )
        self._checks: set[str] = set()
        self.watch(checks)
        for channel in channels:
            self.begin(channel)

    def watch(self, checks: Iterable[str]) -> None:
        """Have series for these checks from now on, and for no others; those that stay keep their figures."""
        before, self._checks = self._checks, set(checks)
        for check in before - self._checks:
            self.missed.remove(check)
        for check in self._checks:
            self.missed.labels(check)

    def own_trouble(self, reason: Reason | None) -> None:
        """What keeps us from judging at the moment; None if nothing does."""
        for one in Reason:
            if one.owner is Owner.SELF:
                self._trouble.labels(one).set(one is reason)

    def begin(self, channel: str) -> None:
        """Have series for this channel; one that has them keeps its figures."""
        for gauge in (self.owed, self.failed, self.disabled):
            gauge.labels(channel)
        for result in _RESULTS:
            self.deliveries.labels(channel, result)

    def end(self, channel: str) -> None:
        """Have no series for this channel any more."""
        for gauge in (self.owed, self.failed, self.disabled):
            gauge.remove(channel)
        for result in _RESULTS:
            self.deliveries.remove(channel, result)

    def collect(self) -> Iterable[Metric]:
        """All figures as they are now."""
        return self._registry.collect()
