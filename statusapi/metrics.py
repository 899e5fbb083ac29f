"""Prometheus metrics from live state: read at each scrape, so that nothing outlives what it describes.

`probe_*` series have the names and meanings of blackbox_exporter; everything of our own is `uptime_*`. An answer that
is older than three intervals is not exported: a scheduler that hangs must not go on showing old success. A check whose
latest outcome is *unknown* (our own trouble) has no probe_success: neither 1 nor 0 would be true.
"""

import gzip
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prober import __version__
from prober.core.model import Observation, Outcome, Phase, Status
from statusapi.prepared import READS

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.record import Recorder

STALE_INTERVALS = 3
GZIP_OVER = 1_000  # bytes; less is not worth it

disable_created_metrics()  # type: ignore[no-untyped-call]


class _Fact(NamedTuple):
    """A series that a fact of an observation becomes."""

    name: str
    help: str
    fact: str


_FACTS = (
    _Fact("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", "ip_protocol"),
    _Fact("probe_http_status_code", "Response HTTP status code", "status_code"),
    _Fact("probe_http_content_length", "Length of http content response", "content_length"),
    _Fact("probe_http_redirects", "The number of redirects", "redirects"),
    _Fact("probe_http_ssl", "Indicates if SSL was used for the final redirect", "ssl"),
    _Fact("probe_http_version", "Returns the version of HTTP of the probe response", "http_version"),
    _Fact("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", "cert_expiry_s"),
)

_LABELS = ("check", "component", "site")


class _State(Collector):
    """Figures that are read off the recorder at each scrape."""

    def __init__(self, config: "Config", recorder: "Recorder", clock: "Clock") -> None:
        self._config = config
        self._recorder = recorder
        self._clock = clock
        self._labels = {
            id_: (id_, check.component, config.components[check.component].site) for id_, check in config.checks.items()
        }

    def collect(self) -> Iterable[Metric]:
        """All figures as they are now."""
        yield from self._answers()
        yield from self._counts()
        yield from self._components()
        yield from self._own()

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: asking would cost a whole scrape."""
        return ()

    def _fresh(self) -> Iterator[tuple[tuple[str, str, str], Observation]]:
        now_ms = self._clock.now_ms()
        for id_, labels in self._labels.items():
            answer = self._recorder.latest.get(id_)
            check = self._config.checks[id_]
            if answer and now_ms - answer.started_ms <= STALE_INTERVALS * check.interval + check.timeout:
                yield labels, answer

    def _answers(self) -> Iterator[Metric]:
        success = _gauge("probe_success", "Displays whether or not the probe was a success")
        duration = _gauge("probe_duration_seconds", "Returns how long the probe took to complete in seconds")
        lookup = _gauge("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds")
        last = _gauge("uptime_probe_last_run_timestamp_seconds", "When the latest probe began, as unix time")
        facts = {fact: _gauge(fact.name, fact.help) for fact in _FACTS}
        for labels, answer in self._fresh():
            last.add_metric(labels, answer.started_ms / 1000)
            if answer.outcome is Outcome.UNKNOWN:
                continue
            success.add_metric(labels, answer.outcome is not Outcome.DOWN)
            duration.add_metric(labels, answer.took_us / 1e6)
            phases = dict(answer.phases_us)
            if Phase.RESOLVE in phases:
                lookup.add_metric(labels, phases[Phase.RESOLVE] / 1e6)
            for fact, family in facts.items():
                value = answer.facts.get(fact.fact)
                if value is not None and not isinstance(value, str):
                    family.add_metric(labels, float(value))
        yield from (success, duration, lookup, last, *facts.values())

    def _counts(self) -> Iterator[Metric]:
        probes = CounterMetricFamily("uptime_probes", "Probes made since the start", labels=_LABELS)
        failures = CounterMetricFamily(
            "uptime_probe_failures", "Probes since the start that were down by the target's own fault", labels=_LABELS
        )
        for id_, labels in self._labels.items():
            probes.add_metric(labels, self._recorder.probed[id_])
            failures.add_metric(labels, self._recorder.failed[id_])
        yield from (probes, failures)

    def _components(self) -> Iterator[Metric]:
        labels = ("component", "site")
        status = GaugeMetricFamily(
            "uptime_component_status",
            "1 for the status that a component shows, 0 for the others",
            labels=(*labels, "status"),
        )
        planned = GaugeMetricFamily(
            "uptime_component_maintenance", "Whether a component is under maintenance", labels=labels
        )
        for id_, component in self._config.components.items():
            state = self._recorder.shown.components.get(id_)
            shown = state.status if state else Status.OPERATIONAL
            for word in Status:
                status.add_metric((id_, component.site, word), word is shown)
            planned.add_metric((id_, component.site), shown is Status.MAINTENANCE)
        yield from (status, planned)

    def _own(self) -> Iterator[Metric]:
        sites = dict.fromkeys(self._config.sites, 0)
        for incident in self._recorder.shown.incidents.values():
            sites[incident.site] = sites.get(incident.site, 0) + 1
        incidents = GaugeMetricFamily("uptime_incidents_open", "Open incidents", labels=("site",))
        for site, count in sites.items():
            incidents.add_metric((site,), count)
        trouble = GaugeMetricFamily("uptime_store_trouble", "Whether the store takes no writes at the moment")
        trouble.add_metric((), self._recorder.trouble is not None)
        lost = CounterMetricFamily(
            "uptime_observations_lost", "Raw observations given up because the store took no writes for too long"
        )
        lost.add_metric((), self._recorder.lost)
        build = GaugeMetricFamily("uptime_build_info", "The version of prober", labels=("version",))
        build.add_metric((__version__,), 1)
        yield from (incidents, trouble, lost, build)


def _gauge(name: str, help_: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, labels=_LABELS)


class Metrics:
    """Everything there is to scrape. meters: what the daemon measures of itself."""

    def __init__(self, config: "Config", recorder: "Recorder", clock: "Clock", meters: Collector) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_State(config, recorder, clock))
        self._registry.register(_Described(meters))
        ProcessCollector(registry=self._registry)

    def routes(self) -> list[BaseRoute]:
        """GET and HEAD of /metrics: the text format or OpenMetrics, as asked for."""
        return [Route("/metrics", self._scrape, methods=READS)]

    async def _scrape(self, request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        content = encode(self._registry)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        if len(content) > GZIP_OVER and _takes_gzip(request.headers.get("accept-encoding", "")):
            content = gzip.compress(content, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers=headers)


class _Described(Collector):
    """A collector that need not be asked in advance."""

    def __init__(self, inner: Collector) -> None:
        self._inner = inner

    def collect(self) -> Iterable[Metric]:
        """What the inner one has."""
        return self._inner.collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance."""
        return ()


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (q=0 forbids it)."""
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            weight = parameters.strip().removeprefix("q=")
            return weight.strip("0.") != "" or weight == ""
    return False
