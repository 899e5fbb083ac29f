"""A request that is sent again does nothing twice; one about what has changed meanwhile does nothing at all."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio

MOVE = {"site": "main", "name": "Move", "body": "We move."}


async def post(it: Scene, path: str, fields: Any, by: str = ACME, **headers: str) -> httpx.Response:
    told = {"Authorization": f"Bearer {by}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await it.public.post(f"/api/prober/v1/incidents{path}", headers=told, json=fields)


async def test_the_same_request_is_carried_out_once_even_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        first = await post(it, "", MOVE, Idempotency_Key="k1")
        assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    async with scene(tmp_path) as it:
        again = await post(it, "", MOVE, Idempotency_Key="k1")
        assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
        assert len(it.recorder.shown.incidents) == 1
        other = await post(it, "", MOVE | {"name": "Other"}, Idempotency_Key="k1")
        assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency")
        assert (await post(it, "", MOVE, Idempotency_Key="k2")).json()["num"] == 2
        assert (await post(it, "", MOVE, ADMIN, Idempotency_Key="k1")).json()["num"] == 3  # his own
        assert (await post(it, "", MOVE, Idempotency_Key="")).status_code == 400
        assert (await post(it, "", MOVE, Idempotency_Key="k" * 256)).status_code == 400


async def test_what_was_refused_may_be_asked_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert (await post(it, "", {}, Idempotency_Key="k1")).status_code == 400
        assert (await post(it, "", MOVE, Idempotency_Key="k1")).status_code == 201


async def test_an_incident_that_has_changed_meanwhile_is_not_touched(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await post(it, "", MOVE)
        seen = (await it.public.get("/api/prober/v1/incidents/1", headers={"Authorization": f"Bearer {ACME}"})).headers[
            "etag"
        ]
        first = await post(it, "/1/updates", {"body": "So far."}, If_Match=seen)
        assert (first.status_code, first.headers["etag"] == seen) == (201, False)
        late = await post(it, "/1/updates", {"body": "Too late."}, If_Match=seen)
        assert (late.status_code, late.json()["error"]["code"]) == (412, "changed")
        assert (await post(it, "/1/acknowledge", {}, If_Match=seen)).status_code == 412
        assert (await post(it, "/1/updates", {"body": "Next."}, If_Match=first.headers["etag"])).status_code == 201
        assert (await post(it, "/1/updates", {"body": "Whatever."}, If_Match="*")).status_code == 201


@pytest.mark.parametrize(
    ("listener", "method", "path", "headers", "fields"),
    [
        ("up", "PUT", "/incidents/acme", {"Auth": ACME}, {"name": "Slow", "component": "shop"}),
        ("up", "PUT", "/maintenance/acme", {"Auth": ACME}, {"name": "Move", "duration": 5, "components": ["shop"]}),
        (
            "public",
            "POST",
            "/api/v1/event/list/",
            {"Authorization": f"ApiKey acme:{ACME}"},
            {"description": "Slow", "start": "2023-11-14T22:00:00", "type": "/api/v1/type/1/"},
        ),
    ],
    ids=["incident", "maintenance", "event"],
)
async def test_every_dialect_does_what_is_asked_twice_once(
    tmp_path: Path, listener: str, method: str, path: str, headers: dict[str, str], fields: dict[str, Any]
) -> None:
    async with scene(tmp_path) as it:
        client = it.up if listener == "up" else it.public
        headers = {**headers, "Idempotency-Key": "once"}
        first, second = [await client.request(method, path, headers=headers, json=fields) for _ in range(2)]
        assert first.status_code in (200, 201)
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers.get("location") == first.headers.get("location")
        assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
        shown = it.recorder.shown
        assert len(shown.incidents) + len(shown.maintenances) == 1
        other = await client.request(method, path, headers=headers, json={**fields, "name": "Other", "severity": None})
        assert other.status_code == 422


def files_with(folder: Path, content: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and content in path.read_bytes()]


async def test_a_key_that_is_told_once_is_not_kept_to_be_told_again(tmp_path: Path) -> None:
    bearer = {"Authorization": f"Bearer {ADMIN}", "Idempotency-Key": "once"}
    async with scene(tmp_path) as it:
        headers = {"Auth": ADMIN, "Idempotency-Key": "once"}
        fields = {"name": "New", "key": ""}
        first, again = [await it.up.put("/accounts/new", headers=headers, json=fields) for _ in range(2)]
        key = first.json()[0]["result"]["key"]
        assert (len(key), again.status_code, again.json()[0]["result"]["key"]) == (40, 200, [])
        assert (await it.up.get("/sites", headers={"Auth": key})).status_code == 200  # the second made no other one
        made, repeated = [
            await it.public.post("/api/prober/v1/keys", headers=bearer, json={"name": "bot", "account": "acme"})
            for _ in range(2)
        ]
        assert (repeated.status_code, repeated.json()) == (201, made.json() | {"key": None})
        assert len(await it.store.keys.all()) == 2
    for secret in (key, made.json()["key"]):
        assert files_with(tmp_path, secret.encode()) == []


async def test_a_pin_is_set_and_taken_off_only_if_the_component_is_what_was_read(tmp_path: Path) -> None:
    key, path = {"Authorization": f"Bearer {ACME}"}, "/api/prober/v1/components/shop"
    async with scene(tmp_path) as it:
        await it.see("up")
        read = await it.public.get(path, headers=key)
        matched = key | {"If-Match": read.headers["etag"]}
        assert (await it.public.get(path, headers=key | {"If-None-Match": read.headers["etag"]})).status_code == 304
        pinned = await it.public.post(f"{path}/pin", headers=matched, json={"status": "major"})
        assert (pinned.status_code, pinned.json()["pin"]["status"]) == (200, "major")
        for method, fields in (("POST", {"json": {"status": "degraded"}}), ("DELETE", {})):
            answer = await it.public.request(method, f"{path}/pin", headers=matched, **fields)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["error"]["code"]) == (412, "changed")
        matched["If-Match"] = pinned.headers["etag"]
        assert (await it.public.get(path, headers=key)).headers["etag"] == pinned.headers["etag"]
        assert (await it.public.delete(f"{path}/pin", headers=matched)).json()["pin"] is None


async def test_whatever_is_posted_again_is_done_once(tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {ACME}", "Idempotency-Key": "once"}
    async with scene(tmp_path) as it:
        await it.see("up")
        said = [await it.public.post("/api/prober/v1/checks/shop/probe", headers=headers) for _ in range(2)]
        assert [one.status_code for one in said] == [202, 202]
        assert it.looked == ["shop"]
