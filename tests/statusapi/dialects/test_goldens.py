"""An answer of every operation of the native dialect and of UP, as it was. `RENEW_GOLDEN=1` writes them anew."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from statusapi.dialects.native_openapi import OPERATIONS, PREFIX, document
from statusapi.dialects.up import RESOURCES
from tests.statusapi.scene import ACME, ADMIN, MAINTENANCE, MINUTE, Scene, is_golden, scene

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden"
RANDOM = re.compile(r'"(id|key|instead_of)": ("[0-9a-f]{12}"|"(?!0000)[0-9a-f]{20}"|"[0-9a-f]{40}")')
HOOK = """
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/"
[subscriptions.ops]
channel = "hook"
[channels.readers]
kind = "email"
host = "127.0.0.1"
sender = "status@acme.example"
subscribers = true
[subscriptions.readers]
channel = "readers"
[alerts.all]
component = "mail"
match = { alertname = "*" }
"""
ALERT = {"status": "firing", "labels": {"alertname": "Full"}, "startsAt": "2023-11-14T22:00:00Z", "fingerprint": "f1"}
# What each operation that writes is asked with; those that take nothing have {}.
FIELDS: dict[str, Any] = {
    "post /alertmanager": {"version": "4", "alerts": [ALERT]},
    "post /components/{id}/pin": {"status": "degraded", "duration": "1h"},
    "post /incidents": {"site": "main", "name": "Slow", "body": "We look.", "components": ["shop"]},
    "post /incidents/{num}/updates": {"body": "A disk.", "status": "identified"},
    "post /incidents/{num}/acknowledge": {"duration": "2h"},
    "post /maintenances": {"site": "main", "name": "Move", "duration": "1h", "components": ["blog"]},
    "post /maintenances/{id}/extend": {"duration": "1h"},
    "post /maintenances/{id}/move": {"duration": "30m", "components": ["blog", "mail"]},
    "post /maintenances/{id}/end": {"body": "Done."},
    "post /subscribers": {"site": "main", "address": "bob@mail.example"},
    "post /keys": {"name": "bot", "account": "acme", "scope": "read"},
}


async def eventful(it: Scene) -> dict[str, str]:
    """Something of everything; ids by the first word of a path."""
    await it.see("up down down")
    await it.store.rollups.roll(100)
    it.now_ms += MINUTE
    (incident,) = it.recorder.shown.incidents.values()
    headers = {"Authorization": f"Bearer {ADMIN}"}
    work = await it.public.post(f"{PREFIX}/maintenances", headers=headers, json=FIELDS["post /maintenances"])
    key = await it.public.post(f"{PREFIX}/keys", headers=headers, json=FIELDS["post /keys"])
    notice, *_ = await it.store.outbox.pending("hook", 9)
    await it.store.subscribers.ask("main", "ann@mail.example", it.now_ms)
    (reader,) = await it.store.subscribers.all()
    it.now_ms += MINUTE
    return {
        "checks": "shop", "components": "shop", "incidents": str(incident.num), "channels": "hook",
        "notices": notice.notice.id, "maintenances": work.json()["id"], "keys": key.json()["id"],
        "subscribers": reader.id,
    }  # fmt: skip


def pretty(answer: httpx.Response) -> str:
    said = json.dumps(answer.json(), indent=1, ensure_ascii=False) + "\n"
    return RANDOM.sub(r'"\1": "RANDOM"', said)


def named(*words: str) -> str:
    return "-".join(re.sub(r"[{}]", "", word).strip("/").replace("/", "-") for word in words)


DESCRIBED = [one for one in OPERATIONS if one.path not in ("/", "/openapi.json", "/stream")]


async def request_of(it: Scene, operation: Any, **headers: str) -> httpx.Request:
    """One operation, of something that there is."""
    ids = await eventful(it)
    id_ = ids.get(operation.path.split("/")[1], "")
    declared = ("/next", "/start", "/cancel")  # of what is to come
    path = operation.path.replace("{num}", id_).replace("{id}", "upgrade" if operation.path.endswith(declared) else id_)
    if operation.path.endswith("/replay"):
        await it.wait(3 * 24 * 60 * MINUTE)
        await it.store.outbox.give_up("hook", it.now_ms)
    fields = FIELDS.get(f"{operation.method} {operation.path}", {}) if operation.method == "post" else None
    told = {"Authorization": f"Bearer {ADMIN}"} | headers
    return it.public.build_request(operation.method.upper(), PREFIX + path, headers=told, json=fields)


@pytest.mark.parametrize("operation", DESCRIBED, ids=lambda it: f"{it.method} {it.path}")
async def test_the_native_dialect_answers_as_it_did(tmp_path: Path, operation: Any) -> None:
    async with scene(tmp_path, MAINTENANCE + HOOK) as it:
        answer = await it.public.send(await request_of(it, operation))
        assert answer.status_code == operation.done, answer.text
        assert is_golden(GOLDEN / "native" / f"{named(operation.method, operation.path)}.json", pretty(answer))


KEYED = [
    f"{method} {path.removeprefix(PREFIX)}"
    for path, methods in document()["paths"].items()
    for method, described in methods.items()
    if any(one["name"] == "Idempotency-Key" for one in described["parameters"])
]


@pytest.mark.parametrize(
    "operation",
    [one for one in DESCRIBED if f"{one.method} {one.path}" in KEYED],
    ids=lambda it: f"{it.method} {it.path}",
)
async def test_what_is_said_to_be_done_once_is_done_once(tmp_path: Path, operation: Any) -> None:
    async with scene(tmp_path, MAINTENANCE + HOOK) as it:
        request = await request_of(it, operation, **{"Idempotency-Key": "once"})
        first, second = [await it.public.send(request) for _ in range(2)]
        assert (first.status_code, second.status_code) == (operation.done, operation.done), second.text
        assert second.headers["idempotency-replayed"] == "true"
        assert second.json() == first.json() | ({"key": None} if "key" in first.json() else {})


def test_all_that_is_posted_is_said_to_be_done_once_but_what_alertmanager_posts() -> None:
    posts = {f"{one.method} {one.path}" for one in DESCRIBED if one.method == "post"}
    assert set(KEYED) == posts - {"post /alertmanager"} | {"delete /components/{id}/pin"}


PUT: dict[str, dict[str, Any]] = {
    "accounts": {"name": "New"},
    "sites": {"name": "Inner", "components": [{"id": "db", "name": "Database"}]},
    "components": {"id": "api", "name": "API", "status": "OPERATIONAL"},
    "incidents": {"name": "Slow", "component": "shop", "body": "We look."},
    "maintenance": {"name": "Move", "components": ["shop"], "start": "2023-11-14T23:13:20Z", "duration": 60},
    "metrics": {"id": "load", "name": "Load", "suffix": "%", "data": [{"timestamp": 1_700_000_000_000, "value": 1.5}]},
    "subscriptions": {"id": "hook", "name": "Hook", "endpoint": "https://hooks.example/x", "components": ["shop"]},
}


@pytest.mark.parametrize("plural", [one.plural for one in RESOURCES])
async def test_up_answers_as_it_did(tmp_path: Path, plural: str) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.see("down down", "blog")
        headers = {"Auth": ADMIN if plural == "accounts" else ACME}
        place = "new" if plural in ("accounts", "sites") else "acme"
        said = {"put": await it.up.put(f"/{plural}/{place}", headers=headers, json=PUT[plural])}
        id_ = said["put"].json()[0]["id"]
        said["lst"] = await it.up.get(f"/{plural}", headers=headers)
        said["get"] = await it.up.get(f"/{plural}/{id_}", headers=headers)
        said["del"] = await it.up.delete(f"/{plural}/{id_}", headers=headers)
        said["none"] = await it.up.get(f"/{plural}/{id_}", headers=headers)
        for spec, answer in said.items():
            assert answer.status_code == (404 if spec == "none" else 200), (spec, answer.text)
            assert is_golden(GOLDEN / "up" / f"{plural}-{spec}.json", pretty(answer))


async def test_up_tells_what_there_is_as_it_did(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        said = re.sub(r'"prober": "[^"]*"', '"prober": "VERSION"', pretty(await it.up.get("/")))
        assert is_golden(GOLDEN / "up" / "meta.json", said)
