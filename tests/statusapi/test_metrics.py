"""What is scraped, and what is not said because it would not be true."""

import gzip
import shutil
from pathlib import Path

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families

from statusapi.metrics import STALE_INTERVALS
from statusapi.prepared import takes_gzip
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
        assert "\nprobe_success 0.0\n" in text
        assert "uptime_probes_total" not in text
        it.now_ms += 10 * MINUTE
        assert (await it.public.get("/probe?target=shop&module=http_2xx")).status_code == 503


@pytest.mark.parametrize("target", ["", "?target=", "?target=none", "?module=http_2xx"])
async def test_probe_knows_only_what_is_watched(tmp_path: Path, target: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"/probe{target}")
        assert (answer.status_code, answer.text) == (400, "Expected target=<the id of a check or component>\n")
