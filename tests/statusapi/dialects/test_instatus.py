"""The Instatus files, field by field. `RENEW_GOLDEN=1` writes the golden answers anew, to be reviewed."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from prober.core.model import Indicator, MaintenanceStatus
from statusapi.dialects import instatus
from tests.statusapi.scene import MAINTENANCE, MINUTE, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden" / "instatus"
LATER = MAINTENANCE.replace("upgrade", "later").replace("23:43", "23:59").replace("22:43", "23:50")


async def eventful(it: Scene) -> None:
    """One incident over, one open, planned work under way and planned work to come."""
    await it.see("down down up up", "blog")
    await it.wait(31 * MINUTE)
    await it.see("down down", "shop")
    await it.see("up up", "blog")


def test_every_state_has_a_word() -> None:
    assert set(instatus.PAGE) == set(Indicator)
    assert set(instatus.MAINTENANCE) == set(MaintenanceStatus)


def test_a_moment_is_written_as_javascript_prints_a_date() -> None:
    assert instatus.date_text(1_654_973_750_999) == "Sat Jun 11 2022 18:55:50 GMT+0000 (Coordinated Universal Time)"


@pytest.mark.parametrize("name", instatus.FILES)
async def test_files_are_as_they_were(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path, MAINTENANCE + LATER) as it:
        await eventful(it)
        said = json.dumps(await it.json(name), indent=1, ensure_ascii=False) + "\n"
        assert is_golden(GOLDEN / name.removeprefix("/").replace("/", "-"), said)


@pytest.mark.parametrize("name", ["/summary.json", "/v3/summary.json"])
async def test_a_calm_page_is_up_and_its_lists_are_empty(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path) as it:
        await it.see("up up")
        page = {"name": "Acme <Status>", "url": "https://status.example", "status": "UP"}
        assert await it.json(name) == {"page": page, "activeIncidents": [], "activeMaintenances": []}


async def test_planned_work_alone_is_no_issue(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.wait(31 * MINUTE)
        said = await it.json("/summary.json")
        assert said["page"]["status"] == "UNDERMAINTENANCE"
        assert [work["status"] for work in said["activeMaintenances"]] == ["INPROGRESS"]
        await it.wait(60 * MINUTE)
        said = await it.json("/summary.json")
        assert (said["page"]["status"], said["activeMaintenances"]) == ("UP", [])


async def test_trouble_is_told_with_its_component_and_with_the_group(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "shop")
        (incident,) = (await it.json("/v3/summary.json"))["activeIncidents"]
        web, mail = (await it.json("/v3/components.json"))["components"]
        shop, blog = web["children"]
        assert web["activeIncidents"] == shop["activeIncidents"] == [incident]
        assert blog["activeIncidents"] == mail["activeIncidents"] == []
        assert (shop["group"]["id"], mail["group"]) == (web["id"], None)


async def test_a_site_is_found_by_host_and_by_id(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for name in instatus.FILES:
            by_host = await it.json(name, Host="second.example:8443")
            assert by_host == await it.json(f"/s/second{name}") != await it.json(name)


async def test_anyone_may_read_it_from_a_browser_and_keep_it_for_a_moment(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for name in instatus.FILES:
            answer = await it.public.get(name)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cache-control"] == "public, max-age=10"
            again = await it.public.get(name, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


NOT_THERE = {"code": "not_found", "message": "There is nothing here."}
NOT_SO = {"code": "method", "message": "This method is not offered here."}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_writing_is_a_405_in_its_shape(tmp_path: Path, method: str) -> None:
    async with scene(tmp_path) as it:
        for prefix, name in product(("", "/s/main"), instatus.FILES):
            answer = await it.public.request(method, f"{prefix}{name}")
            assert (answer.status_code, answer.json()) == (405, {"error": NOT_SO})
            assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


MISSING = ["/v2/", "/v2/none.json", "/v3/none", "/v3/components.json/", "/s/main/v3/none"]


async def test_what_is_missing_is_a_404_in_its_shape(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        for path in (*MISSING, *(f"/s/none{name}" for name in instatus.FILES)):
            answer = await it.public.get(path)
            assert (answer.status_code, answer.json()) == (404, {"error": NOT_THERE})
            assert answer.headers["access-control-allow-origin"] == "*"


def leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, key)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one, name)]
    return [(name, value)]


async def test_words_and_moments_have_their_form_everywhere(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        for name in instatus.FILES:
            date = instatus.date_text(0)[-34:] if name == "/summary.json" else "Z"
            for key, value in leaves(await it.json(name)):
                if key in ("status", "impact"):
                    assert re.fullmatch("[A-Z]+", value), (name, key)
                if key in ("started", "start"):
                    assert value.endswith(date), (name, key)
                if key == "duration":
                    assert re.fullmatch("[0-9]+", value), name
