"""Series with blackbox_exporter's names and meanings, of answers that are known already."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric

from prober.core.model import Observation, Outcome, Phase


class Answer(NamedTuple):
    """An observation of a check of that kind, and the values of the labels that its series have."""

    kind: str
    observation: Observation
    labels: tuple[str, ...] = ()


class _Fact(NamedTuple):
    """A series that a fact of an observation becomes. kind: of checks of that kind alone, None = of all."""

    name: str
    help: str
    fact: str
    kind: str | None = None


class _Parts(NamedTuple):
    """What blackbox_exporter calls the parts of a probe of a kind, and which phases it counts into each."""

    name: str
    help: str
    phases: Mapping[str, tuple[Phase, ...]]


_NUMBERS = (
    _Fact("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", "ip_protocol"),
    _Fact("probe_http_status_code", "Response HTTP status code", "status_code", "http"),
    _Fact("probe_http_content_length", "Length of http content response", "content_length", "http"),
    _Fact("probe_http_uncompressed_body_length", "Length of uncompressed response body", "body_length", "http"),
    _Fact("probe_http_redirects", "The number of redirects", "redirects", "http"),
    _Fact("probe_http_ssl", "Indicates if SSL was used for the final redirect", "ssl", "http"),
    _Fact("probe_http_version", "Returns the version of HTTP of the probe response", "http_version", "http"),
    _Fact("probe_dns_answer_rrs", "Returns number of entries in the answer resource record list",
          "answer_count", "dns"),
    _Fact("probe_dns_authority_rrs", "Returns number of entries in the authority resource record list",
          "authority_count", "dns"),
    _Fact("probe_dns_additional_rrs", "Returns number of entries in the additional resource record list",
          "additional_count", "dns"),
    _Fact("probe_dns_serial", "Returns the serial number of the zone", "serial", "dns"),
    _Fact("probe_grpc_ssl", "Indicates if SSL was used for the connection", "ssl", "grpc"),
    _Fact("probe_grpc_status_code", "Response gRPC status code", "grpc_status_code", "grpc"),
    _Fact("probe_websocket_status_code", "Response HTTP status code", "status_code", "websocket"),
    _Fact("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", "cert_expiry_s"),
)  # fmt: skip
# Facts that are words become the value of a label.
_WORDS = (
    (_Fact("probe_tls_version_info", "Returns the TLS version used or NaN when unknown", "tls_version"), "version"),
    (_Fact("probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake", "tls_cipher"), "cipher"),
)
_ALL = (Phase.CONNECT, Phase.TLS, Phase.SEND, Phase.PROCESSING, Phase.TRANSFER)
_PARTS: Mapping[str, _Parts] = {
    "http": _Parts(
        "probe_http_duration_seconds",
        "Duration of http request by phase, summed over all redirects",
        {
            "resolve": (Phase.RESOLVE,),
            "connect": (Phase.CONNECT,),
            "tls": (Phase.TLS,),
            "processing": (Phase.SEND, Phase.PROCESSING),
            "transfer": (Phase.TRANSFER,),
        },
    ),
    "dns": _Parts(
        "probe_dns_duration_seconds",
        "Duration of DNS request by phase",
        {
            "resolve": (Phase.RESOLVE,),
            "connect": (Phase.CONNECT,),
            "request": (Phase.SEND, Phase.PROCESSING, Phase.TRANSFER),
        },
    ),
    "grpc": _Parts(
        "probe_grpc_duration_seconds",
        "Duration of gRPC request by phase",
        {"resolve": (Phase.RESOLVE,), "check": _ALL},
    ),
    "websocket": _Parts(
        "probe_websocket_duration_seconds",
        "Duration of WebSocket request by phase",
        {
            "resolve": (Phase.RESOLVE,),
            "connect": (Phase.CONNECT, Phase.TLS),
            "processing": (Phase.SEND, Phase.PROCESSING),
            "transfer": (Phase.TRANSFER,),
        },
    ),
}
_SERVING = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


def families(answers: Iterable[Answer], labels: Sequence[str] = ()) -> Iterator[Metric]:
    """The series of all these answers. An *unknown* one has only its moment: nothing else would be true."""
    success = GaugeMetricFamily("probe_success", "Displays whether or not the probe was a success", labels=labels)
    duration = GaugeMetricFamily(
        "probe_duration_seconds", "Returns how long the probe took to complete in seconds", labels=labels
    )
    lookup = GaugeMetricFamily(
        "probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", labels=labels
    )
    parts = {kind: GaugeMetricFamily(p.name, p.help, labels=[*labels, "phase"]) for kind, p in _PARTS.items()}
    own = _OfKinds(labels)
    last = GaugeMetricFamily(
        "uptime_probe_last_run_timestamp_seconds", "When the latest probe began, as unix time", labels=labels
    )
    numbers = {fact: GaugeMetricFamily(fact.name, fact.help, labels=labels) for fact in _NUMBERS}
    words = {fact: GaugeMetricFamily(fact.name, fact.help, labels=[*labels, word]) for fact, word in _WORDS}
    for answer in answers:
        seen = answer.observation
        last.add_metric(answer.labels, seen.started_ms / 1000)
        if seen.outcome is Outcome.UNKNOWN:
            continue
        success.add_metric(answer.labels, seen.outcome is not Outcome.DOWN)
        duration.add_metric(answer.labels, seen.took_us / 1e6)
        took_us = dict(seen.phases_us)
        if Phase.RESOLVE in took_us:
            lookup.add_metric(answer.labels, took_us[Phase.RESOLVE] / 1e6)
        if answer.kind in parts:
            for name, phases in _PARTS[answer.kind].phases.items():
                spent_us = sum(took_us.get(phase, 0) for phase in phases)
                parts[answer.kind].add_metric((*answer.labels, name), spent_us / 1e6)
        own.add(answer, took_us)
        _add_facts(answer, numbers, words)
    yield from (success, duration, lookup, *parts.values(), *own.families, last, *numbers.values(), *words.values())


class _OfKinds:
    """Series of one kind that are more than a fact."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._answered = GaugeMetricFamily(
            "probe_dns_query_succeeded", "Displays whether or not the query was executed successfully", labels=labels
        )
        self._echo = GaugeMetricFamily(
            "probe_icmp_duration_seconds", "Duration of icmp request by phase", labels=[*labels, "phase"]
        )
        self._serving = GaugeMetricFamily(
            "probe_grpc_healthcheck_response", "Response HealthCheck response", labels=[*labels, "serving_status"]
        )
        self._upgraded = GaugeMetricFamily(
            "probe_websocket_connection_upgraded", "Indicates if the connection was upgraded", labels=labels
        )
        self.families = (self._answered, self._echo, self._serving, self._upgraded)

    def add(self, answer: Answer, took_us: Mapping[Phase, int]) -> None:
        """Those of one answer."""
        facts, labels = answer.observation.facts, answer.labels
        match answer.kind:
            case "dns":
                self._answered.add_metric(labels, "rcode" in facts)
            case "icmp":
                rtt_us = float(facts.get("rtt_avg_us", 0))
                # A socket is there at once: its setup is not measured apart.
                for name, us in (("resolve", took_us.get(Phase.RESOLVE, 0)), ("setup", 0), ("rtt", rtt_us)):
                    self._echo.add_metric((*labels, name), us / 1e6)
            case "grpc":
                for word in _SERVING:
                    self._serving.add_metric((*labels, word), facts.get("serving_status") == word)
            case "websocket":
                self._upgraded.add_metric(labels, facts.get("status_code") == 101)
            case _:
                pass


def _add_facts(
    answer: Answer, numbers: Mapping[_Fact, GaugeMetricFamily], words: Mapping[_Fact, GaugeMetricFamily]
) -> None:
    facts = answer.observation.facts
    for fact, family in numbers.items():
        value = facts.get(fact.fact)
        if value is not None and not isinstance(value, str) and fact.kind in (None, answer.kind):
            family.add_metric(answer.labels, float(value))
    for fact, family in words.items():
        value = facts.get(fact.fact)
        if isinstance(value, str) and value:
            family.add_metric((*answer.labels, value), 1)
