"""What is scraped, and what is not said because it would not be true."""

import gzip
import shutil
from pathlib import Path

import anyio
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from prober.core.reason import FailureClass
from statusapi.metrics import STALE_INTERVALS
from statusapi.prepared import takes_gzip
from tests.acceptance.scene import served
from tests.builders import observation
from tests.services import needs_service
from tests.statusapi.scene import CONFIG, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio


async def scraped(it: Scene) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    answer = await it.public.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


SHOP = ("shop", "shop", "main")
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


async def test_the_latest_answer_of_each_check_is_shown(tmp_path: Path) -> None:
    by_http = CONFIG.replace('kind = "tcp", host = "127.0.0.1", port = 9', 'kind = "http", url = "http://127.0.0.1:9/"')
    async with scene(tmp_path, text=by_http) as it:
        facts = {"status_code": 503, "http_version": 1.1, "reason_phrase": "words are no figures"}
        await it.take([observation("down", it.now_ms + 500, took_us=250_000, facts=facts)])
        found = await scraped(it)
        assert found[("probe_success", *SHOP)] == 0
        assert found[("probe_duration_seconds", *SHOP)] == 0.25
        assert found[("probe_http_status_code", *SHOP)] == 503
        assert found[("uptime_probes_total", *SHOP)] == found[("uptime_probe_failures_total", *SHOP)] == 1
        assert found[("uptime_probe_last_run_timestamp_seconds", *SHOP)] == (it.now_ms) / 1000
        assert ("probe_success", "mail", "mail", "main") not in found
        assert found[("uptime_probes_total", "mail", "mail", "main")] == 0


async def test_failures_are_told_by_class_and_good_answers_by_how_long_they_took(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        found = await scraped(it)
        kinds = [key for key in found if key[0] == "uptime_probe_failures_by_class_total"]
        assert sorted({key[-1] for key in kinds}) == sorted(FailureClass)
        assert {found[key] for key in kinds} == {0}
        assert found[("uptime_probe_latency_seconds_bucket", "mail", "mail", "main", "+Inf")] == 0
        await it.take([observation("up", it.now_ms + 500, took_us=250_000)])
        await it.see("down down unknown")
        found = await scraped(it)
        assert found[("uptime_probe_failures_by_class_total", *SHOP, "connect")] == 2
        assert found[("uptime_probe_latency_seconds_bucket", *SHOP, "0.1")] == 0
        assert found[("uptime_probe_latency_seconds_bucket", *SHOP, "0.25")] == 1
        assert found[("uptime_probe_latency_seconds_bucket", *SHOP, "+Inf")] == 1
        assert found[("uptime_probe_latency_seconds_sum", *SHOP)] == 0.25
        assert found[("uptime_component_transitions_total", "shop", "main")] == 2
        assert found[("uptime_component_transitions_total", "mail", "main")] == 0
        assert found[("uptime_component_detection_seconds", "shop", "main")] > 0
        assert ("uptime_component_detection_seconds", "mail", "main") not in found


async def test_the_stores_own_trouble_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        it.recorder.observe([observation("up", it.now_ms + 500)])
        it.recorder.refused += 1
        found = await scraped(it)
        assert (found[("uptime_observations_unwritten",)], found[("uptime_store_refused_total",)]) == (1, 1)


async def test_every_series_is_in_the_docs(tmp_path: Path) -> None:
    text = DOCS.read_text()
    async with scene(tmp_path) as it:
        answer = (await it.public.get("/metrics")).text
        found = {line.split()[2] for line in answer.splitlines() if line.startswith("# TYPE ")}
        assert [name for name in found if not name.startswith("process_") and f"`{name}`" not in text] == []


async def test_degraded_is_a_success_and_our_own_trouble_is_neither(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("degraded")
        assert (await scraped(it))[("probe_success", *SHOP)] == 1
        await it.see("unknown")
        found = await scraped(it)
        assert ("probe_success", *SHOP) not in found
        assert ("uptime_probe_last_run_timestamp_seconds", *SHOP) in found
        assert found[("uptime_probe_failures_total", *SHOP)] == 0


async def test_an_answer_that_is_too_old_is_not_exported(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        check = it.config.checks["shop"]
        await it.see("up")
        it.now_ms += STALE_INTERVALS * check.interval + check.timeout
        assert ("probe_success", *SHOP) in await scraped(it)
        it.now_ms += 1
        assert ("probe_success", *SHOP) not in await scraped(it)


async def test_a_component_has_exactly_one_status(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.see("down down")
        await it.wait(30 * MINUTE)
        found = await scraped(it)
        shown = {key[1:]: value for key, value in found.items() if key[0] == "uptime_component_status"}
        assert sorted(key for key, value in shown.items() if value) == [
            ("blog", "main", "operational"),
            ("lone", "second", "operational"),
            ("mail", "main", "maintenance"),
            ("shop", "main", "major"),
        ]
        assert found[("uptime_component_maintenance", "mail", "main")] == 1
        assert (found[("uptime_incidents_open", "main")], found[("uptime_incidents_open", "second")]) == (1, 0)


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("GZIP", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("*;q=0, gzip", True),
        ("gzip;q=0, *", False),
    ],
)
async def test_gzip_is_used_when_allowed(tmp_path: Path, accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes
    async with scene(tmp_path) as it, it.public.stream("GET", "/metrics", headers={"Accept-Encoding": accepted}) as got:
        raw = b"".join([part async for part in got.aiter_raw()])
        assert (got.headers.get("content-encoding") == "gzip") is takes
        assert b"uptime_build_info" in (gzip.decompress(raw) if takes else raw)


async def test_openmetrics_is_answered_when_asked_for(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("path", ["/metrics", "/probe?target=shop"])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
async def test_a_version_that_is_no_number_is_answered_as_none(tmp_path: Path, path: str, kind: str) -> None:
    async with scene(tmp_path) as it:
        await it.see("up")
        answer = await it.public.get(path, headers={"Accept": f"{kind};version=1.x"})
        assert (answer.status_code, answer.headers["content-type"][:24]) == (200, "text/plain; version=0.0.")


async def test_no_secret_and_no_address_is_a_label(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        text = (await it.public.get("/metrics")).text
        assert [word for word in ("127.0.0.1", "key-0123456789") if word in text] == []


async def test_prometheus_itself_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    needs_service("prometheus")
    promtool = shutil.which("promtool")
    assert promtool, "promtool comes with prometheus"
    async with scene(tmp_path) as it:
        await it.see("down down")
        text = (await it.public.get("/metrics")).content
    checked = await anyio.run_process([promtool, "check", "metrics"], input=text, check=False)
    assert (checked.returncode, checked.stderr.decode()) == (0, "")


async def test_probe_answers_with_the_latest_answer_as_blackbox_would(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await it.public.get("/probe?target=shop")).status_code == 503
        await it.see("down")
        text = (await it.public.get("/probe?target=shop")).text
        assert "\nprobe_success 0\n" in text
        assert "uptime_probes_total" not in text
        it.now_ms += 10 * MINUTE
        assert (await it.public.get("/probe?target=shop&module=http_2xx")).status_code == 503


@pytest.mark.parametrize("target", ["", "?target=", "?target=none", "?module=http_2xx"])
async def test_probe_knows_only_what_is_watched(tmp_path: Path, target: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"/probe{target}")
        assert (answer.status_code, answer.text) == (400, "Expected target=<the id of a check or component>\n")


KINDS_OF_TEXT = {
    "text/plain;version=0.0.4": ("text/plain; version=0.0.4", text_string_to_metric_families),
    "application/openmetrics-text;version=1.0.0": ("application/openmetrics-text; version=1.0.0", openmetrics),
    # What Prometheus sends.
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1": (
        "application/openmetrics-text; version=1.0.0",
        openmetrics,
    ),
    "": ("text/plain; version=0.0.4", text_string_to_metric_families),
}


@pytest.mark.parametrize("accept", KINDS_OF_TEXT)
@pytest.mark.parametrize("path", ["/metrics", "/probe?target=shop"])
async def test_strict_parsers_take_both_formats(tmp_path: Path, accept: str, path: str) -> None:
    content_type, parse = KINDS_OF_TEXT[accept]
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.see("down down")
        answer = await it.public.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(content_type)
        found = [(s.name, *sorted(s.labels.items())) for family in parse(answer.text) for s in family.samples]
        assert len(found) == len(set(found)) >= 3
        assert [name for name, *_ in found if name.endswith("_created")] == []


@pytest.mark.parametrize("path", ["/metrics", "/probe?target=shop"])
async def test_head_has_the_headers_and_no_body(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        await it.see("up")
        answer = await it.public.head(path, headers={"Accept-Encoding": "identity"})
        assert (answer.status_code, answer.content, answer.headers["vary"]) == (200, b"", "Accept, Accept-Encoding")
        assert int(answer.headers["content-length"]) > 100


async def test_beyond_the_cap_series_are_left_out_and_counted(tmp_path: Path) -> None:
    checks = "\n".join(
        f'c{n} = {{ kind = "tcp", component = "shop", host = "127.0.0.1", port = 9 }}' for n in range(600)
    )
    async with scene(tmp_path, text=CONFIG.replace("[prober]", "[prober]\nmax_series = 1000") + checks) as it:
        found = await scraped(it)
        ours = [key for key in found if key[0].startswith(("uptime_", "probe_"))]
        assert len(ours) == 1001
        assert found[("uptime_series_left_out",)] > 600
        assert ("uptime_component_status", "shop", "main", "operational") in found


async def test_a_certificates_expiry_is_told_of_an_answer_that_is_down_by_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        expired_s = it.now_ms // 1000 - 86_400
        await it.take([observation("down", it.now_ms + 500, facts={"cert_expiry_s": expired_s})])
        found = await scraped(it)
        assert found[("probe_success", *SHOP)] == 0
        assert found[("probe_ssl_earliest_cert_expiry", *SHOP)] == expired_s


ON_DEMAND = """
[modules.http_2xx]
kind = "http"
headers = { X-Token = "hush-hush-token" }
"""


async def test_what_is_allowed_is_probed_on_demand(tmp_path: Path) -> None:
    text = CONFIG.replace("[prober]", '[prober]\nprobe_targets = ["127.0.0.1"]')
    with served() as target:
        place = f"127.0.0.1:{target.server_address[1]}"
        async with scene(tmp_path, ON_DEMAND, text) as it:
            answer = await it.public.get(f"/probe?target={place}", headers={"X-Prometheus-Scrape-Timeout-Seconds": "5"})
            assert "\nprobe_success 1\n" in answer.text
            assert "\nprobe_ip_addr_hash " in answer.text
            told = (await it.public.get(f"/probe?target={place}&module=http_2xx&debug=true")).text
            assert "Logs for the probe:" in told
            assert "\nprobe_http_status_code 200\n" in told
            assert '[modules."http_2xx"]' in told
            assert "hush-hush" not in told
            target.status = 500
            assert "\nprobe_success 0\n" in (await it.public.get(f"/probe?target={place}")).text
            for path, headers in (
                (f"/probe?target={place}&module=none", {}),
                ("/probe?target=192.0.2.1", {}),
                (f"/probe?target={place}", {"X-Prometheus-Scrape-Timeout-Seconds": "soon"}),
            ):
                refused = await it.public.get(path, headers=headers)
                assert (refused.status_code, refused.text[:8]) == (400, "Expected")


async def test_both_formats_say_the_same(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.see("down down")
        text = (await it.public.get("/metrics")).text
        answer = await it.public.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
        ours = [one for one in text_string_to_metric_families(text) if not one.name.startswith("process_")]
        found = openmetrics(answer.text)  # type: ignore[no-untyped-call]
        theirs = [one for one in found if not one.name.startswith("process_")]
        assert ours == theirs


async def test_an_answer_from_elsewhere_says_where(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        checks = it.recorder.policy.checks
        it.recorder.policy = it.recorder.policy._replace(
            checks={**checks, "shop": checks["shop"]._replace(locations=("north",))}
        )
        await it.take([observation("down", it.now_ms + 500)._replace(location="south")])
        assert "probe_success{" not in (await it.public.get("/metrics")).text
        await it.take([observation("down", it.now_ms + 500)._replace(location="north")])
        assert 'probe_success{check="shop",component="shop",site="main",location="north"} 0\n' in (
            (await it.public.get("/metrics")).text
        )


async def test_a_target_may_be_asked_by_another_name(tmp_path: Path) -> None:
    text = CONFIG.replace("[prober]", '[prober]\nprobe_targets = ["127.0.0.1"]')
    with served() as target:
        place = f"127.0.0.1:{target.server_address[1]}"
        async with scene(tmp_path, ON_DEMAND, text) as it:
            assert "\nprobe_success 1\n" in (await it.public.get(f"/probe?target={place}&hostname=shop.test")).text
            assert target.hosts == ["shop.test"]
            assert (await it.public.get(f"/probe?target={place}&hostname=a%20b")).status_code == 400
