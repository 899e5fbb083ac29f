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
    """A series that a fact of an observation becomes."""

    name: str
    help: str
    fact: str


_NUMBERS = (
    _Fact("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", "ip_protocol"),
    _Fact("probe_http_status_code", "Response HTTP status code", "status_code"),
    _Fact("probe_http_content_length", "Length of http content response", "content_length"),
    _Fact("probe_http_uncompressed_body_length", "Length of uncompressed response body", "body_length"),
    _Fact("probe_http_redirects", "The number of redirects", "redirects"),
    _Fact("probe_http_ssl", "Indicates if SSL was used for the final redirect", "ssl"),
    _Fact("probe_http_version", "Returns the version of HTTP of the probe response", "http_version"),
    _Fact("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", "cert_expiry_s"),
)
# Facts that are words become the value of a label.
_WORDS = (
    (_Fact("probe_tls_version_info", "Returns the TLS version used or NaN when unknown", "tls_version"), "version"),
    (_Fact("probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake", "tls_cipher"), "cipher"),
)
# What blackbox_exporter calls the parts of an http probe, and which phases it counts into each.
_HTTP_PHASES: Mapping[str, tuple[Phase, ...]] = {
    "resolve": (Phase.RESOLVE,),
    "connect": (Phase.CONNECT,),
    "tls": (Phase.TLS,),
    "processing": (Phase.SEND, Phase.PROCESSING),
    "transfer": (Phase.TRANSFER,),
}


def families(answers: Iterable[Answer], labels: Sequence[str] = ()) -> Iterator[Metric]:
    """The series of all these answers. An *unknown* one has only its moment: nothing else would be true."""
    success = GaugeMetricFamily("probe_success", "Displays whether or not the probe was a success", labels=labels)
    duration = GaugeMetricFamily(
        "probe_duration_seconds", "Returns how long the probe took to complete in seconds", labels=labels
    )
    lookup = GaugeMetricFamily(
        "probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", labels=labels
    )
    phases = GaugeMetricFamily(
        "probe_http_duration_seconds",
        "Duration of http request by phase, summed over all redirects",
        labels=[*labels, "phase"],
    )
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
        if answer.kind == "http":
            for name, parts in _HTTP_PHASES.items():
                phases.add_metric((*answer.labels, name), sum(took_us.get(part, 0) for part in parts) / 1e6)
        _add_facts(answer, numbers, words)
    yield from (success, duration, lookup, phases, last, *numbers.values(), *words.values())


def _add_facts(
    answer: Answer, numbers: Mapping[_Fact, GaugeMetricFamily], words: Mapping[_Fact, GaugeMetricFamily]
) -> None:
    facts = answer.observation.facts
    for fact, family in numbers.items():
        value = facts.get(fact.fact)
        if value is not None and not isinstance(value, str):
            family.add_metric(answer.labels, float(value))
    for fact, family in words.items():
        value = facts.get(fact.fact)
        if isinstance(value, str) and value:
            family.add_metric((*answer.labels, value), 1)
