"""Why a component showed what it showed, from stored evidence."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.statusapi.dialects.test_statusdashboard_writing import made
from tests.statusapi.scene import ACME, ADMIN, CONFIG, MAINTENANCE, MINUTE, Scene, scene

pytestmark = pytest.mark.anyio

TOLD = """
[channels.ops]
kind = "webhook"
url = "http://127.0.0.1:9/"
[subscriptions.ops]
channel = "ops"
"""
RECURRING = """
[maintenance.nightly]
site = "main"
components = ["mail"]
start = 2023-11-01T02:00:00
rrule = "FREQ=DAILY"
duration = "20m"
"""


async def explained(it: Scene, component: str = "shop", query: str = "", key: str = ADMIN, status: int = 200) -> Any:
    path = f"/api/prober/v1/components/{component}/explain{query}"
    answer = await it.public.get(path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_whole_chain_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path, TOLD) as it:
        await it.see("up down down")
        await it.wait(MINUTE)
        said = await explained(it)
        assert said["shown"] == {
            "word": "major",
            "since": "2023-11-14T22:13:22.000Z",
            "rule": "from_checks",
            "detail": "shop",
        }
        (check,) = said["checks"]
        assert (check["verdict"]["word"], check["verdict"]["rule"]) == ("down", "failures_in_a_row")
        assert [answer["outcome"] for answer in check["answers"]] == ["down", "down", "up"]
        assert [one["outcome"] for one in check["evidence"]] == ["down", "up"]
        assert check["evidence"][0]["started"].startswith("2023-11-14T22:13:2")
        (incident,) = said["incidents"]
        assert (incident["num"], incident["resolved"]) == (1, None)
        assert [(n["reason"], n["subscription"], n["progress"]) for n in incident["notices"]] == [
            ("opened", "ops", "pending")
        ]


async def test_why_a_subscription_was_not_told_is_named_to_the_operator_alone(tmp_path: Path) -> None:
    night = """
[subscriptions.night]
channel = "ops"
hours = "Mo-Su 00:00-06:00"
[subscriptions.vital]
channel = "ops"
severity = ["high"]
"""
    async with scene(tmp_path, TOLD + night) as it:
        await it.see("up down down")
        await it.wait(MINUTE)
        (incident,) = (await explained(it))["incidents"]
        assert [(one["subscription"], one["told"], one["kept_by"]) for one in incident["routing"]] == [
            ("ops", True, None),
            ("night", False, "hours"),
            ("vital", False, "severity"),
        ]
        (incident,) = (await explained(it, key=ACME))["incidents"]
        assert incident["routing"] == []


@pytest.mark.parametrize(
    ("asked", "kept_by"), [({}, "notifications"), ({"notifications": {"webhook": {"enabled": True}}}, None)]
)
async def test_a_call_that_named_others_is_named(tmp_path: Path, asked: dict[str, Any], kept_by: str | None) -> None:
    async with scene(tmp_path, TOLD) as it:
        await made(it, event_service=[{"service": "/api/v1/service/1/"}], **asked)
        found = [one for id_ in ("shop", "blog", "mail") for one in (await explained(it, id_))["incidents"]]
        assert [one["routing"] for one in found] == [
            [{"subscription": "ops", "channel": "ops", "told": kept_by is None, "kept_by": kept_by}]
        ]
        (deed,) = await it.store.archive.deeds(9)
        assert deed.content["channels"] == (["ops"] if kept_by is None else [])


async def test_it_is_told_as_of_any_moment(tmp_path: Path) -> None:
    async with scene(tmp_path, TOLD) as it:
        await it.see("up down down")
        await it.wait(10 * MINUTE)
        await it.see("up up")
        await it.wait(MINUTE)
        before = await explained(it, query="?at=2023-11-14T22:13:21.5Z")
        within = await explained(it, query="?at=2023-11-14T23:20:00%2B01:00")
        assert (before["shown"]["word"], before["incidents"]) == ("operational", [])
        assert (within["shown"]["word"], within["incidents"][0]["resolved"]) == ("major", None)
        assert (await explained(it))["incidents"][0]["resolved"] is not None
        assert await explained(it, query="?at=2023-11-14T23:20:00%2B01:00") == within
        assert (await explained(it, query="?at=2023-11-14T22:13:20Z"))["shown"] is None


async def test_planned_work_of_that_moment_is_named(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        assert (await explained(it, "mail"))["maintenance"] == []
        await it.wait(40 * MINUTE)
        (work,) = (await explained(it, "mail"))["maintenance"]
        assert (work["name"], work["start"]) == ("Upgrade", "2023-11-14T22:43:20.000Z")


async def test_work_is_told_as_it_was_and_as_it_is_planned(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        later = "?at=2023-11-14T23:00:00Z"
        assert [work["id"] for work in (await explained(it, "mail", later))["maintenance"]] == ["upgrade"]
        await it.public.post("/api/prober/v1/maintenances/upgrade/start", headers=headers, json={})
        await it.wait(10 * MINUTE)
        await it.public.post("/api/prober/v1/maintenances/upgrade/end", headers=headers, json={})
        await it.wait(40 * MINUTE)
        assert (await explained(it, "mail", later))["maintenance"] == []
        (work,) = (await explained(it, "mail", "?at=2023-11-14T22:20:00Z"))["maintenance"]
        assert (work["start"], work["end"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T23:43:20.000Z")
        assert (await explained(it, "shop", "?at=2023-11-14T22:20:00Z"))["maintenance"] == []


async def test_an_incident_that_is_withheld_names_what_withholds_it(tmp_path: Path) -> None:
    text = CONFIG.replace('[components.shop]\nname = "Shop"', '[components.shop]\ndepends_on = ["blog"]\nname = "Shop"')
    async with scene(tmp_path, text=text) as it:
        await it.see("down down", "blog")
        await it.see("down down", "shop")
        await it.wait(MINUTE)
        said = await explained(it)
        assert said["shown"]["rule"] == "dependency_down"
        assert "depends on blog" in said["shown"]["detail"]
        assert said["incidents"] == []


async def test_what_is_somebody_elses_does_not_exist(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        theirs = await explained(it, "lone", key=ACME, status=404)
        assert theirs == await explained(it, "none", key=ACME, status=404)
        await explained(it, key="unknown-key-0123456789", status=401)


@pytest.mark.parametrize("at", ["yesterday", "2023-11-14T22:13:20", "", "9999999999"])
async def test_a_moment_has_its_zone(tmp_path: Path, at: str) -> None:
    async with scene(tmp_path) as it:
        said = await explained(it, query=f"?at={at}", status=400)
        assert said["error"]["message"].startswith("at: expected a date and time with its zone")


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B23:59", "5000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
)
async def test_a_moment_is_one_that_can_be_known(tmp_path: Path, at: str) -> None:
    async with scene(tmp_path, RECURRING) as it:
        said = await explained(it, "mail", query=f"?at={at}", status=400)
        assert said["error"]["message"] == "at: expected a moment from 1970 on that is at most a year ahead"


async def test_without_the_store_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prober.errors import StoreError

    async def refuse(*_: object) -> None:
        raise StoreError("the disk is gone")

    async with scene(tmp_path) as it:
        monkeypatch.setattr(it.store.archive, "about", refuse)
        said = await explained(it, status=503)
        assert "the disk is gone" in said["error"]["message"]


async def test_the_same_question_has_the_same_answer_whenever_it_is_asked(tmp_path: Path) -> None:
    async with scene(tmp_path, TOLD) as it:
        await it.see("up down down")
        then = datetime.fromtimestamp(it.now_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
        first = await explained(it, query=f"?at={then}")
        assert await explained(it, query=f"?at={then}") == first
        await it.wait(MINUTE)
        assert await explained(it, query=f"?at={then}") == first
    async with scene(tmp_path, TOLD) as it:  # and by another process
        it.now_ms += MINUTE
        assert await explained(it, query=f"?at={then}") == first
