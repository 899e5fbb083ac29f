"""The Statuspage documents, field by field. `RENEW_GOLDEN=1` writes the golden answers anew, to be reviewed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from prober.core.model import IncidentStatus, MaintenanceStatus, Status
from statusapi.dialects import statuspage
from tests.statusapi.scene import MAINTENANCE, MINUTE, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden" / "statuspage"
LATER = MAINTENANCE.replace("upgrade", "later").replace("23:43", "23:59").replace("22:43", "23:50")


async def eventful(it: Scene) -> None:
    """One incident over, one open, planned work under way and planned work to come."""
    await it.see("down down up up", "blog")
    await it.wait(31 * MINUTE)
    await it.see("down down", "shop")
    await it.see("up up", "blog")


def test_every_state_has_a_word() -> None:
    assert set(statuspage.COMPONENT) == set(Status)
    assert set(statuspage.INCIDENT) == set(IncidentStatus)
    assert set(statuspage.MAINTENANCE) == set(MaintenanceStatus)


@pytest.mark.parametrize("name", statuspage.DOCUMENTS)
async def test_documents_are_as_they_were(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path, MAINTENANCE + LATER) as it:
        await eventful(it)
        said = json.dumps(await it.json(f"/api/v2/{name}"), indent=1, ensure_ascii=False) + "\n"
        assert is_golden(GOLDEN / name.replace("/", "-"), said)


async def test_an_incident_can_be_read_alone(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await eventful(it)
        listed = (await it.json("/api/v2/incidents.json"))["incidents"]
        for incident in listed:
            assert await it.json(f"/incidents/{incident['id']}.json") == incident
        assert len(listed) == 2


async def test_a_site_is_found_by_host_and_by_id_and_else_the_first_answers(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        by_host = await it.json("/api/v2/status.json", Host="second.example:8443")
        by_id = await it.json("/s/second/api/v2/status.json")
        first = await it.json("/api/v2/status.json", Host="unknown.example")
        assert by_host == by_id
        assert (by_id["page"]["name"], first["page"]["name"]) == ("Second", "Acme <Status>")


def leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, key)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one, name)]
    return [(name, value)]


async def test_typed_clients_can_read_it(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await eventful(it)
        for name in statuspage.DOCUMENTS:
            for key, value in leaves(await it.json(f"/api/v2/{name}")):
                assert value != "", (name, key)
                if key.endswith(("_at", "_for", "_until")) and value is not None:
                    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), (name, key)
                if key.endswith("_id") or key == "id":
                    assert value is None or re.fullmatch("[a-z0-9]{12}", value), (name, key)


async def test_anyone_may_read_it_from_a_browser_and_keep_it_for_a_moment(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get("/api/v2/summary.json")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "public, max-age=10"
        tag = answer.headers["etag"]
        assert (await it.public.get("/api/v2/summary.json", headers={"If-None-Match": tag})).status_code == 304
        await it.see("down down")
        assert (await it.public.get("/api/v2/summary.json", headers={"If-None-Match": tag})).status_code == 200
        assert (await it.public.get("/api/v2/none.json")).headers["access-control-allow-origin"] == "*"


async def test_an_incident_has_one_address(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        slug = it.views.pages["main"].incidents[0].slug
        assert (await it.public.get(f"/incidents/{slug}.json")).status_code == 200
        assert (await it.public.get(f"/api/v2/incident:{slug}")).status_code == 404
