"""What an operator asks for is read strictly and checked before anything changes."""

import json
from pathlib import Path

import pytest

from prober.core.model import IncidentStatus
from prober.store import Store
from statusapi.auth import Principal
from statusapi.decode import decoded
from statusapi.orders import AcknowledgeFields, OpenFields, Orders, PostFields
from statusapi.problems import Problem
from tests.statusapi.scene import ACME as KEY
from tests.statusapi.scene import MINUTE, Scene, scene

ADMIN, ACME, OTHER = Principal(None), Principal("acme"), Principal("other")


def test_text_is_kept_as_people_write_it_without_what_no_text_has() -> None:
    content = json.dumps({"body": " line\r\nänother\u202e\x01\x1b[31m\tx "}).encode()
    assert decoded(content, PostFields).body == "line\nänother[31m\tx"


def orders(it: Scene) -> Orders:
    return Orders(it.config, it.recorder, it.clock)


@pytest.mark.anyio
async def test_what_is_posted_is_on_the_disk_and_shown(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        done = await orders(it).post(ACME, 1, PostFields(body="A disk.", status="identified"))
        assert (done.status, done.taken, done.updates[-1].author) == (IncidentStatus.IDENTIFIED, True, "acme")
        assert it.views.pages["main"].incidents[0].updates[-1].body == "A disk."
        assert (await it.store.load()).incidents[1] == done


@pytest.mark.anyio
async def test_an_account_touches_its_own_only(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        for num, who in ((1, OTHER), (7, ADMIN)):
            with pytest.raises(Problem) as caught:
                await orders(it).post(who, num, PostFields(body="x"))
            assert caught.value.status == 404
        with pytest.raises(Problem, match="expected one of your sites"):
            await orders(it).open(OTHER, OpenFields(site="main", name="x", body="x"))
        with pytest.raises(Problem, match="expected components of the site"):
            await orders(it).open(ADMIN, OpenFields(site="main", name="x", body="x", components=["lone"]))


@pytest.mark.anyio
async def test_a_step_that_its_life_does_not_have_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        with pytest.raises(Problem, match="is investigating can't become postmortem"):
            await orders(it).post(ADMIN, 1, PostFields(body="x", status="postmortem"))
        assert len(it.recorder.shown.incidents[1].updates) == 1


@pytest.mark.anyio
async def test_an_acknowledgement_lasts_as_long_as_it_says(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.see("down down")
        done = await orders(it).acknowledge(ADMIN, 1, AcknowledgeFields.model_validate({"duration": "2h"}))
        assert (done.acknowledged_by, done.acknowledged_until_ms) == ("admin", it.now_ms + 120 * MINUTE)
        await it.see("up up")
        with pytest.raises(Problem, match="nothing to acknowledge"):
            await orders(it).acknowledge(ADMIN, 1, AcknowledgeFields())


@pytest.mark.anyio
async def test_while_nothing_can_be_written_the_order_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prober.errors import StoreError

    async def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    async with scene(tmp_path) as it:
        await it.see("down down")
        monkeypatch.setattr(Store, "write", refuse)
        with pytest.raises(Problem, match="the disk is full") as caught:
            await orders(it).post(ADMIN, 1, PostFields(body="x"))
        assert caught.value.status == 503


@pytest.mark.anyio
async def test_what_is_over_and_shown_still_is_not_missing(tmp_path: Path) -> None:
    """Another incident of its cause has come, and the time of the work has passed."""
    native, up, board = {"Authorization": f"Bearer {KEY}"}, {"Auth": KEY}, {"Authorization": f"ApiKey acme:{KEY}"}
    async with scene(tmp_path) as it:
        await it.see("down down up up down down", "shop")
        first, path = 1, "/api/prober/v1/incidents/1"
        work = {"site": "main", "name": "Move", "duration": "1m", "components": ["shop"]}
        made = (await it.public.post("/api/prober/v1/maintenances", headers=native, json=work)).json()["id"]
        await it.wait(5 * MINUTE)
        assert (await it.public.get(path, headers=native)).status_code == 200
        answer = await it.public.post(f"{path}/updates", headers=native, json={"body": "More."})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ended")
        assert (await it.up.put(f"/maintenance/{made}", headers=up, json={"duration": 9})).status_code == 409
        for one in (f"/api/v1/event/list/{first}/", f"/api/v1/event/list/{made.partition('@')[2]}/"):
            fields = {"impact": "Nobody could buy."}
            assert (await it.public.put(one, headers=board, json=fields)).json()["impact"] == fields["impact"]
            assert (await it.public.delete(one, headers=board)).status_code == 204
            assert (await it.public.get(one, headers=board)).status_code == 404
