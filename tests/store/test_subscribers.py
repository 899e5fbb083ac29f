"""Readers who subscribe by mail: what is remembered of them, and for how long."""

from pathlib import Path

import pytest

from prober.store import Attempt, exported
from prober.store.subscribers import CONFIRMED_WITHIN_MS, DAY_MS, REFUSALS, UNCONFIRMED, UNCONFIRMED_OF_A_MAILBOX
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

SITES = ["main"]
ANN, BOB = "ann@mail.example", "bob@mail.example"


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir() if file.is_file()]


async def test_a_mailbox_is_asked_once_and_then_confirmed_and_gone_when_it_leaves(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        assert await them.ask("main", ANN, T0)
        (ann,) = await them.unasked(SITES, T0, 10)
        assert await them.unasked(["other"], T0, 10) == []
        assert (ann.site, ann.address, ann.confirmed_ms) == ("main", ANN, None)
        await them.was_asked(ann.id, T0 + 5)
        assert (await them.unasked(SITES, T0 + 4, 10), len(await them.unasked(SITES, T0 + 5, 10))) == ([], 1)
        await them.was_asked(ann.id, None)
        await them.ask("main", ANN, T0 + 6)
        assert await them.unasked(SITES, T0 + 6, 10) == []
        for at_ms in (T0 + 7, T0 + 8):
            found = await them.confirm(ann.id, at_ms)
            assert found is not None
            assert found.confirmed_ms == T0 + 7
        assert await them.confirmed() == {"main": 1}
        await them.leave(ann.id)
        assert (await them.all(), await them.find(ann.id)) == ([], None)
    assert not any(ANN in line for line in exported(tmp_path))
    assert not any(ANN.encode() in content for content in contents(tmp_path))


async def test_who_has_not_confirmed_in_a_day_is_forgotten_and_may_ask_again(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        await them.ask("main", ANN, T0)
        (ann,) = await them.all()
        late_ms = T0 + CONFIRMED_WITHIN_MS + 1
        assert await them.confirm(ann.id, late_ms) is None
        await them.ask("main", ANN, late_ms)
        (again,) = await them.unasked(SITES, late_ms, 10)
        assert (again.id, again.asked_ms) == (ann.id, late_ms)


async def test_nobody_can_have_a_mailbox_asked_from_many_sites_or_by_other_spellings(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        for n in range(10):
            assert await them.ask(f"site-{n}", ANN.replace("@", f"+{n}@"), T0)
        assert len(await them.all()) == UNCONFIRMED_OF_A_MAILBOX
        assert await them.ask("site-1", "+ann@mail.example", T0)
        assert await them.ask("site-1", "bob@mail+.example", T0)
        assert len(await them.all()) == UNCONFIRMED_OF_A_MAILBOX + 2


@pytest.mark.parametrize("known", ["confirmed", "asked", "asked too often", "not"])
async def test_a_site_that_is_full_tells_nothing_of_a_mailbox_and_fills_no_other(tmp_path: Path, known: str) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        sites = {"asked too often": [f"site-{n}" for n in range(UNCONFIRMED_OF_A_MAILBOX)], "not": []}
        for site in sites.get(known, ["main"]):
            await them.ask(site, ANN, T0)
        if known == "confirmed":
            await them.confirm((await them.all())[0].id, T0)
        before = 1 if known == "asked" else 0
        for n in range(UNCONFIRMED - before - 1):
            assert await them.ask("main", f"{n}@mail.example", T0)
        assert await them.ask("main", ANN, T0)
        assert not await them.ask("main", BOB, T0)
        assert await them.ask("other", BOB, T0)
        assert await them.ask("main", BOB, T0 + CONFIRMED_WITHIN_MS + 1)


async def test_who_has_a_notice_does_not_get_it_again_and_who_came_later_not_at_all(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        ids = {}
        for n, address in enumerate((ANN, BOB)):
            await them.ask("main", address, T0)
            ids[address] = next(one.id for one in await them.all() if one.address == address)
            await them.confirm(ids[address], T0 + n)
        assert [one.address for one in await them.to_mail("msg", "main", T0, T0 + 9)] == [ANN]
        assert await them.to_mail("msg", "other", T0 + 1, T0 + 9) == []
        assert not await them.has_anybody("msg")
        await them.has_it("msg", ids[ANN], T0 + 2, is_refused=False)
        assert await them.has_anybody("msg")
        assert [one.address for one in await them.to_mail("msg", "main", T0 + 1, T0 + 9)] == [BOB]


async def test_who_has_a_notice_is_known_until_its_delivery_is_written_with_that_and_not_before(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        ((notice, *_),) = await store.outbox.pending("hook", 10)
        await store.subscribers.has_it(notice.id, "one", T0, is_refused=False)
        for number, (error, next_ms) in enumerate((("later", T0 + 5), ("never", None)), 1):
            await store.outbox.tried(Attempt(notice.id, number, T0, 1, None, error, next_ms))
            assert await store.subscribers.has_anybody(notice.id)
        await store.outbox.tried(Attempt(notice.id, 3, T0, 1, None, None, None))
        assert not await store.subscribers.has_anybody(notice.id)


async def test_a_mailbox_that_is_not_there_is_let_go_unless_it_is_there_now_and_then(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        await them.ask("main", ANN, T0)
        (ann,) = await them.all()
        for n in range(REFUSALS * 2):
            await them.has_it(f"msg-{n}", ann.id, T0 + n * DAY_MS, is_refused=n % REFUSALS != 0)
        end_ms = T0 + REFUSALS * 2 * DAY_MS
        for n in range(REFUSALS):  # trouble of a day, however many are sent in it
            await them.has_it(f"of-a-day-{n}", ann.id, end_ms - DAY_MS + 1 + n, is_refused=True)
        assert [one.refusals for one in await them.all()] == [REFUSALS - 1]
        await them.has_it("last", ann.id, end_ms, is_refused=True)
        assert await them.all() == []


async def test_a_clock_that_is_set_back_leaves_nobody_waiting(tmp_path: Path) -> None:
    ahead_ms = T0 + 365 * DAY_MS
    async with recording(tmp_path) as (recorder, store):
        them = store.subscribers
        recorder.observe(answers("down down"))
        await recorder.flush()
        ((notice, *_),) = await store.outbox.pending("hook", 10)
        for address in (ANN, BOB):
            await them.ask("main", address, ahead_ms)
        ann, bob = await them.unasked(SITES, ahead_ms, 10)
        await them.confirm(ann.id, ahead_ms)
        await them.was_asked(bob.id, ahead_ms)
        await them.put_off(notice.id, ann.id, ahead_ms, ahead_ms)
        assert [one.id for one in await them.unasked(SITES, T0, 10)] == [bob.id]
        assert [id_ for id_, _ in await them.late("hook", T0, 10)] == [ann.id]
        assert [one.id for one in await them.to_mail("other", "main", T0, T0 + 1)] == [ann.id]
        await them.forget(T0)
        assert [one.id for one in await them.all()] == [ann.id]


async def test_a_link_is_good_for_its_purpose_and_nobody_can_make_one(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        them = store.subscribers
        token = await them.token("leave", "main", "abc")
        assert await them.id_of("leave", "main", token) == "abc"
        forged = [
            token[:-1] + ("0" if token[-1] != "0" else "1"),
            token.replace("abc", "abd"),
            "abc",
            "abc.",
            "",
            "é.ü",
        ]
        assert [await them.id_of("leave", "main", one) for one in forged] == [None] * len(forged)
        assert await them.id_of("leave", "second", token) is None
        assert await them.id_of("confirm", "main", token) is None
    async with recording(tmp_path) as (_, store):
        assert await store.subscribers.id_of("leave", "main", token) == "abc"
