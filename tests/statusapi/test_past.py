"""What the store knows and no view: checks, raw answers, notices, and what was shown at a moment."""

from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.scene import ACME, CONFIG, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

MORE = """
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/"
[subscriptions.ops]
channel = "hook"
"""


async def ask(it: Scene, path: str, key: str = ACME, status: int = 200) -> Any:
    answer = await it.public.get(f"/api/prober/v1/{path}", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_checks_and_their_answers_are_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up down down")
        assert [one["id"] for one in (await ask(it, "checks"))["checks"]] == ["shop", "blog", "mail"]
        said = await ask(it, "checks/shop")
        assert (said["verdict"], said["kind"], said["latest"]["outcome"]) == ("down", "tcp", "down")
        assert said["since"] == "2023-11-14T22:13:22.000Z"
        found = (await ask(it, "checks/shop/observations?limit=2"))["observations"]
        assert [(one["outcome"], one["started"]) for one in found] == [
            ("down", "2023-11-14T22:13:23.000Z"),
            ("down", "2023-11-14T22:13:22.000Z"),
        ]
        found = (await ask(it, "checks/shop/observations?at=2023-11-14T22:13:21Z"))["observations"]
        assert [one["outcome"] for one in found] == ["up"]
        for limit in ("0", "1001", "x", "-1"):
            await ask(it, f"checks/shop/observations?limit={limit}", status=400)
        await ask(it, "checks/lone", status=404)


async def test_status_is_told_as_it_was_at_a_moment(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("up up")
        before = "2023-11-14T22:13:22Z"
        await it.wait(MINUTE)
        await it.see("down down")
        it.now_ms += 1000

        async def shop(path: str) -> str:
            found = (await ask(it, path))["components"]
            assert {one["component"] for one in found} == {"shop", "blog", "mail"}
            return str(next(one["status"] for one in found if one["component"] == "shop"))

        assert (await shop("status"), await shop(f"status?at={before}")) == ("major", "operational")
        assert await shop("status?at=2000-01-01T00:00:00Z") == "unknown"


OTHER = "other-key-0123456789"


async def test_incidents_are_told_as_they_stood_at_a_moment(tmp_path: Path) -> None:
    text = CONFIG.replace('name = "Other"', f'name = "Other"\nkey = "{OTHER}"')
    async with scene(tmp_path, text=text) as it:
        await it.see("down down")
        opened = "2023-11-14T22:13:30Z"
        await it.wait(MINUTE)
        await it.see("up up")
        await it.wait(10 * MINUTE)
        (now,) = (await ask(it, "incidents"))["incidents"]
        assert now["status"] == "resolved"
        (then,) = (await ask(it, f"incidents?at={opened}&open=true"))["incidents"]
        assert (then["status"], then["resolved_at"], then["num"]) == ("investigating", None, now["num"])
        one = await ask(it, f"incidents/{now['num']}?at={opened}")
        assert [update["status"] for update in one["updates"]] == ["investigating"]
        assert (await ask(it, "incidents?at=2023-11-14T22:13:20Z"))["incidents"] == []
        assert (await ask(it, f"incidents?at={opened}", OTHER))["incidents"] == []
        await ask(it, f"incidents/{now['num']}?at={opened}", OTHER, 404)
        await ask(it, f"incidents/{now['num']}?at=2023-11-14T22:13:20Z", status=404)
        await ask(it, "incidents?at=2033-11-14T22:13:20Z", status=400)


async def test_a_check_is_probed_now_for_whom_it_concerns_and_not_too_often(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        headers = {"Authorization": f"Bearer {ACME}"}

        async def look(check: str) -> int:
            return (await it.public.post(f"/api/prober/v1/checks/{check}/probe", headers=headers)).status_code

        assert [await look(check) for check in ("shop", "lone", "none")] == [202, 404, 404]
        assert it.looked == ["shop"]
        assert [await look("shop") for _ in range(20)] == [202] * 19 + [429]
        assert await look("mail") == 202
