"""blackbox_exporter's names and meanings."""

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from prober.core.model import Phase
from statusapi.exposition import exposed, labels
from statusapi.series import Answer, Series
from tests.builders import observation

PHASES = ((Phase.RESOLVE, 1_000), (Phase.CONNECT, 2_000), (Phase.SEND, 3_000), (Phase.PROCESSING, 4_000))


def samples(*answers: Answer) -> dict[tuple[str, ...], float]:
    made = Series()
    for answer in answers:
        made.add(answer)
    text = anyio.run(exposed, made.families, False, False).decode()
    return {(s.name, *s.labels.values()): s.value for family in parsed(text) for s in family.samples}


def test_parts_of_an_http_probe_are_counted_as_blackbox_does() -> None:
    found = samples(Answer("http", observation("up", phases_us=PHASES), labels({"check": "shop"})))
    parts = {key[2]: value for key, value in found.items() if key[0] == "probe_http_duration_seconds"}
    assert parts == {"resolve": 0.001, "connect": 0.002, "tls": 0, "processing": 0.007, "transfer": 0}
    assert found[("probe_dns_lookup_time_seconds", "shop")] == 0.001


def test_other_kinds_have_no_parts_of_http() -> None:
    found = samples(Answer("tcp", observation("up", phases_us=PHASES), labels({"check": "db"})))
    assert [key for key in found if key[0].startswith("probe_http")] == []


@pytest.mark.parametrize(("outcome", "success"), [("up", 1), ("degraded", 1), ("down", 0)])
def test_success_is_about_the_target(outcome: str, success: float) -> None:
    assert (
        samples(Answer("http", observation(outcome), labels({"check": "shop"})))[("probe_success", "shop")] == success
    )


def test_of_an_unknown_outcome_only_the_moment_is_told() -> None:
    found = samples(
        Answer("http", observation("unknown", phases_us=PHASES, facts={"ssl": 1}), labels({"check": "shop"}))
    )
    assert [key[0] for key in found] == ["uptime_probe_last_run_timestamp_seconds"]


def test_facts_are_figures_or_words() -> None:
    facts = {"status_code": 200, "ssl": True, "tls_version": "TLS 1.3", "tls_cipher": "", "ip": "192.0.2.1"}
    found = samples(Answer("http", observation("up", facts=facts), labels({"check": "shop"})))
    assert found[("probe_http_status_code", "shop")] == 200
    assert found[("probe_http_ssl", "shop")] == 1
    assert found[("probe_tls_version_info", "shop", "TLS 1.3")] == 1
    assert [key for key in found if "cipher" in key[0] or "192.0.2.1" in key] == []


def of(kind: str, **facts: float | str) -> dict[tuple[str, ...], float]:
    """The series of one answer of that kind."""
    found = samples(Answer(kind, observation("up", phases_us=PHASES, facts=facts), labels({"check": "a"})))
    return {(key[0], *key[2:]): value for key, value in found.items()}


def test_an_answer_of_a_name_server_has_blackboxs_series() -> None:
    found = of("dns", rcode="NOERROR", answer_count=2, authority_count=1, additional_count=0, serial=7)
    assert {key: value for key, value in found.items() if key[0].startswith("probe_dns_")} == {
        ("probe_dns_lookup_time_seconds",): 0.001,
        ("probe_dns_duration_seconds", "resolve"): 0.001,
        ("probe_dns_duration_seconds", "connect"): 0.002,
        ("probe_dns_duration_seconds", "request"): 0.007,
        ("probe_dns_query_succeeded",): 1,
        ("probe_dns_answer_rrs",): 2,
        ("probe_dns_authority_rrs",): 1,
        ("probe_dns_additional_rrs",): 0,
        ("probe_dns_serial",): 7,
    }
    assert of("dns")[("probe_dns_query_succeeded",)] == 0


def test_pings_have_blackboxs_series() -> None:
    found = of("icmp", rtt_avg_us=2_500, rtt_max_us=9_000)
    assert {key[1]: value for key, value in found.items() if key[0] == "probe_icmp_duration_seconds"} == {
        "resolve": 0.001,
        "setup": 0,
        "rtt": 0.0025,
    }


def test_a_call_by_grpc_has_blackboxs_series() -> None:
    found = of("grpc", ssl=1, grpc_status_code=0, serving_status="NOT_SERVING")
    assert {key: value for key, value in found.items() if key[0].startswith(("probe_grpc_", "probe_http_"))} == {
        ("probe_grpc_duration_seconds", "resolve"): 0.001,
        ("probe_grpc_duration_seconds", "check"): 0.009,
        ("probe_grpc_healthcheck_response", "UNKNOWN"): 0,
        ("probe_grpc_healthcheck_response", "SERVING"): 0,
        ("probe_grpc_healthcheck_response", "NOT_SERVING"): 1,
        ("probe_grpc_healthcheck_response", "SERVICE_UNKNOWN"): 0,
        ("probe_grpc_ssl",): 1,
        ("probe_grpc_status_code",): 0,
    }


def test_a_websocket_has_blackboxs_series() -> None:
    found = of("websocket", ssl=0, status_code=101)
    assert found[("probe_websocket_connection_upgraded",)] == 1
    assert found[("probe_websocket_status_code",)] == 101
    assert found[("probe_websocket_duration_seconds", "processing")] == 0.007
    assert [key for key in found if key[0].startswith("probe_http_")] == []
