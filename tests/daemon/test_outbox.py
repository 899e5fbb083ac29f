"""Couriers: at least once, in order within a stream, later and later, and no harm to others."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import NoticeReason
from prober.daemon.meters import Meters
from prober.daemon.outbox import (
    DISABLED_MS,
    GIVEN_UP_MS,
    LAST_RETRY_MS,
    LEAST_RETRY_MS,
    WISHED_RETRY_MS,
    Courier,
    retry_delay_ms,
)
from prober.daemon.progress import Progress
from prober.errors import DeliveryError, StoreError
from prober.notifiers import Notifier, Parcel, Receipt, Site
from prober.notifiers.text import telling
from prober.store import Attempt, ChannelState, Store
from prober.store.outbox import Outbox
from tests.builders import T0, check, policy, subscription
from tests.notifiers.channels import channel
from tests.notifiers.receivers import answering
from tests.notifiers.test_alertmanager import Alertmanager
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

TIMEOUT_MS = 600_000
BUSY = DeliveryError("answered 503", permanent=False, retry_after_s=0.0, status=503)
GONE = DeliveryError("answered 410", permanent=True, status=410)


class Receiver:
    """A notifier that notes what it is sent and fails as told."""

    def __init__(self, *failures: DeliveryError) -> None:
        self.sent: list[Parcel] = []
        self.failures = list(failures)

    async def send(self, parcel: Parcel) -> Receipt:
        self.sent.append(parcel)
        if self.failures:
            raise self.failures.pop(0)
        return Receipt(200)

    async def aclose(self) -> None:
        pass


@asynccontextmanager
async def delivering(
    store: Store, receiver: Notifier, renew_ms: int | None = None, progress: Progress | None = None
) -> AsyncIterator[Courier]:
    """A courier of channel "hook" at work, whose clock goes on by a second at each look."""
    progress = progress or Progress()
    clock = Clock(wall_ns=lambda: (T0 + 10_000) * 1_000_000, monotonic_ns=count(0, 1_000_000_000).__next__)
    rules = policy()
    sites = {"main": Site("main", "slug", "Main", "http://status.example")}
    meters = Meters(rules.checks, ["hook"])
    courier = Courier("hook", receiver, store, sites, rules.components, clock, meters, progress, renew_ms, TIMEOUT_MS)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(courier.run)
        courier.know(sites, rules.components, ["hook", "mail"])
        yield courier
        tasks.cancel_scope.cancel()


class Hanging(Receiver):
    """Takes what it is sent, and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun = anyio.Event()

    async def send(self, parcel: Parcel) -> Receipt:
        self.has_begun.set()
        await anyio.sleep_forever()
        return Receipt()


async def test_an_attempt_that_may_last_long_is_no_standstill(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        receiver, progress = Hanging(), Progress()
        async with delivering(store, receiver, progress=progress):
            with anyio.fail_after(10):
                await receiver.has_begun.wait()
            assert progress.stuck(within_s=-TIMEOUT_MS / 2000) == []  # as if half of that had passed
            assert progress.stuck(within_s=-TIMEOUT_MS / 500) == ["outbox hook"]


async def nothing_owed(store: Store) -> None:
    with anyio.fail_after(10):
        while await store.outbox.depths():
            await anyio.sleep(0.01)


async def test_what_is_owed_arrives_in_the_order_it_was_decided(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down up up"))
        await recorder.flush()
        receiver = Receiver()
        async with delivering(store, receiver):
            await nothing_owed(store)
        assert [p.notice.reason for p in receiver.sent] == [NoticeReason.OPENED, NoticeReason.RESOLVED]
        assert receiver.sent[0].components.keys() == {"shop"}
        assert receiver.sent[0].headline.text == "Major System Outage"


async def test_a_failed_attempt_is_repeated_with_the_same_id_before_its_successor(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down up up"))
        await recorder.flush()
        receiver = Receiver(BUSY, BUSY)
        async with delivering(store, receiver):
            await nothing_owed(store)
        ids = [p.notice.id for p in receiver.sent]
        assert [p.attempt for p in receiver.sent] == [1, 2, 3, 1]
        assert (len(set(ids[:3])), len(set(ids))) == (1, 2)
        assert [a.status for a in await store.outbox.attempts(ids[0])] == [503, 503, 200]


async def test_a_final_refusal_is_not_repeated_and_stays_visible(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        receiver = Receiver(GONE)
        async with delivering(store, receiver):
            await nothing_owed_to(store, "hook")
        assert len(receiver.sent) == 1
        assert (await store.outbox.counts())["hook", "failed"] == 1


async def test_a_stuck_stream_does_not_hold_up_another(tmp_path: Path) -> None:
    rules = policy(check(), check("blog", "blog"), subscriptions=[subscription()])
    later = DeliveryError("answered 503", permanent=False, retry_after_s=600.0, status=503)
    async with recording(tmp_path, rules) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        receiver = Receiver(later)
        async with delivering(store, receiver) as courier:
            while not receiver.sent:
                await anyio.sleep(0.01)
            recorder.observe(answers("down down", check="blog"))
            await recorder.flush()
            courier.look()
            with anyio.fail_after(10):
                while len(receiver.sent) < 2:
                    await anyio.sleep(0.01)
        streams = [p.notice.stream for p in receiver.sent]
        assert streams == ["incident:1", "incident:2"]


@pytest.mark.parametrize("failures", [[], [BUSY]])
async def test_a_clock_that_is_set_back_holds_up_no_notice(tmp_path: Path, failures: list[DeliveryError]) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down", T0 + 7_200_000))
        await recorder.flush()
        for failed in failures:
            (one,) = await store.outbox.pending("hook", 9)
            at_ms = T0 + 7_200_000
            await store.outbox.tried(Attempt(one.notice.id, 1, at_ms, 1, failed.status, str(failed), at_ms + 2_000))
        receiver = Receiver()
        async with delivering(store, receiver):
            await nothing_owed(store)
        assert len(receiver.sent) == 1


async def test_old_notices_that_fail_do_not_hold_up_a_newer_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.outbox.IN_SIGHT", 2)
    names = [f"s{n}" for n in range(6)]
    rules = policy(*(check(name, name) for name in names), subscriptions=[subscription()])
    later = DeliveryError("answered 503", permanent=False, retry_after_s=600.0, status=503)
    async with recording(tmp_path, rules) as (recorder, store):
        for name in names[:5]:
            recorder.observe(answers("down down", check=name))
        await recorder.flush()
        receiver = Receiver(*[later] * 5)
        async with delivering(store, receiver) as courier:
            with anyio.fail_after(10):
                while len(receiver.sent) < 5:
                    await anyio.sleep(0.01)
            recorder.observe(answers("down down", check="s5"))
            await recorder.flush()
            courier.look()
            with anyio.fail_after(10):
                while len(receiver.sent) < 6:
                    await anyio.sleep(0.01)
        assert receiver.sent[5].notice.stream == "incident:6"


async def test_an_outage_that_could_not_be_told_is_told_by_its_end(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down", T0 - 7_200_000))
        recorder.observe(answers("up up"))
        await recorder.flush()
        opened, resolved = await store.outbox.pending("hook", 9)
        await store.outbox.tried(Attempt(opened.notice.id, 1, T0 - 7_200_000, 1, None, "no connection", T0))
        receiver = Receiver()
        async with delivering(store, receiver):
            await nothing_owed(store)
        (sent,) = receiver.sent
        assert (sent.notice.id, sent.tells) == (resolved.notice.id, 1)
        assert "[Main] Was down: Shop is down" in telling(sent).subject
        found = await store.outbox.entry(opened.notice.id)
        assert found is not None
        assert found.told_by == resolved.notice.id


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(10):
        while not await is_so():
            await anyio.sleep(0.01)


async def test_a_receiver_that_is_gone_is_disabled_the_others_are_told_and_it_can_be_enabled(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down up up"))
        await recorder.flush()
        receiver, outbox = Receiver(GONE), store.outbox
        async with delivering(store, receiver) as courier:
            await until(lambda: is_disabled(store))
            assert [e.reason for e in await outbox.entries("mail", "pending", 9)] == ["opened"]
            await anyio.sleep(0.05)
            assert len(receiver.sent) == 1
            await outbox.put_channel(ChannelState("hook"))
            courier.look()
            with anyio.fail_after(10):
                while len(receiver.sent) < 2:
                    await anyio.sleep(0.01)
        assert receiver.sent[1].notice.reason is NoticeReason.RESOLVED
        told = await outbox.pending("mail", 9)
        assert [one.notice.reason for one in told] == [NoticeReason.OPENED, NoticeReason.RESOLVED]
        assert len({one.notice.incident.slug for one in told if one.notice.incident}) == 1


async def is_disabled(store: Store) -> bool:
    return (await store.outbox.channel("hook")).disabled_ms is not None


async def test_a_channel_that_fails_for_days_is_disabled_and_gives_up_what_is_too_old(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down", T0 - GIVEN_UP_MS - 60_000))
        await recorder.flush()
        await store.outbox.put_channel(ChannelState("hook", T0 - DISABLED_MS, None, "no connection"))
        async with delivering(store, Receiver(BUSY)):
            await until(lambda: is_disabled(store))
            await nothing_owed_to(store, "hook")
        assert await store.outbox.counts() == {("hook", "failed"): 1, ("mail", "pending"): 1}


async def nothing_owed_to(store: Store, channel: str) -> None:
    with anyio.fail_after(10):
        while channel in await store.outbox.depths():
            await anyio.sleep(0.01)


async def test_a_channel_that_was_changed_is_served_again(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        await store.outbox.put_channel(ChannelState("hook", T0, T0, "answered 410"))
        receiver = Receiver()
        async with delivering(store, receiver) as courier:
            courier.forgive()
            await nothing_owed_to(store, "hook")
        assert len(receiver.sent) == 1


async def test_a_notice_is_replayed_with_its_id(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        receiver = Receiver(DeliveryError("answered 400", permanent=True, status=400))
        async with delivering(store, receiver) as courier:
            await nothing_owed(store)
            assert await store.outbox.replay(receiver.sent[0].notice.id, T0)
            assert not await store.outbox.replay("msg_unknown", T0)
            courier.look()
            await nothing_owed(store)
        assert len({p.notice.id for p in receiver.sent}) == 1
        assert [p.attempt for p in receiver.sent] == [1, 2]
        assert await store.outbox.counts() == {("hook", "delivered"): 1}


class StuckOutbox(Outbox):
    """A real outbox whose disk refuses what has been tried for so many times."""

    refusals = 3

    async def tried(self, attempt: Attempt) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StoreError("the disk is full")
        await super().tried(attempt)


async def test_while_an_attempt_cannot_be_written_down_nothing_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.daemon.outbox.LOOK_EVERY_S", 0.01)
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down up up"))
        await recorder.flush()
        store.outbox = StuckOutbox(store._writer, store._queries)
        receiver = Receiver()
        async with delivering(store, receiver):
            await nothing_owed(store)
        assert [p.notice.reason for p in receiver.sent] == [NoticeReason.OPENED, NoticeReason.RESOLVED]
        assert await store.outbox.counts() == {("hook", "delivered"): 2}


@pytest.mark.parametrize(
    ("attempt", "wished_s", "draw", "delay_ms"),
    [
        (1, None, 1.0, 2_000),
        (1, None, 0.0, 1_000),
        (4, None, 1.0, 16_000),
        (99, None, 1.0, LAST_RETRY_MS),
        (1, 30.0, 1.0, 30_000),
        (1, 86_400.0, 1.0, WISHED_RETRY_MS),
        (1, 0.0, 1.0, LEAST_RETRY_MS),
    ],
)
def test_waiting_doubles_up_to_an_hour_unless_the_receiver_wishes_otherwise(
    attempt: int, wished_s: float | None, draw: float, delay_ms: int
) -> None:
    assert retry_delay_ms(attempt, wished_s, lambda: draw) == delay_ms


async def test_what_lasts_is_told_again_until_its_end_and_that_is_no_attempt(tmp_path: Path) -> None:
    rules = policy(check(), check("blog", "blog"), subscriptions=[subscription()])
    async with recording(tmp_path, rules) as (recorder, store):
        recorder.observe(answers("down down"))
        recorder.observe(answers("down down up up", check="blog"))
        await recorder.flush()
        receiver = Receiver()
        async with delivering(store, receiver):
            await nothing_owed(store)
        opened = receiver.sent[0].notice
        receiver.sent.clear()
        async with delivering(store, receiver, renew_ms=1) as courier:  # another one, as after a restart
            for told in (1, 2):
                courier.look()
                await until(has_sent(receiver, told))
            assert {one.notice.id for one in receiver.sent} == {opened.id}
            assert receiver.sent[-1].sent_ms > receiver.sent[0].sent_ms
            recorder.observe(answers("up up", T0 + 10_000))
            await recorder.flush()
            await nothing_owed(store)
            told = len(receiver.sent)
            for _ in range(3):
                courier.look()
                await anyio.wait_all_tasks_blocked()
        assert [one.notice.reason for one in receiver.sent[told - 1 :]] == [NoticeReason.RESOLVED]
        assert [a.attempt for a in await store.outbox.attempts(opened.id)] == [1]


async def test_what_cannot_be_told_again_is_tried_the_next_time_and_owed_to_nobody(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        receiver = Receiver()
        async with delivering(store, receiver):
            await nothing_owed(store)
        receiver.failures = [BUSY, GONE]
        async with delivering(store, receiver, renew_ms=1) as courier:
            for told in (2, 3, 4):
                courier.look()
                await until(has_sent(receiver, told))
        assert not receiver.failures
        assert await store.outbox.counts() == {("hook", "delivered"): 1}
        assert await store.outbox.channel("hook") == ChannelState("hook")


async def test_an_alertmanager_that_was_restarted_knows_again_what_fires(tmp_path: Path) -> None:
    manager = Alertmanager()
    manager.now_ms = T0 + 20_000
    async with recording(tmp_path) as (recorder, store), answering(manager.judge) as receiver:
        recorder.observe(answers("down down"))
        await recorder.flush()
        sender = channel("alertmanager", receiver.url)
        async with delivering(store, sender, renew_ms=1) as courier:
            await nothing_owed(store)
            manager.held.clear()
            courier.look()
            with anyio.fail_after(10):
                while not manager.firing:
                    await anyio.sleep(0.01)
            recorder.observe(answers("up up", T0 + 10_000))
            await recorder.flush()
            courier.look()
            await nothing_owed(store)
        manager.now_ms = T0 + 200_000
        assert manager.held
        assert manager.firing == []


def has_sent(receiver: Receiver, least: int) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return len(receiver.sent) >= least

    return holds
