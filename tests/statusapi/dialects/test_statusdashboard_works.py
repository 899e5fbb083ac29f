"""Planned work in the StatusDashboard dialect: planned, led on, ended and deleted."""

from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.dialects.test_statusdashboard_writing import ask, made
from tests.statusapi.scene import MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

WORK: dict[str, Any] = {
    "type": "/api/v1/type/2/",
    "status": "/api/v1/status/1/",
    "description": "Move to another rack\nIt takes an hour.",
    "start": "2023-11-14T22:43:20",
    "end": "2023-11-14T23:43:20",
    "auto": True,
    "event_service": [{"service": "/api/v1/service/1/"}],
}


async def words(it: Scene, num: int) -> tuple[str, int]:
    """Where it stands, and how many updates there are."""
    said = (await ask(it, "GET", f"event/list/{num}/")).json()
    return said["status"]["status"], len(said["event_update"])


async def test_work_is_planned_led_on_and_deleted(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **WORK, impact="Nobody can buy.", coordinator="Ada")
        assert said["status"] == {"resource_uri": "/api/v1/status/1/", "status": "planning"}
        assert {key: said[key] for key in ("auto", "description", "start", "end", "impact", "coordinator")} == {
            "auto": True,
            "description": WORK["description"],
            "start": WORK["start"],
            "end": WORK["end"],
            "impact": "Nobody can buy.",
            "coordinator": "Ada",
        }
        assert "Move to another rack" in (await it.public.get("/")).text
        num = int(said["resource_uri"].split("/")[-2])
        again = await ask(it, "PUT", f"event/list/{num}/", WORK)
        assert (again.status_code, again.json()) == (201, said)
        later = await ask(it, "PUT", f"event/list/{num}/", {"end": "2023-11-15T00:43:20", "coordinator": "Bob"})
        assert (later.json()["end"], later.json()["coordinator"]) == ("2023-11-15T00:43:20", "Bob")
        it.now_ms += MINUTE
        update = {"update": "We begin.", "status": "/api/v1/status/3/"}
        begun = (await ask(it, "PUT", f"event/list/{num}/", {"event_update": [update]})).json()
        assert (begun["status"]["status"], begun["event_update"][-1]["update"]) == ("inprogress", "We begin.")
        assert it.recorder.shown.components["shop"].status == "maintenance"
        assert (await ask(it, "PUT", f"event/list/{num}/", {"status": "/api/v1/status/4/"})).status_code == 201
        done = {"event": said["resource_uri"], "update": "Done.", "status": "/api/v1/status/6/"}
        answer = await ask(it, "POST", "event/update/", done)
        assert (answer.status_code, answer.json()["update"]) == (201, "Done.")
        assert (await words(it, num))[0] == "completed"
        assert (await ask(it, "DELETE", f"event/list/{num}/")).status_code == 204
        assert (await ask(it, "GET", f"event/list/{num}/")).status_code == 404
        assert "Move to another rack" not in (await it.public.get("/")).text


async def test_without_auto_it_waits_for_a_person(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **(WORK | {"auto": False}))
        num = int(said["resource_uri"].split("/")[-2])
        await it.wait(45 * MINUTE)
        assert (said["auto"], (await words(it, num))[0]) == (False, "planning")
        await ask(it, "PATCH", f"event/list/{num}/", {"status": "/api/v1/status/3/"})
        await it.wait(120 * MINUTE)
        assert (await words(it, num))[0] == "inprogress"
        assert (await ask(it, "DELETE", f"event/list/{num}/")).status_code == 204
        assert it.recorder.shown.components["shop"].status == "operational"


async def test_what_begins_now_has_begun(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **(WORK | {"status": "/api/v1/status/4/"}))
        assert said["status"]["status"] == "inprogress"
        said = await made(it, **(WORK | {"start": "2023-11-14T22:13:00"}))
        assert said["status"]["status"] == "inprogress"


async def test_what_the_configuration_declares_is_led_on_as_well(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        (event,) = (await ask(it, "GET", "event/list/?type=2")).json()["objects"]
        path = event["resource_uri"].removeprefix("/api/v1/")
        assert (await ask(it, "PUT", path, {"status": "/api/v1/status/3/"})).json()["status"]["status"] == "inprogress"
        assert (await ask(it, "DELETE", path)).status_code == 204
        assert (await ask(it, "GET", path)).status_code == 404


LATER = "2023-11-15T22:43:20"
NEW = [
    ({"auto_mins": 1441}, "auto_mins", "expected less than or equal to 1440"),
    ({"auto_start": 1}, "auto_start", "expected a valid boolean"),
    ({"description": None}, "description", "This field is required."),
    ({"start": None}, "start", "This field is required."),
    ({"end": None}, "end", "This field is required."),
    ({"start": "2023-11-14T22:00:00"}, "start", "Planned work may not start in the past."),
    ({"end": WORK["start"]}, "end", "Planned work ends after it starts, and not in the past."),
    ({"status": "/api/v1/status/5/"}, "status", "Planned work can't begin as 'verifying'."),
    ({"status": "/api/v1/status/2/"}, "status", "Planned work can't begin as 'investigating'."),
    (
        {"event_update": [{"update": "Soon."}]},
        "event_update",
        "An update of planned work has a text, and the status that it leads to.",
    ),
    (
        {"event_update": [{"update": "Soon.", "status": "/api/v1/status/7/"}]},
        "event_update",
        "Planned work can't be 'resolved'.",
    ),
]
CHANGED = [
    ({"auto_mins": 5}, "auto_mins", "The reminder of planned work is set when it is made."),
    ({"type": "/api/v1/type/1/"}, "type", "The type of an event can't change."),
    ({"start": LATER}, "end", "Planned work ends after it starts, and not in the past."),
    ({"end": WORK["start"]}, "end", "Planned work ends after it starts, and not in the past."),
    ({"start": "2023-11-14T22:00:00"}, "start", "Planned work may not start in the past."),
    ({"start": 1_700_000_000}, "start", "expected a date and time in UTC such as 2015-09-21T09:00:00"),
    ({"status": "/api/v1/status/5/"}, "status", "Planned work that is 'planning' can't be 'verifying'."),
]


@pytest.mark.parametrize(("fields", "field", "text"), NEW, ids=range(len(NEW)))
async def test_what_can_not_be_planned_is_told(tmp_path: Path, fields: dict[str, Any], field: str, text: str) -> None:
    async with scene(tmp_path) as it:
        answer = await ask(it, "POST", "event/list/", WORK | fields)
        assert (answer.status_code, answer.json()) == (400, {"event/list": {field: [text]}})
        assert it.recorder.shown.maintenances == {}


@pytest.mark.parametrize(("fields", "field", "text"), CHANGED, ids=range(len(CHANGED)))
async def test_what_its_life_does_not_have_is_refused(
    tmp_path: Path, fields: dict[str, Any], field: str, text: str
) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **WORK)
        path = said["resource_uri"].removeprefix("/api/v1/")
        answer = await ask(it, "PUT", path, fields)
        assert (answer.status_code, answer.json()) == (400, {"event/list": {field: [text]}})
        assert (await ask(it, "GET", path)).json() == said
        answer = await ask(it, "PUT", path, {"status": "/api/v1/status/6/"})
        assert answer.json() == {"error": "A maintenance that is planning can't be ended."}


async def test_it_is_moved_made_shorter_and_given_more_services(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **WORK)
        path = said["resource_uri"].removeprefix("/api/v1/")
        moved = {"start": "2023-11-14T22:33:20", "end": "2023-11-14T23:00:00"}
        more = [{"service": "/api/v1/service/2/"}]
        after = (await ask(it, "PUT", path, moved | {"event_service": more, "auto": False})).json()
        assert {key: after[key] for key in ("start", "end", "auto")} == moved | {"auto": False}
        assert [one["service"]["service_name"] for one in after["event_service"]] == ["Shop", "Blog"]
        await it.wait(25 * MINUTE)
        assert (await ask(it, "GET", path)).json()["status"]["status"] == "planning"
        begun = await ask(it, "PUT", path, {"auto": True, "end": "2023-11-14T22:50:00"})
        assert (begun.json()["status"]["status"], begun.json()["end"]) == ("inprogress", "2023-11-14T22:50:00")
        refused = await ask(it, "DELETE", after["event_service"][0]["resource_uri"].removeprefix("/api/v1/"))
        assert refused.status_code == 409
        await it.wait(20 * MINUTE)
        assert (await ask(it, "GET", path)).json()["status"]["status"] == "completed"


async def test_services_and_updates_are_taken_from_what_is_planned(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        services = [{"service": f"/api/v1/service/{num}/"} for num in (1, 2)]
        said = await made(it, **(WORK | {"event_service": services}))
        first, second = (one["resource_uri"].removeprefix("/api/v1/") for one in said["event_service"])
        assert [(await ask(it, "DELETE", path)).status_code for path in (first, first, second)] == [204, 404, 409]
        path = said["resource_uri"].removeprefix("/api/v1/")
        update = {"update": "We begin.", "status": "/api/v1/status/3/"}
        begun = (await ask(it, "PUT", path, {"event_update": [update]})).json()
        assert [one["service"]["service_name"] for one in begun["event_service"]] == ["Blog"]
        *before, told = begun["event_update"]
        uri = told["resource_uri"].removeprefix("/api/v1/")
        assert "We begin." in (await it.public.get("/history.atom")).text
        assert [(await ask(it, "DELETE", uri)).status_code for _ in range(2)] == [204, 404]
        assert (await ask(it, "GET", path)).json()["event_update"] == before
        assert "We begin." not in (await it.public.get("/history.atom")).text


async def test_what_is_hidden_is_told_to_those_who_have_a_key_only(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **WORK, hidden_db=True)
        assert said["hidden_db"] is True
        path = said["resource_uri"].removeprefix("/api/v1/")
        await it.wait(MINUTE)
        then = it.now_ms
        public = ("/", "/api/v2/summary.json", "/v3/summary.json", "/history.atom", "/maintenance.ics", "/history")
        for place in (*public, "/?at=2023-11-14T22:14:20Z"):
            assert "another rack" not in (await it.public.get(place)).text, place
        assert then == it.now_ms
        assert (await ask(it, "GET", path)).json() == said
        assert (await ask(it, "PUT", path, {"hidden_db": False})).status_code == 201
        assert "another rack" in (await it.public.get("/")).text
        assert (await ask(it, "DELETE", path)).status_code == 204


async def test_what_is_declared_is_moved_in_the_file(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        (event,) = (await ask(it, "GET", "event/list/?type=2")).json()["objects"]
        path = event["resource_uri"].removeprefix("/api/v1/")
        for fields in ({"start": "2023-11-14T22:50:00"}, {"auto": False}, {"event_service": WORK["event_service"]}):
            answer = await ask(it, "PUT", path, fields)
            assert (answer.status_code, "declared in the configuration file" in answer.json()["error"]) == (409, True)
        assert (await ask(it, "PUT", path, {"hidden_db": True})).status_code == 409
        update = event["event_update"][0]["resource_uri"].removeprefix("/api/v1/")
        assert (await ask(it, "GET", update)).json() == event["event_update"][0]
        assert (await ask(it, "DELETE", update)).status_code == 409
        assert (await ask(it, "GET", path)).json() == event


async def test_it_may_start_by_the_clock_and_end_by_hand_and_is_told_once_more_before(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = await made(it, **(WORK | {"auto": False, "auto_start": True, "auto_mins": 10}))
        path = said["resource_uri"].removeprefix("/api/v1/")
        (work,) = it.recorder.shown.maintenances.values()
        assert (said["auto"], work.auto_start, work.auto_end, work.remind_before_ms) == (
            False,
            True,
            "by_hand",
            10 * MINUTE,
        )
        assert (await ask(it, "PUT", path, {"auto_mins": 10, "auto_end": True})).json()["auto"] is True
        await it.wait(21 * MINUTE)
        assert it.recorder.shown.maintenances[work.id].is_reminded
        await it.wait(100 * MINUTE)
        assert (await ask(it, "GET", path)).json()["status"]["status"] == "completed"
