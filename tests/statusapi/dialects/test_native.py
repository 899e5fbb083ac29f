"""The native dialect: incidents, read and written."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.scene import ACME, ADMIN, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

BASE = "/api/prober/v1/incidents"
GOLDEN = Path(__file__).parent / "golden" / "native"


async def ask(it: Scene, method: str, path: str = "", key: str | None = ADMIN, **fields: Any) -> tuple[int, Any]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    answer = await it.public.request(method, BASE + path, headers=headers, json=fields if method == "POST" else None)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


async def test_answers_are_as_they_were(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down up up", "blog")
        await it.see("down down", "shop")
        await ask(it, "POST", "/2/updates", body="A disk.", status="identified")
        await ask(it, "POST", "/2/acknowledge", duration="30m")
        for name, path in (("list", ""), ("one", "/2")):
            _, said = await ask(it, "GET", path)
            assert is_golden(GOLDEN / f"{name}.json", json.dumps(said, indent=1) + "\n")


async def test_open_ones_are_listed_alone_when_asked_for(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down up up", "blog")
        await it.see("down down", "lone")
        _, said = await ask(it, "GET", "?open=true")
        assert [one["name"] for one in said["incidents"]] == ["Lone is down"]
        _, said = await ask(it, "GET", "?open=true", ACME)
        assert said["incidents"] == []


async def test_an_incident_is_opened_posted_to_and_resolved_by_hand(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, "POST", key=ACME, site="main", name="Move", body="We move.", components=["mail"])
        assert (status, said["status"], said["updates"][0]["author"]) == (201, "investigating", "acme")
        status, said = await ask(it, "POST", "/1/updates", ACME, body="Done.", status="resolved")
        assert (status, said["status"], said["resolved_at"] is not None) == (201, "resolved", True)
        status, said = await ask(it, "POST", "/1/updates", ACME, body="x", status="identified")
        assert (status, said["error"]["code"]) == (409, "step")
        assert "Move" in (await it.public.get("/")).text


@pytest.mark.parametrize("key", [None, "", "unknown-key-0123456789"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/1"), ("POST", "/1/updates"), ("POST", "/1/acknowledge")]
)
async def test_without_a_known_key_nothing_is_open(tmp_path: Path, method: str, path: str, key: str | None) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, method, path, key)
        assert (status, said["error"]["code"]) == (401, "authorization")


async def test_what_is_somebody_elses_looks_like_what_does_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down", "lone")
        for method, end in (("GET", ""), ("POST", "/updates"), ("POST", "/acknowledge")):
            fields = {"body": "x"} if end == "/updates" else {}
            theirs = await ask(it, method, f"/1{end}", ACME, **fields)
            assert theirs == await ask(it, method, f"/99{end}", ACME, **fields)
            assert theirs[0] == 404


@pytest.mark.parametrize("path", ["/x", "/-1", "/1e3", "/99999999999999999999", "/²"])
async def test_a_number_is_digits(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as it:
        assert (await ask(it, "GET", path))[0] == 404


async def test_errors_of_the_framework_have_its_shape(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await ask(it, "GET", "/1/none"))[1]["error"]["code"] == "not_found"
        answer = await it.public.put(f"{BASE}/1")
        assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method")


async def test_a_body_is_read_no_further_than_it_may_be(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        status, said = await ask(it, "POST", "/1/updates", body="x" * 100_000)
        assert (status, said["error"]["code"]) == (413, "too_large")


async def test_a_component_is_pinned_and_unpinned(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up", "shop")
        headers = {"Authorization": f"Bearer {ACME}"}
        base = "/api/prober/v1/components"
        answer = await it.public.post(f"{base}/shop/pin", headers=headers, json={"status": "major", "duration": "2h"})
        assert (answer.status_code, answer.json()["status"]) == (200, "major")
        assert (answer.json()["pin"]["by"], answer.json()["pin"]["until"] is not None) == ("acme", True)
        listed = (await it.public.get(base, headers=headers)).json()["components"]
        assert {one["component"]: one["pin"] is not None for one in listed}["shop"] is True
        _, said = await ask(it, "GET", "?open=true")
        assert [one["name"] for one in said["incidents"]] == ["Shop is down"]
        answer = await it.public.request("DELETE", f"{base}/shop/pin", headers=headers)
        assert (answer.status_code, answer.json()["status"], answer.json()["pin"]) == (200, "operational", None)
        for id_ in ("lone", "ghost"):
            answer = await it.public.post(f"{base}/{id_}/pin", headers=headers, json={"status": "major"})
            assert answer.status_code == 404


async def test_what_is_over_is_recorded_and_nobody_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        past = {"started_at": "2001-01-01T10:00:00Z", "resolved_at": "2001-01-01T11:00:00+00:00"}
        status, said = await ask(it, "POST", site="main", name="Old", body="It was.", **past)
        assert (status, said["status"], said["started_at"]) == (201, "resolved", "2001-01-01T10:00:00.000Z")
        assert await it.store.outbox.depths() == {}


@pytest.mark.parametrize(
    ("moments", "key"),
    [
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": "2001-01-01T10:00:00"}, "started_at"),
        ({"started_at": 5}, "started_at"),
        ({"started_at": "2999-01-01T10:00:00Z"}, "started_at"),
        ({"resolved_at": "2001-01-01T10:00:00Z"}, "resolved_at"),
        ({"started_at": "2001-01-01T10:00:00Z", "resolved_at": "2001-01-01T09:00:00Z"}, "resolved_at"),
    ],
)
async def test_a_moment_of_the_past_has_passed(tmp_path: Path, moments: dict[str, Any], key: str) -> None:
    async with scene(tmp_path) as it:
        status, said = await ask(it, "POST", site="main", name="Old", body="It was.", **moments)
        assert (status, said["error"]["message"].startswith(f"{key}: expected")) == (400, True)


@pytest.mark.parametrize("asked", ["incidents?opne=true", "incidents?open=yes", "checks?limit=1", "status?at=now"])
async def test_what_is_not_understood_is_not_answered_otherwise(tmp_path: Path, asked: str) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get(f"/api/prober/v1/{asked}", headers={"Authorization": f"Bearer {ADMIN}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "field")
