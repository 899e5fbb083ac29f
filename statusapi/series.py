"""Series with blackbox_exporter's names and meanings, of answers that are known already."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from prober.core.model import Observation, Outcome, Phase
from prober.core.reason import Reason
from statusapi.exposition import Family, Labels, escaped


class Answer(NamedTuple):
    """An observation of a check of that kind, and the labels that its series have."""

    kind: str
    observation: Observation
    labels: Labels = Labels()


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
    _Fact("probe_ip_addr_hash", "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
          "ip_hash"),
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
    _Fact("uptime_probe_body_hash", "The first 48 bits of the SHA-256 of the body, as a number", "body_hash", "http"),
    _Fact("probe_icmp_reply_hop_limit", "Replied packet hop limit (TTL for ipv4)", "hop_limit", "icmp"),
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
# Kinds that look at what is said, and how it is called when that is not what it should be.
_MATCHING = ("http", "tcp", "tls")
_UNMATCHED = (Reason.EXPECT_BODY, Reason.EXPECT_HEADER, Reason.EXPECT_MESSAGE)
_SERVING = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


class Series:
    """The families of these series, to which answers are added one by one."""

    def __init__(self) -> None:
        self._success = Family("probe_success", "Displays whether or not the probe was a success")
        self._duration = Family("probe_duration_seconds", "Returns how long the probe took to complete in seconds")
        self._lookup = Family("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds")
        self._parts = {kind: Family(parts.name, parts.help) for kind, parts in _PARTS.items()}
        self._own = _OfKinds()
        self._last = Family("uptime_probe_last_run_timestamp_seconds", "When the latest probe began, as unix time")
        self._numbers = {fact: Family(fact.name, fact.help) for fact in _NUMBERS}
        self._words = {fact: Family(fact.name, fact.help) for fact, _ in _WORDS}
        self._numbers_of: dict[str, tuple[tuple[str, Family], ...]] = {}
        self.families = (
            self._success, self._duration, self._lookup, *self._parts.values(), *self._own.families, self._last,
            *self._numbers.values(), *self._words.values(),
        )  # fmt: skip

    def add(self, answer: Answer) -> None:
        """An answer's series. An *unknown* one has only its moment: nothing else would be true."""
        kind, seen, labels = answer
        self._last.add(labels, seen.started_ms / 1000)
        if seen.outcome is Outcome.UNKNOWN:
            return
        self._success.add(labels, seen.outcome is not Outcome.DOWN)
        self._duration.add(labels, seen.took_us / 1e6)
        took_us = dict(seen.phases_us)
        if Phase.RESOLVE in took_us:
            self._lookup.add(labels, took_us[Phase.RESOLVE] / 1e6)
        if kind in self._parts:
            family = self._parts[kind]
            for name, phases in _PARTS[kind].phases.items():
                family.add_more(labels, "phase", name, sum(took_us.get(phase, 0) for phase in phases) / 1e6)
        self._own.add(answer, took_us)
        self._add_facts(answer)

    def _add_facts(self, answer: Answer) -> None:
        kind, seen, labels = answer
        facts = dict(seen.facts)
        if "ip" in facts:
            facts["ip_hash"] = _hash(str(facts["ip"]))
        if kind == "http" and facts.get("status_code") == 0:
            facts["content_length"] = 0  # as long as there is no response at all
        for name, family in self._numbers_of.get(kind) or self._of_kind(kind):
            value = facts.get(name)
            if value is not None and not isinstance(value, str):
                family.add(labels, value)
        for fact, word in _WORDS:
            value = facts.get(fact.fact)
            if isinstance(value, str) and value:
                self._words[fact].add_more(labels, word, escaped(value), 1)

    def _of_kind(self, kind: str) -> tuple[tuple[str, Family], ...]:
        """The facts that become numbers of a check of that kind."""
        found = ((fact.fact, family) for fact, family in self._numbers.items() if fact.kind in (None, kind))
        self._numbers_of[kind] = tuple(found)
        return self._numbers_of[kind]


class _OfKinds:
    """Series of one kind that are more than a fact."""

    def __init__(self) -> None:
        self._answered = Family(
            "probe_dns_query_succeeded", "Displays whether or not the query was executed successfully"
        )
        self._echo = Family("probe_icmp_duration_seconds", "Duration of icmp request by phase")
        self._serving = Family("probe_grpc_healthcheck_response", "Response HealthCheck response")
        self._upgraded = Family("probe_websocket_connection_upgraded", "Indicates if the connection was upgraded")
        self._unmatched = Family("probe_failed_due_to_regex", "Indicates if probe failed due to regex")
        self.families = (self._unmatched, self._answered, self._echo, self._serving, self._upgraded)

    def add(self, answer: Answer, took_us: Mapping[Phase, int]) -> None:
        """Those of one answer."""
        facts, labels = answer.observation.facts, answer.labels
        if answer.kind in _MATCHING:
            self._unmatched.add(labels, answer.observation.reason in _UNMATCHED)
        match answer.kind:
            case "dns":
                self._answered.add(labels, "rcode" in facts)
            case "icmp":
                rtt_us = float(facts.get("rtt_avg_us", 0))
                # A socket is there at once: its setup is not measured apart.
                for name, us in (("resolve", took_us.get(Phase.RESOLVE, 0)), ("setup", 0), ("rtt", rtt_us)):
                    self._echo.add_more(labels, "phase", name, us / 1e6)
            case "grpc":
                for word in _SERVING:
                    self._serving.add_more(labels, "serving_status", word, facts.get("serving_status") == word)
            case "websocket":
                self._upgraded.add(labels, facts.get("status_code") == 101)
            case _:
                pass


@lru_cache(maxsize=4096)
def _hash(ip: str) -> int:
    """FNV-1a of 32 bits over an address' bytes, as blackbox_exporter counts it; 0 if it is no address."""
    try:
        packed = ip_address(ip.partition("%")[0]).packed
    except ValueError:
        return 0
    found = 0x811C9DC5
    for byte in packed:
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found
