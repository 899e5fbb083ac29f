"""Who has subscribed, for whose the site is and for nobody else."""

from pathlib import Path

import pytest

from prober.store import exported
from statusapi.subscribers import A_MINUTE
from tests.statusapi.page.test_subscribe import ANN, READERS
from tests.statusapi.scene import ACME, ADMIN, Scene, scene

pytestmark = pytest.mark.anyio

PATH = "/api/prober/v1/subscribers"
TWO = READERS.replace('sites = ["main"]\n', "")


def by(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def listed(it: Scene, key: str, query: str = "") -> list[str]:
    answer = await it.public.get(f"{PATH}{query}", headers=by(key))
    assert answer.status_code == 200, answer.text
    return sorted(f"{one['address']} of {one['site']}" for one in answer.json()["subscribers"])


async def test_an_account_sees_and_removes_those_of_its_sites_alone(tmp_path: Path) -> None:
    async with scene(tmp_path, TWO) as it:
        for path in ("/subscribe", "/s/second/subscribe"):
            assert (await it.public.post(path, data={"address": ANN})).status_code == 202
        assert await listed(it, ADMIN) == [f"{ANN} of main", f"{ANN} of second"]
        assert await listed(it, ADMIN, "?site=second") == [f"{ANN} of second"]
        assert await listed(it, ACME) == [f"{ANN} of main"]
        ids = {one.site: one.id for one in await it.store.subscribers.all()}
        own, foreign = ids["main"], ids["second"]
        assert (await it.public.delete(f"{PATH}/{foreign}", headers=by(ACME))).status_code == 404
        assert (await it.public.delete(f"{PATH}/none", headers=by(ACME))).status_code == 404
        gone = await it.public.delete(f"{PATH}/{own}", headers=by(ACME))
        assert (gone.status_code, gone.json()["address"]) == (200, ANN)
        assert await listed(it, ADMIN) == [f"{ANN} of second"]


async def test_an_account_has_a_mailbox_of_its_sites_asked_which_still_confirms_by_itself(tmp_path: Path) -> None:
    async with scene(tmp_path, TWO) as it:
        fields = {"site": "main", "address": ANN}
        answer = await it.public.post(PATH, headers=by(ACME), json=fields)
        assert (answer.status_code, answer.json()) == (202, {"site": "main"})
        (one,) = await it.store.subscribers.all()
        assert one.confirmed_ms is None
        refused = {
            404: {"site": "second", "address": ANN},
            400: {"site": "main", "address": "nobody"},
        }
        for status, wrong in refused.items():
            assert (await it.public.post(PATH, headers=by(ACME), json=wrong)).status_code == status
        for _ in range(A_MINUTE[0]):
            last = await it.public.post(PATH, headers=by(ACME), json=fields)
        assert last.status_code == 429


async def test_an_address_is_kept_in_no_answer_for_who_asks_again(tmp_path: Path) -> None:
    async with scene(tmp_path, TWO) as it:
        fields = {"site": "main", "address": ANN}
        for _ in range(2):
            answer = await it.public.post(PATH, headers=by(ACME) | {"Idempotency-Key": "k"}, json=fields)
            assert answer.status_code == 202
        (one,) = await it.store.subscribers.all()
        await it.store.subscribers.leave(one.id)
    assert not any(ANN in line for line in exported(tmp_path))
