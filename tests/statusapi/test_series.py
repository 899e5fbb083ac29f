"""blackbox_exporter's names and meanings."""

import pytest

from prober.core.model import Phase
from statusapi.series import Answer, families
from tests.builders import observation

PHASES = ((Phase.RESOLVE, 1_000), (Phase.CONNECT, 2_000), (Phase.SEND, 3_000), (Phase.PROCESSING, 4_000))


def samples(*answers: Answer) -> dict[tuple[str, ...], float]:
    found = families(answers, ("check",))
    return {(s.name, *s.labels.values()): s.value for family in found for s in family.samples}


def test_parts_of_an_http_probe_are_counted_as_blackbox_does() -> None:
    found = samples(Answer("http", observation("up", phases_us=PHASES), ("shop",)))
    parts = {key[2]: value for key, value in found.items() if key[0] == "probe_http_duration_seconds"}
    assert parts == {"resolve": 0.001, "connect": 0.002, "tls": 0, "processing": 0.007, "transfer": 0}
    assert found[("probe_dns_lookup_time_seconds", "shop")] == 0.001


def test_other_kinds_have_no_parts_of_http() -> None:
    found = samples(Answer("tcp", observation("up", phases_us=PHASES), ("db",)))
    assert [key for key in found if key[0].startswith("probe_http")] == []


@pytest.mark.parametrize(("outcome", "success"), [("up", 1), ("degraded", 1), ("down", 0)])
def test_success_is_about_the_target(outcome: str, success: float) -> None:
    assert samples(Answer("http", observation(outcome), ("shop",)))[("probe_success", "shop")] == success


def test_of_an_unknown_outcome_only_the_moment_is_told() -> None:
    found = samples(Answer("http", observation("unknown", phases_us=PHASES, facts={"ssl": 1}), ("shop",)))
    assert [key[0] for key in found] == ["uptime_probe_last_run_timestamp_seconds"]


def test_facts_are_figures_or_words() -> None:
    facts = {"status_code": 200, "ssl": True, "tls_version": "TLS 1.3", "tls_cipher": "", "ip": "192.0.2.1"}
    found = samples(Answer("http", observation("up", facts=facts), ("shop",)))
    assert found[("probe_http_status_code", "shop")] == 200
    assert found[("probe_http_ssl", "shop")] == 1
    assert found[("probe_tls_version_info", "shop", "TLS 1.3")] == 1
    assert [key for key in found if "cipher" in key[0] or "192.0.2.1" in key] == []
