"""What is written is read back, once, and whole or not at all."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from prober.core.events import Observed, Ordered, Subject
from prober.core.model import Notice, NoticeReason, Pin, Status
from prober.core.orders import SetPin
from prober.core.policy import Budget
from prober.core.step import step
from prober.errors import StoreError
from prober.store import Batch, Store
from tests.builders import T0, check, observation, policy, subscription, window
from tests.worlds import IDENTITY, answers, recording

pytestmark = pytest.mark.anyio


async def test_everything_judged_is_read_back_equal(tmp_path: Path) -> None:
    checks = (check(quantile_over_us=500, failures_of=3), check("b"))
    rules = policy(*checks, subscriptions=[subscription(topics=frozenset({"components", "incidents"}))])
    async with recording(tmp_path, rules) as (recorder, store):
        recorder.observe([*answers("up down down"), *answers("down", check="b")])
        await recorder.flush()
        loaded = await store.load()
        assert loaded == recorder.shown
        assert loaded.identity == IDENTITY
        assert loaded.checks["shop"].pace


async def test_a_notice_is_read_back_as_it_was_owed(tmp_path: Path) -> None:
    topics = frozenset({"components", "incidents", "maintenance"})
    windows = [window(T0 + 60_000, T0 + 120_000)]
    rules = policy(subscriptions=[subscription(topics=topics)], windows=windows)
    async with recording(tmp_path, rules) as (recorder, store):
        owed: list[Notice] = []
        recorder.on_shown(lambda decisions: owed.extend(n for d in decisions for n in d.notices))
        recorder.observe(answers("down down"))
        await recorder.reconfigure(rules, T0 + 60_000)
        assert [p.notice for p in await store.outbox.pending("hook", 10)][1:] == owed
        assert {n.reason for n in owed} == {"component_changed", "opened", "maintenance_started"}
        await recorder.flush()
        loaded = await store.load()
        assert [work.told for work in loaded.maintenances.values()] == [("ops",)]
        assert [incident.told for incident in loaded.incidents.values()] == [("ops",)]


async def test_pins_and_what_is_held_in_a_storm_are_read_back_equal(tmp_path: Path) -> None:
    checks = [check(name, name, failures=1) for name in ("a", "b", "c")]
    rules = policy(*checks, subscriptions=[subscription()])._replace(budgets={"hook": Budget(1, 60_000)})
    async with recording(tmp_path, rules) as (recorder, store):
        recorder.observe([*answers("down", check="a"), *answers("down", check="b")])
        await recorder.record(Ordered(T0 + 5_000, SetPin("c", Status.DEGRADED, "ann", T0 + 900_000)))
        await recorder.flush()
        loaded = await store.load()
        assert loaded == replace(recorder.shown, wake_ms=None)
        assert [held.notice.reason for held in loaded.storms["hook"].held] == ["opened", "opened"]
        assert loaded.components["c"].pin == Pin(Status.DEGRADED, "ann", T0 + 900_000)
        owed: list[Notice] = []
        recorder.on_shown(lambda decisions: owed.extend(n for d in decisions for n in d.notices))
        await recorder.reconfigure(rules, T0 + 70_000)
        assert [len(notice.digest) for notice in owed] == [2]
        assert [p.notice for p in await store.outbox.pending("hook", 10)][1:] == owed


async def test_writing_a_batch_again_changes_nothing(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        state, decisions = await store.load(), []
        for answer in answers("down down"):
            decision = step(state, Observed(answer), recorder.policy)
            assert decision is not None
            state.apply(decision)
            decisions.append(decision)
        batch = Batch(decisions[1:], [], [], state.seq, state.next_num, state.handled_ms)
        await store.write(batch)
        await store.write(batch)
        assert (await store.load()).incidents == state.incidents
        assert await store.outbox.depths() == {"hook": (1, T0 + 2001)}
        assert len(await store.changes(Subject.CHECK, "shop", 10)) == 1


async def test_a_second_open_incident_of_one_cause_is_refused_whole(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        twin = next(iter(recorder.shown.incidents.values()))._replace(num=99, uid="99", slug="twin")
        again = (await store.load()).checks["shop"]._replace(detail="changed")
        decision = step(recorder.shown, Observed(observation("up", T0 + 9000)), recorder.policy)
        assert decision is not None
        forged = decision._replace(incidents=(twin,), checks=(again,), seq=77)
        with pytest.raises(StoreError, match="UNIQUE"):
            await store.write(Batch([forged], [], [], 77, 100, None))
        assert (await store.load()).checks["shop"].detail == ""


async def test_incidents_are_listed_newest_first_with_their_timeline(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe([*answers("down down up up"), *answers("down down", T0 + 60_000)])
        await recorder.flush()
        newest, oldest = await store.recent_incidents("main", 10)
        assert (newest.num, newest.is_open, oldest.is_open) == (2, True, False)
        assert [u.status for u in oldest.updates] == ["investigating", "resolved"]
        assert await store.recent_incidents("main", 1) == [newest]
        assert await store.recent_incidents("other", 10) == []


async def test_history_begins_with_the_last_change_before_the_moment_asked_for(
    tmp_path: Path,
) -> None:
    rules = policy(check(), check("b", "b"))
    async with recording(tmp_path, rules) as (recorder, store):
        recorder.observe([*answers("up", check="b"), *answers("up down down up up down down")])
        await recorder.flush()
        whole = await store.component_changes(0)
        assert [(c.id, c.after, c.since_ms - T0) for c in whole] == [
            ("b", "operational", 1000),
            ("shop", "operational", 1000),
            ("shop", "major", 2000),
            ("shop", "operational", 4000),
            ("shop", "major", 6000),
        ]
        assert await store.component_changes(T0 + 4000) == [whole[0], *whole[2:]]
        assert await store.component_changes(T0 + 9000) == [whole[0], whole[4]]
        (newest,) = await store.changes(Subject.COMPONENT, "shop", 1)
        assert newest == whole[4]


async def test_old_observations_go_from_the_front_a_few_at_a_time(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up up up up up"))
        await recorder.flush()
        assert await store.drop_observations(T0 + 5000, 3) == 0
        await store.rollups.roll(100)
        assert await store.drop_observations(T0 + 5000, 3) == 3
        assert await store.drop_observations(T0 + 5000, 3) == 1
        assert await store.drop_observations(T0 + 5000, 3) == 0
        assert await store.count_observations() == 2
        assert await store.drop_observations(T0 + 9000, 3) == 1  # the latest stays, so that numbers go on
        assert await store.count_observations() == 1


async def test_each_start_is_an_epoch_of_its_own_and_keeps_the_identity(tmp_path: Path) -> None:
    epochs = []
    for identity in (b"first", b"second"):
        async with Store.open(tmp_path, identity) as store:
            epochs.append(store.epoch)
            assert (await store.load()).identity == b"first"
    assert epochs == [1, 2]


async def test_a_cancelled_write_has_happened_or_not_and_leaves_no_transaction(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        for minute in range(20):
            recorder.observe(answers("down down up up", T0 + minute * 60_000))
            with anyio.move_on_after(0.0001 * minute):
                await recorder.flush()
        await recorder.flush()
        assert not store._writer.in_transaction
        assert (await store.load()).next_num == 21
        reasons = [p.notice.reason for p in await store.outbox.pending("hook", 99)]
        assert reasons == [NoticeReason.OPENED, NoticeReason.RESOLVED] * 20


async def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "prober.db").write_bytes(b"this is not a database, it only looks like a file" * 99)
    with pytest.raises(StoreError, match="not a database"):
        async with Store.open(tmp_path, IDENTITY):
            pass


async def test_reading_cannot_write(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM incident")

        with pytest.raises(StoreError, match="readonly"):
            await store._reader.call(write)
