"""Prometheus metrics from live state: read at each scrape, so that nothing outlives what it describes.

`probe_*` series have the names and meanings of blackbox_exporter; everything of our own is `uptime_*`. An answer that
is older than three intervals is not exported: a scheduler that hangs must not go on showing old success. A check whose
latest outcome is *unknown* (our own trouble) has no probe_success: neither 1 nor 0 would be true.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prober import __version__
from prober.core.model import Status
from statusapi.prepared import GZIP_OVER, READS, takes_gzip
from statusapi.series import Answer, families

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config
    from prober.record import Recorder

STALE_INTERVALS = 3

disable_created_metrics()  # type: ignore[no-untyped-call]


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

    def follow(self, config: "Config") -> None:
        """Another configuration holds, with the same checks."""
        self._config = config

    def collect(self) -> Iterable[Metric]:
        """All figures as they are now."""
        yield from self._answers()
        yield from self._counts()
        yield from self._components()
        yield from self._own()

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: asking would cost a whole scrape."""
        return ()

    def _answers(self) -> Iterator[Metric]:
        found = (self.answer(id_, labels) for id_, labels in self._labels.items())
        yield from families((answer for answer in found if answer is not None), _LABELS)

    def answer(self, id_: str, labels: tuple[str, ...] = ()) -> Answer | None:
        """The check's latest answer; None if there is none that is fresh enough to be told."""
        seen, check = self._recorder.latest.get(id_), self._config.checks[id_]
        if seen is None or self._clock.now_ms() - seen.started_ms > STALE_INTERVALS * check.interval + check.timeout:
            return None
        return Answer(check.kind, seen, labels)

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
        pinned = GaugeMetricFamily(
            "uptime_component_pinned", "Whether a person has set what a component shows", labels=labels
        )
        for id_, component in self._config.components.items():
            state = self._recorder.shown.components.get(id_)
            shown = state.status if state else Status.OPERATIONAL
            for word in Status:
                status.add_metric((id_, component.site, word), word is shown)
            planned.add_metric((id_, component.site), shown is Status.MAINTENANCE)
            pinned.add_metric((id_, component.site), state is not None and state.pin is not None)
        yield from (status, planned, pinned)

    def _own(self) -> Iterator[Metric]:
        sites = dict.fromkeys(self._config.sites, 0)
        for incident in self._recorder.shown.incidents.values():
            sites[incident.site] = sites.get(incident.site, 0) + 1
        incidents = GaugeMetricFamily("uptime_incidents_open", "Open incidents", labels=("site",))
        for site, count in sites.items():
            incidents.add_metric((site,), count)
        held = GaugeMetricFamily(
            "uptime_notices_held",
            "Notices that wait to be told in a digest, beyond a channel's budget",
            labels=("channel",),
        )
        for channel, storm in self._recorder.shown.storms.items():
            held.add_metric((channel,), len(storm.held))
        trouble = GaugeMetricFamily("uptime_store_trouble", "Whether the store takes no writes at the moment")
        trouble.add_metric((), self._recorder.trouble is not None)
        lost = CounterMetricFamily(
            "uptime_observations_lost", "Raw observations given up because the store took no writes for too long"
        )
        lost.add_metric((), self._recorder.lost)
        build = GaugeMetricFamily("uptime_build_info", "The version of prober", labels=("version",))
        build.add_metric((__version__,), 1)
        yield from (incidents, held, trouble, lost, build)


class Metrics:
    """Everything there is to scrape. meters: what the daemon measures of itself."""

    def __init__(self, config: "Config", recorder: "Recorder", clock: "Clock", meters: Collector) -> None:
        self._config = config
        self._state = _State(config, recorder, clock)
        self.follow = self._state.follow
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self._state)
        self._registry.register(_Described(meters))
        ProcessCollector(registry=self._registry)

    def routes(self) -> list[BaseRoute]:
        """GET and HEAD of /metrics and /probe: the text format or OpenMetrics, as asked for."""
        return [Route("/metrics", self._scrape, methods=READS), Route("/probe", self._probe, methods=READS)]

    async def _scrape(self, request: Request) -> Response:
        return self._exposed(request, self._registry)

    async def _probe(self, request: Request) -> Response:
        """What blackbox_exporter would have answered of a check's target: the latest answer, without probing now."""
        target = request.query_params.get("target", "")
        found = [id_ for id_, check in self._config.checks.items() if target in (id_, check.component)]
        if not found:
            return PlainTextResponse("Expected target=<the id of a check or component>\n", 400)
        answer = self._state.answer(target if target in found else found[0])
        if answer is None:
            return PlainTextResponse("There is no answer yet, or none for too long\n", 503)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Answer(answer))
        return self._exposed(request, registry)

    @staticmethod
    def _exposed(request: Request, registry: CollectorRegistry) -> Response:
        encode, content_type = _encoder(request.headers.get("accept", ""))
        content = encode(registry)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        if len(content) > GZIP_OVER and takes_gzip(request.headers.get("accept-encoding", "")):
            content = gzip.compress(content, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers=headers)


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """How to write what is exposed, and what that is called; a version that is no number counts as none."""
    try:
        return choose_encoder(accept)
    except TypeError:
        return choose_encoder("")


class _Answer(Collector):
    """One check's answer, without labels."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def collect(self) -> Iterable[Metric]:
        """Its series."""
        return families([self._answer])


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
