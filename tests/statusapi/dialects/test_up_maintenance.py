"""Planned work in the UP dialect: planned, led through its life, put back as it was read, and deleted."""

from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.dialects.test_up_writing import ask, put
from tests.statusapi.scene import ADMIN, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

START = "2023-11-14T22:43:20.000Z"  # in half an hour
PLANNED: dict[str, Any] = {
    "name": "Move",
    "components": ["shop"],
    "start": START,
    "duration": 60,
    "body": "To another rack.",
}


async def planned(it: Scene, **more: Any) -> dict[str, Any]:
    said = await put(it, "/maintenance/acme", **(PLANNED | more))
    result: dict[str, Any] = said["result"]
    assert (said["id"], said["type"]) == (result["id"], "maintenance")
    return result


async def test_work_is_planned_led_through_its_life_and_deleted(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await planned(it)
        assert said == said | PLANNED | {"status": "NOTSTARTEDYET", "account": "acme"}
        path = f"/maintenance/{said['id']}"
        assert (await ask(it, "GET", path))[1]["result"] == [said]
        assert "Move" in (await it.public.get("/")).text
        assert (await put(it, path, **said))["result"] == said  # what was read can be put back
        assert (await put(it, path, duration=90, body="It takes longer."))["result"]["duration"] == 90
        it.now_ms += MINUTE
        started = (await put(it, f"{path}/", status="INPROGRESS", body="We begin."))["result"]
        assert started["status"] == "INPROGRESS"
        assert [one["body"] for one in started["maintenance_updates"]][-2:] == ["It takes longer.", "We begin."]
        assert it.recorder.shown.components["shop"].status == "maintenance"
        it.now_ms += MINUTE
        assert (await put(it, path, status="COMPLETED"))["result"]["status"] == "COMPLETED"
        assert (await ask(it, "DELETE", path))[1] == {"id": said["id"], "spec": "del", "type": "maintenance"}
        assert (await ask(it, "GET", path))[0] == (await ask(it, "DELETE", path))[0] == 404
        assert "Move" not in (await it.public.get("/")).text


async def test_what_is_deleted_is_ended_first_and_stays_deleted(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        now = await planned(it, start=[], status="INPROGRESS")
        assert it.recorder.shown.components["shop"].status == "maintenance"
        for id_ in (now["id"], "upgrade"):
            assert (await ask(it, "DELETE", f"/maintenance/{id_}"))[0] == 200
        assert it.recorder.shown.components["shop"].status == "operational"
        assert {work.status for work in it.recorder.shown.maintenances.values()} == {"completed", "cancelled"}
    async with scene(tmp_path, MAINTENANCE) as it:
        assert (await ask(it, "GET", "/maintenance"))[1]["result"] == []
        assert (await it.public.get("/api/v2/scheduled-maintenances.json")).json()["scheduled_maintenances"] == []
        headers = {"Authorization": f"Bearer {ADMIN}"}
        assert (await it.public.get("/api/prober/v1/maintenances/upgrade", headers=headers)).status_code == 404


async def test_what_is_nested_in_a_site_is_planned_with_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        nested = {"name": "Move", "start": START, "duration": 5}
        said = (await put(it, "/sites/inner", name="Inner", maintenance=[nested]))["result"]
        (work,) = said["maintenance"]
        assert (work["name"], work["duration"]) == ("Move", 5)
        again = (await put(it, "/sites/inner", **said))["result"]
        assert again["maintenance"] == [work]


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"name": []}, 400, "name: expected a value"),
        ({"duration": None}, 400, "duration: expected a number of minutes"),
        ({"duration": 0}, 400, "duration: expected"),
        ({"duration": 10**9}, 400, "duration: expected"),
        ({"start": "soon"}, 400, "start: expected a date and time with its zone"),
        ({"start": "2023-11-14T20:00:00Z"}, 400, "start: expected a moment to come"),
        ({"status": "COMPLETED"}, 400, "status: expected NOTSTARTEDYET or INPROGRESS"),
        ({"status": "UP"}, 400, "status: expected one of NOTSTARTEDYET, INPROGRESS, COMPLETED"),
        ({"components": ["lone"]}, 400, "site: expected one of the account's sites"),
        ({"components": ["shop", "lone"]}, 400, "components: expected components of the site"),
        ({"site": "second"}, 400, "site: expected one of the account's sites"),
    ],
)
async def test_what_can_not_be_planned_is_told(tmp_path: Path, fields: dict[str, Any], status: int, text: str) -> None:
    async with scene(tmp_path) as it:
        if fields.get("components") == ["lone"]:
            await put(it, "/sites/inner", name="Inner")  # so that it is not the account's only site that is meant
        found = await ask(it, "PUT", "/maintenance/acme", **(PLANNED | fields))
        assert found[0] == status
        assert text in found[1]["text"]
        assert (await ask(it, "GET", "/maintenance"))[1]["result"] == []


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"start": "2023-11-14T20:00:00Z"}, 400, "start: expected a moment to come"),
        ({"start": "2026-11-14T20:00:00Z"}, 400, "start: expected a moment to come, at most a year ahead"),
        ({"duration": 527_040}, 400, "until: expected a later end than it has, which is to come within a year"),
        ({"components": ["lone"]}, 400, "components: expected components of the site"),
        (
            {"start": "2023-11-14T23:00:00Z", "status": "COMPLETED"},
            409,
            "A maintenance that is planning can't be ended.",
        ),
        ({"status": "COMPLETED"}, 409, "A maintenance that is planning can't be ended."),
        ({"body": "Only words."}, 400, "body: expected a status, other times or components with it"),
    ],
)
async def test_what_its_life_does_not_have_is_refused(
    tmp_path: Path, fields: dict[str, Any], status: int, text: str
) -> None:
    async with scene(tmp_path) as it:
        said = await planned(it)
        found = await ask(it, "PUT", f"/maintenance/{said['id']}", **fields)
        assert found[0] == status
        assert text in found[1]["text"]
        assert (await ask(it, "GET", f"/maintenance/{said['id']}"))[1]["result"] == [said]
        assert (await ask(it, "PUT", "/maintenance/none", status="INPROGRESS"))[0] == 404


async def test_what_is_planned_is_moved_made_shorter_and_given_other_components(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await planned(it)
        path = f"/maintenance/{said['id']}"
        moved: dict[str, Any] = {"start": "2023-11-14T22:33:20.000Z", "duration": 30, "components": ["blog", "mail"]}
        after = (await put(it, path, **moved))["result"]
        assert after == after | moved
        await it.wait(25 * MINUTE)
        shown = {id_: one.status.value for id_, one in it.recorder.shown.components.items()}
        assert (shown["blog"], shown["mail"], shown["shop"]) == ("maintenance", "maintenance", "operational")
        assert (await put(it, path, duration=26, body="Nearly done."))["result"]["duration"] == 26
        found = await ask(it, "PUT", path, components=["shop"])
        assert (found[0], "can't be moved like this" in found[1]["text"]) == (409, True)
        await it.wait(22 * MINUTE)
        assert (await ask(it, "GET", path))[1]["result"][0]["status"] == "COMPLETED"
        assert (await ask(it, "PUT", path, start="2023-11-15T22:50:00Z"))[0] == 409


async def test_what_the_configuration_declares_lasts_longer_but_is_moved_in_the_file(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        (said,) = (await ask(it, "GET", "/maintenance/upgrade"))[1]["result"]
        longer = (await put(it, "/maintenance/upgrade", duration=said["duration"] + 5))["result"]
        assert longer["duration"] == said["duration"] + 5
        for fields in ({"duration": said["duration"]}, {"components": ["shop"]}, {"start": "2023-11-15T22:50:00Z"}):
            found = await ask(it, "PUT", "/maintenance/upgrade", **fields)
            assert (found[0], "declared in the configuration file" in found[1]["text"]) == (409, True)


async def test_what_is_under_way_is_not_planned_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await planned(it, status="INPROGRESS")
        found = await ask(it, "PUT", f"/maintenance/{said['id']}", status="NOTSTARTEDYET")
        assert (found[0], "can't be planned again" in found[1]["text"]) == (409, True)


async def test_it_is_for_an_incident_of_the_account(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        first, second = [(await put(it, "/incidents/acme", name=name, component="shop"))["id"] for name in "ab"]
        said = await planned(it, incident=first)
        path = f"/maintenance/{said['id']}"
        assert said["incident"] == first
        assert (await put(it, path, **said))["result"] == said
        assert (await put(it, path, incident=second))["result"]["incident"] == second
        assert (await put(it, path, duration=70))["result"]["incident"] == second
        await it.see("down down", "lone")
        theirs = next(one.uid for one in it.recorder.shown.incidents.values() if one.site == "second")
        for id_ in (theirs, "none"):
            for place in (path, "/maintenance/acme"):
                status, told = await ask(it, "PUT", place, **(PLANNED | {"incident": id_}))
                assert (status, told["text"]) == (400, "incident: expected one of the account's incidents")
        assert (await ask(it, "PUT", "/maintenance/upgrade", incident=first))[0] == 409
