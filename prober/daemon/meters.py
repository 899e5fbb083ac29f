"""What the daemon measures of itself, as Prometheus collectors for whoever serves them."""

from collections import Counter
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Counting
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from prober.core.alert_path import Line
from prober.core.reason import Owner, Reason

_RESULTS = ("delivered", "retry", "failed")
_BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Meters(Collector):
    """The daemon's own figures. Series known in advance start at 0, so that the first failure is seen.

    missed: slots of the schedule that passed without a probe, by check. Whoever serves the figures tells of them as it
    tells of checks: a counter of prometheus_client with thousands of children would hold the loop.
    """

    def __init__(self, checks: Iterable[str], channels: Iterable[str]) -> None:
        self._registry = CollectorRegistry()
        self.reload_trouble: str | None = None
        self.overload_ms: Callable[[], int] = lambda: 0  # how long probes wait since there is no room at all
        self._of_probing()
        self._of_telling()
        self._of_store()
        self._of_ourselves()
        self.missed: Counter[str] = Counter()
        self.watch(checks)
        for channel in channels:
            self.begin(channel)

    def _of_probing(self) -> None:
        self.lag = self._histogram(
            "uptime_scheduler_lag_seconds", "Time from a probe's scheduled slot to its real start"
        )
        self.in_flight = self._gauge("uptime_probes_in_flight", "Probes under way")
        self.waiting = self._gauge("uptime_probes_waiting", "Probes that are due and wait for room under a limit")
        self._gauge(
            "uptime_overload_seconds", "How long a due probe has waited while the limit over all probes was reached"
        ).set_function(lambda: self.overload_ms() / 1000)
        self.clock_jumps = self._counter("uptime_clock_jumps", "Jumps of the system's wall clock that were followed")

    def _of_telling(self) -> None:
        self.deliveries = self._counter(
            "uptime_deliveries", "Attempts to deliver a notice, by how they ended", "channel", "result"
        )
        self.owed = self._gauge("uptime_notices_owed", "Notices waiting to be delivered", "channel")
        self.failed = self._gauge("uptime_notices_failed", "Notices that were given up; see prober notices", "channel")
        self.disabled = self._gauge("uptime_channel_disabled", "Whether nothing is sent to a channel", "channel")
        self.oldest = self._gauge(
            "uptime_outbox_oldest_seconds",
            "How long the oldest notice of a channel has waited; 0 if none does",
            "channel",
        )
        self.broken = self._gauge(
            "uptime_channel_broken",
            "Whether a channel would not tell: disabled, failing, stuck, or drilled in vain",
            "channel",
        )
        self.drilled = self._gauge(
            "uptime_drill_timestamp_seconds",
            "When the latest drill that has arrived was begun; 0 if none has",
            "channel",
        )
        self.alert_path = self._gauge(
            "uptime_alert_path_up", "Whether everything makes progress and at least one channel takes notices"
        )
        self.alert_path.set(1)
        self._of_channels = (self.owed, self.failed, self.disabled, self.oldest, self.broken, self.drilled)
        self.mails = self._counter(
            "uptime_subscriber_mails",
            "Mails to subscribers (sent, later, refused, unknown), and to who may become one (asked, unasked, failed)",
            "site",
            "result",
        )
        self.subscribers = self._gauge("uptime_subscribers", "Readers who have subscribed by mail", "site")
        self.heartbeat = self._gauge(
            "uptime_heartbeat_timestamp_seconds", "When a heartbeat last arrived, as unix time"
        )

    def _of_store(self) -> None:
        self.commits = self._histogram(
            "uptime_store_commit_seconds", "Time from handing what happened to the store until it is on the disk"
        )
        self.queue = self._gauge("uptime_store_queue", "Commands that wait for the database's writing thread")
        self.log_bytes = self._gauge("uptime_store_wal_bytes", "Size of the database's write-ahead log")
        self.file_bytes = self._gauge("uptime_store_bytes", "Size of the database")

    def _of_ourselves(self) -> None:
        self.stalls = self._histogram(
            "uptime_loop_stall_seconds", "How late the event loop comes to what is due, asked ten times a second"
        )
        self.reload_success = self._gauge(
            "uptime_config_last_reload_successful", "Whether the configuration was good when it was last read"
        )
        self.reloaded = self._gauge(
            "uptime_config_last_reload_success_timestamp_seconds",
            "When the configuration that holds was last read, as unix time",
        )
        self._trouble = self._gauge(
            "uptime_own_trouble", "1 for what keeps prober itself from judging at the moment", "reason"
        )
        self.own_trouble(None)
        self.backup_trouble = self._gauge("uptime_backup_trouble", "Whether the latest scheduled backup failed")
        self.backed_up = self._gauge(
            "uptime_backup_timestamp_seconds",
            "When the latest scheduled backup was made, as unix time; 0 if there is none",
        )
        self.safe_mode = self._gauge("uptime_safe_mode", "Whether nothing is sent because of several crashes")
        self.ballast = self._gauge("uptime_ballast_held", "Whether space is kept free for the day the disk is full")

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(name, text, buckets=_BUCKETS_S, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counting:
        return Counting(name, text, labels, registry=self._registry)

    def watch(self, checks: Iterable[str]) -> None:
        """Have series for these checks from now on, and for no others; those that stay keep their figures."""
        self.missed = Counter({check: self.missed[check] for check in checks})

    def own_trouble(self, reason: Reason | None) -> None:
        """What keeps us from judging at the moment; None if nothing does."""
        for one in Reason:
            if one.owner is Owner.SELF:
                self._trouble.labels(one).set(one is reason)

    def see(self, line: Line, now_ms: int) -> None:
        """A channel of the operator's as it stands."""
        self.oldest.labels(line.channel).set(max(0, now_ms - (line.waiting_ms or now_ms)) / 1000)
        self.broken.labels(line.channel).set(bool(line.broken(now_ms)))
        if line.arrived:
            self.drilled.labels(line.channel).set(line.drilled_ms / 1000)

    def begin(self, channel: str) -> None:
        """Have series for this channel; one that has them keeps its figures."""
        for gauge in self._of_channels:
            gauge.labels(channel)
        for result in _RESULTS:
            self.deliveries.labels(channel, result)

    def end(self, channel: str) -> None:
        """Have no series for this channel any more."""
        for gauge in self._of_channels:
            gauge.remove(channel)
        for result in _RESULTS:
            self.deliveries.remove(channel, result)

    def collect(self) -> Iterable[Metric]:
        """All figures as they are now."""
        return self._registry.collect()
