"""What Prometheus is told to scrape."""

from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.scene import ACME, ADMIN, CONFIG, Scene, scene

pytestmark = pytest.mark.anyio


async def listed(it: Scene, key: str | None = None, query: str = "") -> Any:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    answer = await it.public.get(f"/sd/prometheus{query}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return answer.json()


async def test_each_check_is_a_target_here_and_no_address_is_public(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        found = await listed(it)
        assert found[0] == {
            "targets": ["status.example"],
            "labels": {
                "__metrics_path__": "/probe",
                "__param_target": "shop",
                "instance": "shop",
                "check": "shop",
                "component": "shop",
                "site": "main",
                "__scheme__": "https",
            },
        }
        assert [one["labels"]["check"] for one in found] == ["shop", "blog", "mail", "lone"]
        assert "127.0.0.1" not in str(found)


async def test_with_a_key_the_instance_is_what_is_probed_and_unique(tmp_path: Path) -> None:
    text = CONFIG.replace("port = 9, failures = 2, successes = 2 }", "port = 8, failures = 2, successes = 2 }", 1)
    async with scene(tmp_path, text=text) as it:
        instances = [one["labels"]["instance"] for one in await listed(it, ADMIN)]
        assert instances == ["127.0.0.1:8", "127.0.0.1:9#blog", "127.0.0.1:9#mail", "127.0.0.1:9#lone"]


async def test_an_account_sees_its_own(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert {one["labels"]["site"] for one in await listed(it, ACME)} == {"main"}


async def test_the_probed_addresses_are_told_to_whom_shows_a_key(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        first, *_ = await listed(it, ADMIN, "?form=targets")
        assert (first["targets"], first["labels"]["__param_module"]) == (["127.0.0.1:9"], "tcp")
        assert (await it.public.get("/sd/prometheus?form=targets")).status_code == 401
        assert (await it.public.get("/sd/prometheus?form=other")).status_code == 400


async def test_asking_costs_no_look_at_what_is_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(tmp_path) as it:
        first = await listed(it, ADMIN)
        monkeypatch.delattr(type(it.config.checks["shop"]), "target")
        assert await listed(it, ADMIN) == first


async def test_what_came_by_a_reference_is_not_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"http://127.0.0.1:9/?token=hunter-{name}")
    checks = """
[checks.one]
kind = "http"
component = "mail"
url = {file = "one"}
[checks.two]
kind = "http"
component = "mail"
url = {file = "two"}
"""
    async with scene(tmp_path, checks) as it:
        found = [*await listed(it, ADMIN), *await listed(it, ADMIN, "?form=targets")]
        assert "hunter" not in str(found)
        assert [one["labels"]["instance"] for one in found if "instance" in one["labels"]][-2:] == [
            "***#one",
            "***#two",
        ]


async def test_a_wrong_key_is_a_mistake_that_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for header in ("Bearer unknown-key-0123456789", "Basic eDp5", ADMIN):
            answer = await it.public.get("/sd/prometheus", headers={"Authorization": header})
            assert answer.status_code == 401
            assert "Expected a known key" in answer.json()["error"]["message"]


async def test_the_key_of_the_metrics_is_asked_for_and_sees_all(tmp_path: Path) -> None:
    text = CONFIG.replace("[prober]", '[prober]\nmetrics_key = "metrics-0123456789"')
    async with scene(tmp_path, text=text) as it:
        assert (await it.public.get("/sd/prometheus")).status_code == 401
        found = await listed(it, "metrics-0123456789")
        assert {one["labels"]["site"] for one in found} == {"main", "second"}
        assert found[0]["labels"]["instance"] == "127.0.0.1:9#shop"
        assert {one["labels"]["site"] for one in await listed(it, ACME)} == {"main"}
