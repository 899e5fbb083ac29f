"""What the daemon measures of itself, as Prometheus collectors for whoever serves them."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

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

    def begin(self, channel: str) -> None:
        """Have series for this channel; one that has them keeps its figures."""
        self.owed.labels(channel)
        for result in _RESULTS:
            self.deliveries.labels(channel, result)

    def end(self, channel: str) -> None:
        """Have no series for this channel any more."""
        self.owed.remove(channel)
        for result in _RESULTS:
            self.deliveries.remove(channel, result)

    def collect(self) -> Iterable[Metric]:
        """All figures as they are now."""
        return self._registry.collect()
