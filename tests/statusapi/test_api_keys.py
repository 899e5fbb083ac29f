"""Keys are made, told once, rotated and revoked; what is kept is no key."""

from pathlib import Path
from typing import Any

import pytest

from statusapi.api_keys import MOST
from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio


async def ask(it: Scene, method: str, path: str = "", key: str = ADMIN, **fields: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    answer = await it.public.request(
        method, f"/api/prober/v1/keys{path}", headers=headers, json=fields if method == "POST" else None
    )
    return answer.status_code, answer.json()


def holds(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_a_key_is_told_once_opens_its_account_and_survives_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        status, made = await ask(it, "POST", name="bot", account="acme", scope="read")
        assert status == 201
        key = made["key"]
        assert len(key) == 40
        assert int(key, 16)
        _, said = await ask(it, "GET")
        assert [(one["id"], one["account"], one["scope"]) for one in said["keys"]] == [(made["id"], "acme", "read")]
        assert key not in str(said)
    assert not holds(tmp_path, key)
    async with scene(tmp_path) as it:
        assert [one["id"] for one in (await it.up.get("/sites", headers={"Auth": key})).json()[0]["result"]] == ["main"]
        _, said = await ask(it, "GET", key=ACME)
        assert said["keys"][0]["used_at"] == "2023-11-14T22:13:20.000Z"


async def test_a_key_is_good_for_its_scope(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        made = {scope: (await ask(it, "POST", name=scope, account="acme", scope=scope))[1]["key"] for scope in SCOPES}
        for scope, key in made.items():
            headers = {"Authorization": f"Bearer {key}"}
            read = await it.public.get("/api/prober/v1/incidents", headers=headers)
            fields = {"site": "main", "name": "n", "body": "b"}
            write = await it.public.post("/api/prober/v1/incidents", headers=headers, json=fields)
            assert (read.status_code, write.status_code, (await ask(it, "GET", key=key))[0]) == SCOPES[scope]


SCOPES = {"read": (200, 403, 403), "write": (200, 201, 403), "admin": (200, 201, 200)}


async def test_a_key_is_rotated_and_revoked(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        _, old = await ask(it, "POST", key=ACME, name="bot", expires_in="1h")
        assert (old["account"], old["expires_at"]) == ("acme", "2023-11-14T23:13:20.000Z")
        _, new = await ask(it, "POST", key=ACME, name="bot", instead_of=old["id"])
        known = [(await it.up.get("/sites", headers={"Auth": one["key"]})).status_code for one in (old, new)]
        assert known == [401, 200]
        for _ in range(2):
            status, gone = await ask(it, "DELETE", f"/{new['id']}", ACME)
            assert (status, gone["revoked_at"]) == (200, "2023-11-14T22:13:20.000Z")
        assert (await it.up.get("/sites", headers={"Auth": new["key"]})).status_code == 401


async def test_keys_of_others_look_as_if_they_did_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        _, theirs = await ask(it, "POST", name="bot", account="other")
        assert (await ask(it, "GET", key=ACME))[1] == {"keys": []}
        assert await ask(it, "DELETE", f"/{theirs['id']}", ACME) == await ask(it, "DELETE", "/none", ACME)
        said = await ask(it, "POST", key=ACME, name="bot", account="other")
        assert said == await ask(it, "POST", key=ACME, name="bot", account="none")
        assert said[0] == 400
        assert (await ask(it, "POST", key=ACME, name="b", instead_of=theirs["id"]))[0] == 404


async def test_an_account_has_so_many_live_keys(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        statuses = [(await ask(it, "POST", key=ACME, name="bot"))[0] for _ in range(MOST + 1)]
        assert statuses == [201] * MOST + [409]
