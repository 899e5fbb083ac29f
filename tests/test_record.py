"""The one door: what is judged at once, what waits, and what is shown only when it is on the disk."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest

from prober.core.events import Decision
from prober.core.model import Status, Verdict
from prober.core.reason import FailureClass, Reason
from prober.core.uptime import Turn, turns
from prober.errors import StoreError
from prober.record import Recorder
from prober.store import Batch, Store
from tests.builders import T0, check, observation, policy
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


class StuckStore(Store):
    """A real store whose disk can be made to refuse."""

    is_stuck = False
    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    async def write(self, batch: Batch) -> None:
        if self.is_stuck:
            self.meanwhile()
            await anyio.wait_all_tasks_blocked()
            raise StoreError("the disk is full")
        await super().write(batch)


async def test_a_change_is_shown_only_once_it_is_written(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        seen: list[Sequence[Decision]] = []
        recorder.on_shown(seen.append)
        recorder.observe(answers("down down"))
        assert (recorder.shown.incidents, seen) == ({}, [])
        await recorder.flush()
        assert [i.impact.word for i in recorder.shown.incidents.values()] == ["critical"]
        assert len(seen) == 1
        assert len((await store.load()).incidents) == 1


async def test_what_nobody_watched_is_history_after_a_start_and_told_to_nobody(tmp_path: Path) -> None:
    start_ms = T0 + 3_600_000
    async with recording(tmp_path) as (recorder, _):
        recorder.observe(answers("up up down"))
        await recorder.flush()
    async with Store.open(tmp_path, b"") as store:
        state = await store.load()
        assert state.watched_ms == T0 + 3001
        recorder = Recorder(store, state, policy())
        decision = await recorder.reconfigure(policy(), start_ms, state.watched_ms)
        assert decision is not None
        assert (decision.notices, decision.incidents, decision.components) == ((), (), ())
        assert (await store.load()).checks == state.checks
        recorder.observe(answers("down", start_ms))
        await recorder.flush()
        past = turns(await store.component_changes(0))
    assert past == [
        Turn(T0 + 1000, Status.OPERATIONAL),
        Turn(T0 + 3000, Status.MAJOR),
        Turn(T0 + 3001, None, is_gap=True),
        Turn(start_ms, Status.MAJOR),
    ]


async def test_a_listener_that_has_ended_is_not_called(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, _):
        seen: list[Sequence[Decision]] = []
        end = recorder.on_shown(seen.append)
        for outcomes in ("down down", "up up"):
            recorder.observe(answers(outcomes))
            await recorder.flush()
            if recorder.shown.incidents:
                end()
        assert len(seen) == 1


async def test_while_it_is_quiet_it_judges_and_shows_nothing(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store), anyio.create_task_group() as tasks:
        async with recorder.quiet():
            recorder.observe(answers("down down"))
            tasks.start_soon(recorder.flush)
            await anyio.sleep(0.05)
            assert (recorder.shown.incidents, (await store.load()).incidents) == ({}, {})
        with anyio.fail_after(10):
            while not recorder.shown.incidents:
                await anyio.sleep(0.005)


async def test_another_policy_closes_what_it_does_not_have_and_forgets_its_figures(tmp_path: Path) -> None:
    both = policy(check(), check("blog", "blog"))
    async with recording(tmp_path, both) as (recorder, store):
        for id_ in ("shop", "blog"):
            recorder.observe(answers("down down", check=id_))
        await recorder.reconfigure(policy(), T0 + 60_000)
        assert [i.affected[0].component for i in recorder.shown.incidents.values()] == ["shop"]
        assert recorder.latest.keys() == recorder.probed.keys() == recorder.failed.keys() == {"shop"}
        assert recorder.shown.checks["shop"].down == 2
        assert (await store.load()).checks.keys() == {"shop"}


async def test_steady_observations_wait_and_are_written_together(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up up up"))
        assert await store.count_observations() == 0
        await recorder.flush()
        assert await store.count_observations() == 4
        assert recorder.shown.checks["shop"].verdict is Verdict.UP


async def test_streaks_survive_a_restart_between_any_two_probes(tmp_path: Path) -> None:
    for at_ms, outcome in enumerate(["up", "down", "up", "down", "down"]):
        async with recording(tmp_path) as (recorder, store):
            recorder.observe([observation(outcome, T0 + 1000 * at_ms)])
            await recorder.flush()
            is_last = at_ms == 4
            assert len((await store.load()).incidents) == is_last
            assert recorder.shown.components["shop"].status is (Status.MAJOR if is_last else Status.OPERATIONAL)


async def test_while_the_store_refuses_judgement_goes_on_and_nothing_judged_is_lost(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        stuck = StuckStore(store._writer, store._reader, store.path)
        other = Recorder(stuck, await store.load(), recorder.policy)
        stuck.is_stuck = True
        other.observe(answers("down down"))
        with pytest.raises(StoreError):
            await other.flush()
        assert other.trouble == "the disk is full"
        assert other.shown.incidents == {}
        other.observe(answers("up up", T0 + 60_000))
        stuck.is_stuck = False
        await other.flush()
        assert not other.trouble
        assert await store.count_observations() == 4
        pending = await store.outbox.pending("hook", 10)
        assert [p.notice.reason for p in pending if p.notice.incident] == ["opened", "resolved"]
        assert (await store.load()).checks == other.shown.checks


async def test_a_check_that_goes_while_the_store_refuses_its_streak_does_not_come_back(tmp_path: Path) -> None:
    rules = policy(check(), check("blog", "blog"))
    async with recording(tmp_path, rules) as (_, store), anyio.create_task_group() as tasks:
        stuck = StuckStore(store._writer, store._reader, store.path)
        other = Recorder(stuck, await store.load(), rules)
        stuck.meanwhile = lambda: tasks.start_soon(other.reconfigure, policy(), T0 + 5_000)
        stuck.is_stuck = True
        other.observe(answers("down", check="blog"))
        with pytest.raises(StoreError):
            await other.flush()
        stuck.is_stuck = False
        await other.flush()
        assert "blog" not in other.shown.checks
        assert "blog" not in (await store.load()).checks


async def test_the_buffer_is_bounded_and_says_what_it_gave_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prober.record.OBSERVATIONS_BUFFERED", 3)
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up up up up"))
        await recorder.flush()
        assert (recorder.lost, await store.count_observations()) == (2, 3)


async def test_observations_are_counted_by_whose_fault_they_are(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, _):
        recorder.observe(answers("up down unknown degraded"))
        assert (recorder.probed["shop"], recorder.failed["shop"]) == (4, 1)
        assert recorder.latest["shop"].outcome == "degraded"
        assert recorder.took["shop"].within()[-1] == 2
        recorder.observe([observation("down", T0 + 9000, reason=None)])
        assert dict(recorder.failed_by) == {
            ("shop", kind): 1 for kind in (Reason.CONNECT_REFUSED.failure_class, FailureClass.PROTOCOL)
        }


async def test_what_a_component_shows_is_counted_once_it_is_written(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, _):
        spent_s: list[float] = []
        recorder.timed = spent_s.append
        recorder.observe(answers("down down"))
        assert (recorder.moved["shop"], recorder.unwritten) == (0, 2)
        await recorder.flush()
        assert (recorder.moved["shop"], recorder.unwritten, len(spent_s)) == (1, 0, 1)
        assert spent_s[0] > 0


async def test_how_long_trouble_took_to_be_detected_is_measured(tmp_path: Path) -> None:
    rules = policy(check(failures=3, interval_ms=1_000), check("blog", "blog"))
    async with recording(tmp_path, rules) as (recorder, _):
        recorder.observe(answers("up up down down"))
        await recorder.flush()
        assert recorder.detected_ms == {}
        recorder.observe(answers("down up up", T0 + 4_000))
        await recorder.flush()
        # The first failure, and two seconds more; it may have begun up to a second before.
        assert recorder.detected_ms == {"shop": 3_001}  # the last probe took a millisecond
        await recorder.reconfigure(policy(check("blog", "blog")), T0 + 9_000)
        assert recorder.detected_ms == {}


async def test_a_failure_that_the_canaries_share_is_kept_as_our_own(tmp_path: Path) -> None:
    rules = policy(check("shop", canaries=("ping",)), check("ping", "net"))
    async with recording(tmp_path, rules) as (recorder, _):
        for at, name in enumerate(["ping", "shop", "shop", "shop"]):
            recorder.observe([observation("down", T0 + 1000 * at, name, reason=Reason.CONNECT_TIMEOUT)])
        assert recorder.latest["shop"].reason is Reason.SELF_UPLINK
        assert (recorder.failed["shop"], recorder.failed["ping"]) == (0, 1)
        assert recorder.confirmations("shop") == recorder.confirmations("who") == []


async def test_a_restart_with_the_same_policy_changes_nothing(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        before = await store.load()
    async with recording(tmp_path) as (_, store):
        after = await store.load()
    assert (before.seq, before.incidents, before.components) == (after.seq, after.incidents, after.components)


async def test_whoever_is_cancelled_while_it_writes_has_written_and_shown(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        for number in range(100):
            recorder.observe(answers("down down up up", T0 + number * 10_000))
            task = asyncio.ensure_future(recorder.flush())
            for _ in range(1 + number % 7):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,))
            assert recorder.shown.seq == (await store.load()).seq
