"""Prometheus metrics from live state: read at each scrape, so that nothing outlives what it describes.

`probe_*` series have the names and meanings of blackbox_exporter; everything of our own is `uptime_*`. An answer that
is older than three intervals is not exported: a scheduler that hangs must not go on showing old success. A check whose
latest outcome is *unknown* (our own trouble) has no probe_success: neither 1 nor 0 would be true.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from anyio.lowlevel import checkpoint
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import Metric
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prober import __version__
from prober.config import shown
from prober.core.model import LOCAL, Status
from prober.core.reason import FailureClass
from prober.core.spread import BOUNDS_S, Spread
from statusapi.exposition import OPEN, Family, Labels, capped, chosen, exposed, family_of, labels
from statusapi.prepared import READS, takes_gzip
from statusapi.problems import Problem
from statusapi.series import Answer, Series

if TYPE_CHECKING:
    from collections import Counter

    from prober.clock import Clock
    from prober.config import Config
    from prober.core.model import ComponentState, Observation
    from prober.record import Recorder
    from statusapi.auth import Auth

PATHS = "/metrics|/probe"
STALE_INTERVALS = 3
MODULE = "http_2xx"  # of who names none
SPARE_MS = 500  # of a scrape's time, to answer in
SLICE = 50  # checks or components that are written without a pause: 1 ms

T = TypeVar("T")
Ask = Callable[[str, str, int | None, str | None], Awaitable[tuple[str, "Observation"]]]

_MISSED = ("uptime_scheduler_missed_slots_total", "Slots of the schedule that passed without a probe")
_PROBES = ("uptime_probes_total", "Probes made since the start")
_FAILURES = ("uptime_probe_failures_total", "Probes since the start that were down by the target's own fault")
_FAILED_BY = ("uptime_probe_failures_by_class_total", "The same, by the part of the probe in which the target failed")
_TOOK = ("uptime_probe_latency_seconds", "How long probes took since the start that were not down")
_PROMISED = ("uptime_component_detect_within_seconds", "The time in which trouble is to be detected, as configured")
_DETECTED = (
    "uptime_component_detection_seconds",
    "How long the latest trouble took to be detected, at most: from the slot before the first bad answer",
)
_BOUNDS = [*map(str, BOUNDS_S), "+Inf"]
_NEVER = Spread()

disable_created_metrics()  # type: ignore[no-untyped-call]


class Measured(Protocol):
    """What the daemon measures of itself. missed: slots of the schedule that passed without a probe, by check."""

    missed: "Counter[str]"

    def collect(self) -> Iterable[Metric]:
        """All other figures as they are now."""
        ...


class _Counted(NamedTuple):
    """A counter for each check: how it is labelled, and what it counts; both by check."""

    family: Family
    labels: Mapping[str, Labels]
    counts: Mapping[str, int]


class _Seen(NamedTuple):
    """What a scrape tells of: all of one moment, however long it is written."""

    now_ms: int
    latest: "Mapping[str, Observation]"
    counted: Sequence[_Counted]
    failed_by: Mapping[tuple[str, FailureClass], int]
    took: Mapping[str, Spread]
    moved: Mapping[str, int]
    detected_ms: Mapping[str, int]
    components: "Mapping[str, ComponentState]"


class _Live:
    """Figures that are read off the recorder at each scrape."""

    def __init__(self, config: "Config", recorder: "Recorder", clock: "Clock", meters: Measured) -> None:
        self._config = config
        self._recorder = recorder
        self._clock = clock
        self._meters = meters
        self._checks = {id_: labels(self._named(id_)) for id_ in config.checks}
        self._ids = {id_: labels({"check": id_}) for id_ in config.checks}
        self._elsewhere: dict[tuple[str, str], Labels] = {}

    def _named(self, check: str) -> dict[str, str]:
        component = self._config.checks[check].component
        return {"check": check, "component": component, "site": self._config.components[component].site}

    def follow(self, config: "Config") -> None:
        """Another configuration holds, with the same checks."""
        self._config = config

    def seen(self) -> _Seen:
        """Everything as it is now. Rows never change, so that copies of their tables will do."""
        told = (
            (_MISSED, self._ids, self._meters.missed),
            (_PROBES, self._checks, self._recorder.probed),
            (_FAILURES, self._checks, self._recorder.failed),
        )
        counted = [_Counted(Family(*words, "counter"), named, dict(counts)) for words, named, counts in told]
        recorder = self._recorder
        return _Seen(
            self._clock.now_ms(),
            dict(recorder.latest),
            counted,
            dict(recorder.failed_by),
            {id_: spread.copy() for id_, spread in recorder.took.items()},
            dict(recorder.moved),
            dict(recorder.detected_ms),
            dict(recorder.shown.components),
        )

    async def answers(self, seen: _Seen) -> list[Family]:
        """What there is for each check."""
        made = Series()
        failed_by, took = Family(*_FAILED_BY, "counter"), Family(*_TOOK, "histogram")
        for part in _slices(list(self._checks)):
            for id_ in part:
                named, spread = self._checks[id_], seen.took.get(id_, _NEVER)
                for kind in FailureClass:
                    failed_by.add_more(named, "class", kind, seen.failed_by.get((id_, kind), 0))
                took.add_spread(named, _BOUNDS, spread.within(), spread.sum_us / 1_000_000)
                for family, its, counts in seen.counted:
                    family.add(its[id_], counts.get(id_, 0))
                answer = self._fresh(id_, seen.latest.get(id_), seen.now_ms)
                if answer is not None:
                    made.add(answer)
            await checkpoint()
        return [*(one.family for one in seen.counted), *made.families, failed_by, took]

    def answer(self, id_: str) -> Answer | None:
        """The check's latest answer, without labels; None if there is none that is fresh enough to be told."""
        found = self._fresh(id_, self._recorder.latest.get(id_), self._clock.now_ms())
        return None if found is None else found._replace(labels=Labels())

    def _fresh(self, id_: str, seen: "Observation | None", now_ms: int) -> Answer | None:
        check = self._config.checks[id_]
        if seen is None or now_ms - seen.started_ms > STALE_INTERVALS * check.interval + check.timeout:
            return None
        if seen.location == LOCAL:
            return Answer(check.kind, seen, self._checks[id_])
        policy = self._recorder.policy.checks.get(id_)
        if policy is None or seen.location not in policy.locations:
            return None  # what is written into labels was configured
        return Answer(check.kind, seen, self._seen_from(seen))

    def _seen_from(self, seen: "Observation") -> Labels:
        """Labels of an answer from elsewhere."""
        key = seen.check, seen.location
        if key not in self._elsewhere:
            self._elsewhere[key] = labels({**self._named(seen.check), "location": seen.location})
        return self._elsewhere[key]

    async def components(self, seen: _Seen) -> list[Family]:
        """What each component shows."""
        status = Family("uptime_component_status", "1 for the status that a component shows, 0 for the others")
        planned = Family("uptime_component_maintenance", "Whether a component is under maintenance")
        moved = Family(
            "uptime_component_transitions_total", "Changes of what a component shows, since the start", "counter"
        )
        promised, detected = Family(*_PROMISED), Family(*_DETECTED)
        pinned = Family("uptime_component_pinned", "Whether a person has set what a component shows")
        for part in _slices(list(self._config.components.items())):
            for id_, component in part:
                state, its = seen.components.get(id_), labels({"component": id_, "site": component.site})
                shown = state.status if state else Status.OPERATIONAL
                for word in Status:
                    status.add_more(its, "status", word.value, word is shown)
                moved.add(its, seen.moved.get(id_, 0))
                if component.detect_within is not None:
                    promised.add(its, component.detect_within / 1000)
                if id_ in seen.detected_ms:
                    detected.add(its, seen.detected_ms[id_] / 1000)
                planned.add(its, shown is Status.MAINTENANCE)
                pinned.add(its, state is not None and state.pin is not None)
            await checkpoint()
        return [status, planned, pinned, moved, promised, detected]

    def own(self) -> list[Family]:
        """What tells of ourselves."""
        sites = dict.fromkeys(self._config.sites, 0)
        for incident in self._recorder.shown.incidents.values():
            sites[incident.site] = sites.get(incident.site, 0) + 1
        incidents = Family("uptime_incidents_open", "Open incidents")
        for site, count in sites.items():
            incidents.add(labels({"site": site}), count)
        held = Family("uptime_notices_held", "Notices that wait to be told in a digest, beyond a channel's budget")
        for channel, storm in self._recorder.shown.storms.items():
            held.add(labels({"channel": channel}), len(storm.held))
        trouble = Family("uptime_store_trouble", "Whether the store takes no writes at the moment")
        trouble.add(Labels(), self._recorder.trouble is not None)
        lost = Family(
            "uptime_observations_lost_total",
            "Raw observations given up because the store took no writes for too long",
            "counter",
        )
        lost.add(Labels(), self._recorder.lost)
        refused = Family("uptime_store_refused_total", "Writes that the store has not taken", "counter")
        refused.add(Labels(), self._recorder.refused)
        unwritten = Family("uptime_observations_unwritten", "Raw observations that wait to be written")
        unwritten.add(Labels(), self._recorder.unwritten)
        build = Family("uptime_build_info", "The version of prober")
        build.add(labels({"version": __version__}), 1)
        return [incidents, held, trouble, lost, refused, unwritten, build]


def _slices(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[start : start + SLICE] for start in range(0, len(things), SLICE))


class Metrics:
    """Everything there is to scrape, for whom auth admits. meters: what the daemon measures of itself.

    ask: probes on demand: a module, a target, how many ms there are for it, and by which name it is asked; what kind of
    check that was, and the answer. Raises ValueError, OverflowError.
    """

    def __init__(
        self, config: "Config", recorder: "Recorder", clock: "Clock", meters: Measured, ask: "Ask", auth: "Auth"
    ) -> None:
        self._config = config
        self._ask = ask
        self._auth = auth
        self._live = _Live(config, recorder, clock, meters)
        self._meters = meters
        self._process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._process)

    def follow(self, config: "Config") -> None:
        """Another configuration holds, with the same checks."""
        self._config = config
        self._live.follow(config)

    def routes(self) -> list[BaseRoute]:
        """GET and HEAD of /metrics and /probe: the text format or OpenMetrics, as asked for."""
        return [Route("/metrics", self._scrape, methods=READS), Route("/probe", self._probe, methods=READS)]

    async def _scrape(self, request: Request) -> Response:
        self._auth.admit_scrape(request)
        return await self._exposed(request, await self._families())

    async def _families(self) -> list[Family]:
        """All figures as they are now: what tells of ourselves first, and what there is for each check last."""
        seen = self._live.seen()
        found = [*self._live.own(), *await self._live.components(seen)]
        for metric in self._meters.collect():
            found.append(family_of(metric))
            await checkpoint()
        found += await self._live.answers(seen)
        found.append(capped(found, self._config.daemon.max_series))
        return found + [family_of(metric) for metric in self._process.collect()]

    async def _probe(self, request: Request) -> Response:
        """What blackbox_exporter would have answered: of a check the latest answer, of other targets a probe now."""
        self._auth.admit_scrape(request)
        target = request.query_params.get("target", "")
        found = [id_ for id_, check in self._config.checks.items() if target in (id_, check.component)]
        if not found:
            return await self._probed(request, target)
        answer = self._live.answer(target if target in found else found[0])
        if answer is None:
            return PlainTextResponse("There is no answer yet, or none for too long\n", 503)
        return await self._answered(request, answer)

    async def _probed(self, request: Request, target: str) -> Response:
        """A probe on demand, by a module of the configuration."""
        if not target or not self._config.daemon.probe_targets:
            return PlainTextResponse("Expected target=<the id of a check or component>\n", 400)
        module = request.query_params.get("module") or MODULE
        try:
            kind, seen = await self._ask(
                module, target, _within_ms(request), request.query_params.get("hostname") or None
            )
        except ValueError as error:
            return PlainTextResponse(f"{self._config.redact(str(error))}\n", 400)
        except OverflowError as error:
            return PlainTextResponse(f"{error}\n", 503, {"Retry-After": "1"})
        answer = Answer(kind, seen)
        if request.query_params.get("debug") == "true":
            return PlainTextResponse(await self._told(module, answer), headers={"Cache-Control": "no-store"})
        return await self._answered(request, answer)

    async def _told(self, module: str, answer: Answer) -> str:
        """What blackbox_exporter's debug=true tells: what happened, the series, and the module without its secrets."""
        seen = answer.observation
        lines = [f"{phase}: {us / 1000:.1f} ms" for phase, us in seen.phases_us]
        lines += [f"{name}: {value}" for name, value in seen.facts.items()]
        lines.append(f"{seen.outcome} {seen.reason or ''} {seen.detail}".rstrip())
        series, written = (await exposed(_of(answer), False, False)).decode(), shown(self._config, "modules", module)
        parts = ["Logs for the probe:", *lines, "", "", "Metrics that would have been returned:", series, ""]
        parts += ["Module configuration:", written]
        return self._config.redact("\n".join(parts))

    async def _answered(self, request: Request, answer: Answer) -> Response:
        return await self._exposed(request, _of(answer))

    @staticmethod
    async def _exposed(request: Request, families: Sequence[Family]) -> Response:
        content_type = chosen(request.headers.get("accept", ""))
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        is_gzipped = takes_gzip(request.headers.get("accept-encoding", ""))
        if is_gzipped:
            headers["Content-Encoding"] = "gzip"
        return Response(await exposed(families, content_type == OPEN, is_gzipped), headers=headers)


def _of(answer: Answer) -> list[Family]:
    """One check's series."""
    made = Series()
    made.add(answer)
    return [family for family in made.families if family.lines]


def problem(it: Problem) -> Response:
    """How trouble looks to Prometheus."""
    return PlainTextResponse(f"{it.text}\n", it.status, it.headers)


def _within_ms(request: Request) -> int | None:
    """How long Prometheus will wait, less the time to answer in; None if it does not say. Raises ValueError."""
    said = request.headers.get("x-prometheus-scrape-timeout-seconds")
    try:
        seconds = float(said) if said else 0.0
        return int(seconds * 1000) - SPARE_MS if seconds > 0 else None
    except (ValueError, OverflowError):
        raise ValueError("Expected X-Prometheus-Scrape-Timeout-Seconds: <a number>") from None
