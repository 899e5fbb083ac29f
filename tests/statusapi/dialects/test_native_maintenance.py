"""The native dialect: planned work, read and written."""

from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

BASE = "/api/prober/v1/maintenances"
NIGHTLY = """
[maintenance.nightly]
site = "main"
components = ["blog"]
start = 2023-11-01T02:00:00
rrule = "FREQ=DAILY"
duration = "20m"
"""
MOVE: dict[str, Any] = {"site": "main", "name": "Move", "components": ["shop"], "duration": "2h"}


async def ask(it: Scene, method: str, path: str = "", key: str | None = ADMIN, **fields: Any) -> tuple[int, Any]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    answer = await it.public.request(method, BASE + path, headers=headers, json=fields if method == "POST" else None)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


async def test_work_is_scheduled_started_extended_and_ended_by_hand(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, "POST", key=ACME, start="2023-11-15T00:00:00+01:00", auto_start=False, **MOVE)
        assert (status, said["status"], said["start"]) == (201, "planning", "2023-11-14T23:00:00.000Z")
        assert (said["end"], said["declared_as"]) == ("2023-11-15T01:00:00.000Z", None)
        path = f"/{said['id']}"
        status, said = await ask(it, "POST", f"{path}/start", ACME, body="We begin.")
        assert (status, said["status"], said["updates"][-1]["author"]) == (200, "inprogress", "acme")
        assert it.recorder.shown.components["shop"].status == "maintenance"
        status, said = await ask(it, "POST", f"{path}/extend", ACME, duration="1h")
        assert (status, said["end"], said["planned_end"]) == (
            200,
            "2023-11-15T02:00:00.000Z",
            "2023-11-15T01:00:00.000Z",
        )
        assert (await ask(it, "POST", f"{path}/extend", ACME, until="2023-11-15T03:00:00Z"))[0] == 200
        status, said = await ask(it, "POST", f"{path}/end", ACME)
        assert (status, said["status"], said["ended_at"] is not None) == (200, "completed", True)
        assert [one["body"] for one in said["updates"]][1:] == [
            "We begin.",
            "The maintenance is extended until 2023-11-15 02:00 UTC.",
            "The maintenance is extended until 2023-11-15 03:00 UTC.",
            "The maintenance has been ended early.",
        ]
        assert (await ask(it, "GET", path))[1] == said
        status, said = await ask(it, "POST", f"{path}/end", ACME)
        assert (status, said["error"]["message"]) == (409, "A maintenance that is completed can't be ended.")


async def test_what_is_hidden_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        _, said = await ask(it, "POST", **MOVE)
        assert said["status"] == "inprogress"
        await it.see("down down", "shop")
        _, said = await ask(it, "GET", f"/{said['id']}")
        assert [(one["component"], one["status"], one["until"]) for one in said["hidden"]] == [("shop", "major", None)]


async def test_what_is_declared_is_listed_and_cancelled(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE + NIGHTLY) as it:
        listed = (await ask(it, "GET"))[1]["maintenances"]
        assert [one["declared_as"] for one in listed] == ["nightly", "nightly", "nightly", "upgrade"]
        status, said = await ask(it, "POST", "/upgrade/cancel", body="Not today.")
        assert (status, said["status"], said["updates"][-1]["body"]) == (200, "cancelled", "Not today.")
        status, said = await ask(it, "POST", "/upgrade/start")
        assert (status, said["error"]["code"]) == (409, "step")
        await it.wait(40 * MINUTE)
        assert (await ask(it, "GET", "/upgrade"))[1]["status"] == "cancelled"
        answer = await it.up.get("/maintenance/upgrade", headers={"Auth": ADMIN})
        assert answer.json()[0]["result"][0]["status"] == "COMPLETED"


async def test_one_that_ended_long_ago_is_still_read(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        for minutes in (30, 60, 600):
            await it.wait(minutes * MINUTE)
        assert "upgrade" not in it.recorder.shown.maintenances
        assert (await ask(it, "GET", "/upgrade"))[1]["status"] == "completed"


async def test_the_next_times_of_what_recurs_are_told_and_one_of_them_is_called_off(tmp_path: Path) -> None:
    async with scene(tmp_path, NIGHTLY) as it:
        _, said = await ask(it, "GET", "/nightly/next?count=6")
        starts = [one["start"] for one in said["maintenances"]]
        assert (len(starts), starts[0]) == (6, "2023-11-15T02:00:00.000Z")
        last = said["maintenances"][-1]
        assert (await ask(it, "GET", f"/{last['id']}"))[1]["start"] == last["start"]
        status, said = await ask(it, "POST", f"/{last['id']}/cancel")
        assert (status, said["status"]) == (200, "cancelled")
        _, said = await ask(it, "GET", "/nightly/next?count=6")
        assert [one["status"] for one in said["maintenances"]] == ["planning"] * 5 + ["cancelled"]
        for count in ("0", "x", "1001"):
            assert (await ask(it, "GET", f"/nightly/next?count={count}"))[0] == 400


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"site": "none"}, "site: expected one of your sites"),
        ({"components": ["lone"]}, "components: expected components of the site"),
        ({"end": "2023-11-15T00:00:00Z"}, "end: expected a moment, or a duration in its place"),
        ({"duration": None}, "end: expected a moment, or a duration in its place"),
        ({"start": "2023-11-14T22:13:19Z"}, "start: expected a moment to come, at most a year ahead"),
        ({"start": "2025-11-14T22:13:19Z"}, "start: expected a moment to come, at most a year ahead"),
        ({"start": "2023-11-15"}, "start: expected a date and time with its zone"),
        (
            {"start": "2024-11-13T00:00:00Z", "duration": "9d"},
            "end: expected a moment after the start, at most a year ahead",
        ),
        ({"duration": None, "end": "2023-11-14T22:13:20Z"}, "end: expected a moment after the start"),
        ({"auto_end": "when_green"}, "extend_up_to: expected a duration"),
        ({"extend_up_to": "1h"}, "extend_up_to: expected a duration"),
        ({"auto_end": "never"}, "auto_end"),
        ({"more": 1}, "more"),
    ],
)
async def test_what_can_not_be_planned_is_refused_in_one_sentence(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    async with scene(tmp_path) as it:
        status, found = await ask(it, "POST", **(MOVE | fields))
        assert (status, found["error"]["code"]) == (400, "field")
        assert said in found["error"]["message"]
        assert it.recorder.shown.maintenances == {}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"until": "2023-11-14T23:00:00Z"},
        {"until": "2026-01-01T00:00:00Z"},
        {"until": "2023-11-15T23:00:00Z", "duration": "1h"},
    ],
)
async def test_an_end_that_is_none_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        assert (await ask(it, "POST", "/upgrade/extend", **fields))[0] == 400


async def test_without_components_the_whole_site_is_worked_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        _, said = await ask(it, "POST", site="main", name="All", duration="1h")
        assert said["components"] == ["shop", "blog", "mail"]


@pytest.mark.parametrize("key", [None, "unknown-key-0123456789"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("GET", "/upgrade"), ("POST", "/upgrade/start"), ("GET", "/upgrade/next")],
)
async def test_without_a_known_key_nothing_is_open(tmp_path: Path, method: str, path: str, key: str | None) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        status, said = await ask(it, method, path, key)
        assert (status, said["error"]["code"]) == (401, "authorization")


async def test_what_is_somebody_elses_looks_like_what_does_not_exist(tmp_path: Path) -> None:
    theirs = MAINTENANCE.replace('"main"', '"second"').replace('"mail"', '"lone"')
    async with scene(tmp_path, theirs) as it:
        assert (await ask(it, "GET", key=ACME))[1] == {"maintenances": []}
        for method, end in (("GET", ""), ("GET", "/next"), *(("POST", f"/{e}") for e in ("start", "end", "cancel"))):
            found = await ask(it, method, f"/upgrade{end}", ACME)
            assert found == await ask(it, method, f"/ghost{end}", ACME)
            assert found[0] == 404
        assert (await ask(it, "POST", "/upgrade/extend", ACME, duration="1h"))[0] == 404


async def test_a_request_that_is_repeated_plans_nothing_twice(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        headers = {"Authorization": f"Bearer {ADMIN}", "Idempotency-Key": "one"}
        first, second = [await it.public.post(BASE, headers=headers, json=MOVE) for _ in range(2)]
        assert (first.status_code, second.status_code, second.text) == (201, 201, first.text)
        assert second.headers["idempotency-replayed"] == "true"
        assert len((await ask(it, "GET"))[1]["maintenances"]) == 1


async def test_it_is_on_the_disk(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        _, said = await ask(it, "POST", **MOVE)
        assert (await it.store.load()).maintenances[said["id"]] == it.recorder.shown.maintenances[said["id"]]


async def test_a_step_is_taken_only_if_it_is_what_was_read(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        key = {"Authorization": f"Bearer {ACME}"}
        fields = {"site": "main", "name": "Move", "components": ["shop"], "duration": "1h"}
        made = await it.public.post(BASE, headers=key, json=fields)
        path = f"{BASE}/{made.json()['id']}"
        read = await it.public.get(path, headers=key)
        assert read.headers["etag"] == made.headers["etag"]
        assert (await it.public.get(path, headers=key | {"If-None-Match": read.headers["etag"]})).status_code == 304
        matched = key | {"If-Match": read.headers["etag"]}
        it.now_ms += 1000
        extended = await it.public.post(f"{path}/extend", headers=matched, json={"duration": "1h"})
        assert extended.status_code == 200
        refused = await it.public.post(f"{path}/end", headers=matched, json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (412, "changed")
        matched = key | {"If-Match": extended.headers["etag"]}
        assert (await it.public.post(f"{path}/end", headers=matched, json={})).status_code == 200


async def test_what_is_planned_is_given_other_times_and_components(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        _, said = await ask(it, "POST", **MOVE, start="2023-11-15T00:00:00Z")
        path = f"/{said['id']}/move"
        fields: dict[str, Any] = {
            "start": "2023-11-15T01:00:00.000Z",
            "duration": "10m",
            "components": ["mail"],
            "auto_end": False,
        }
        status, after = await ask(it, "POST", path, **fields, body="Later.")
        assert (status, after.get("end")) == (200, "2023-11-15T01:10:00.000Z")
        assert after == after | {"start": fields["start"], "components": ["mail"], "auto_end": False}
        assert (len(after["updates"]), after["updates"][-1]["body"]) == (2, "Later.")
        assert (await ask(it, "POST", path, duration="10m")) == (200, after)  # nothing of it is another
        assert (await it.store.load()).maintenances[said["id"]].components == ("mail",)
        status, refused = await ask(it, "POST", "/upgrade/move", duration="10m")
        assert (status, refused["error"]["code"]) == (409, "declared")
        assert (await ask(it, "POST", path, key=ACME, components=["lone"]))[0] == 400
        refusals: list[dict[str, Any]] = [
            {"duration": "10m", "end": "2023-11-15T01:10:00Z"},
            {"duration": "400d"},
            {"components": []},
            {"end": "2023-11-15T01:00:00Z"},
            {"start": "2023-11-14T00:00:00Z"},
        ]
        for wrong in refusals:
            assert (await ask(it, "POST", path, **wrong))[0] == 400, wrong
