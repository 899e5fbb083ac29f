"""What the daemon measures of itself, as Prometheus collectors for whoever serves them."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

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
        for check in checks:
            self.missed.labels(check)
        for channel in channels:
            self.owed.labels(channel)
            for result in ("delivered", "retry", "failed"):
                self.deliveries.labels(channel, result)

    def collect(self) -> Iterable[Metric]:
        """All figures as they are now."""
        return self._registry.collect()
