"""What became of notices and channels, by the native API."""

from pathlib import Path
from typing import Any

import pytest

from prober.store import Attempt, ChannelState
from tests.builders import T0
from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio

OPS = """
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/secret-path"
[subscriptions.ops]
channel = "hook"
"""


async def ask(it: Scene, method: str, path: str, key: str = ADMIN) -> tuple[int, Any]:
    answer = await it.public.request(method, f"/api/prober/v1{path}", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code, answer.json()


async def failed(it: Scene) -> str:
    """The id of a notice that was given up."""
    await it.see("down down")
    (one,) = await it.store.outbox.pending("hook", 9)
    await it.store.outbox.tried(Attempt(one.notice.id, 1, T0 + 5, 12, 400, "answered 400", None))
    return one.notice.id


async def test_what_was_given_up_is_listed_shown_and_sent_again(tmp_path: Path) -> None:
    async with scene(tmp_path, OPS) as it:
        id_ = await failed(it)
        _, said = await ask(it, "GET", "/notices?progress=failed")
        assert [(one["id"], one["reason"], one["stream"]) for one in said["notices"]] == [(id_, "opened", "incident:1")]
        _, said = await ask(it, "GET", f"/notices/{id_}")
        assert said["deliveries"] == [
            {"at": "2023-11-14T22:13:20.005Z", "took_ms": 12, "status": 400, "error": "answered 400"}
        ]
        status, said = await ask(it, "POST", f"/notices/{id_}/replay")
        assert (status, said["progress"], said["replayed"] is not None) == (200, "pending", True)
        status, said = await ask(it, "POST", f"/notices/{id_}/replay")
        assert (status, said["error"]["code"]) == (409, "pending")
        assert [one.notice.id for one in await it.store.outbox.pending("hook", 9)] == [id_]


async def test_an_account_sees_notices_of_its_sites_only(tmp_path: Path) -> None:
    async with scene(tmp_path, OPS) as it:
        id_ = await failed(it)
        await it.see("down down", "lone")
        _, said = await ask(it, "GET", "/notices", ACME)
        assert [one["id"] for one in said["notices"]] == [id_]
        _, said = await ask(it, "GET", "/notices")
        other = next(one["id"] for one in said["notices"] if one["site"] == "second")
        for method, path in (("GET", f"/notices/{other}"), ("POST", f"/notices/{other}/replay")):
            assert (await ask(it, method, path, ACME))[0] == 404


async def test_a_channel_tells_its_trouble_and_is_enabled(tmp_path: Path) -> None:
    async with scene(tmp_path, OPS) as it:
        await it.store.outbox.put_channel(ChannelState("hook", T0, T0 + 1000, "answered 410"))
        _, said = await ask(it, "GET", "/channels")
        assert said["channels"] == [
            {
                "id": "hook",
                "kind": "webhook",
                "target": "http://127.0.0.1:9/...",
                "owed": 0,
                "failed": 0,
                "failing": "2023-11-14T22:13:20.000Z",
                "disabled": "2023-11-14T22:13:21.000Z",
                "why": "answered 410",
            }
        ]
        status, said = await ask(it, "POST", "/channels/hook/enable")
        assert (status, said["disabled"], said["failing"]) == (200, None, None)


async def test_a_test_is_a_channels_drill_and_the_alert_path_tells_of_it(tmp_path: Path) -> None:
    async with scene(tmp_path, OPS) as it:
        status, notice = await ask(it, "POST", "/channels/hook/test")
        assert (status, notice["channel"], notice["stream"], notice["progress"]) == (
            201, "hook", "drill:hook", "pending",
        )  # fmt: skip
        await it.store.outbox.tried(Attempt(notice["id"], 1, T0 + 5, 12, 400, "answered 400", None))
        _, said = await ask(it, "GET", "/alert-path")
        (line,) = said["channels"]
        assert (said["component"], said["status"], said["drill_every_s"]) == ("@alerts", "operational", None)
        assert (line["id"], line["broken"], line["waiting"]) == ("hook", "has not passed its latest drill", None)
        assert (line["drill"]["notice"], line["drill"]["arrived"]) == (notice["id"], False)
        assert (await ask(it, "GET", "/notices?progress=failed"))[1]["notices"][0]["id"] == notice["id"]


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/notices?progress=lost", ADMIN, 400),
        ("GET", "/notices/msg_unknown", ADMIN, 404),
        ("POST", "/notices/msg_unknown/replay", ADMIN, 404),
        ("GET", "/channels", ACME, 403),
        ("POST", "/channels/hook/enable", ACME, 403),
        ("POST", "/channels/unknown/enable", ADMIN, 404),
        ("POST", "/channels/hook/test", ACME, 403),
        ("POST", "/channels/unknown/test", ADMIN, 404),
        ("GET", "/alert-path", ACME, 403),
        ("GET", "/notices", "unknown-key-0123456789", 401),
    ],
)
async def test_what_is_not_there_or_not_theirs_is_refused(
    tmp_path: Path, method: str, path: str, key: str, status: int
) -> None:
    async with scene(tmp_path, OPS) as it:
        assert (await ask(it, method, path, key))[0] == status
