"""Couriers come and go with the channels, and never two at once for one channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from prober.cli.check_config import read_config
from prober.clock import Clock
from prober.config import Config
from prober.daemon.couriers import Couriers
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.world import World
from prober.notifiers import Notifier, Parcel, Receipt, kind
from prober.store import Store
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

CONFIG = """
[components.shop]
name = "Shop"
[checks.shop]
kind = "tcp"
host = "127.0.0.1"
port = 9
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/"
[subscriptions.hook]
channel = "hook"
"""


class Sender:
    """A notifier that waits until it may send."""

    def __init__(self, *, may_send: bool = True) -> None:
        self.sent: list[Parcel] = []
        self.is_closed = False
        self.begun, self.may_send = anyio.Event(), anyio.Event()
        if may_send:
            self.may_send.set()

    async def send(self, parcel: Parcel) -> Receipt:
        self.begun.set()
        await self.may_send.wait()
        self.sent.append(parcel)
        return Receipt(200)

    async def aclose(self) -> None:
        self.is_closed = True


class Scene:
    """Couriers, and the configurations they follow."""

    def __init__(self, folder: Path, world: World, couriers: Couriers, progress: Progress) -> None:
        self.folder, self.world, self.couriers, self.progress = folder, world, couriers, progress

    def follow(self, text: str, *senders: Notifier) -> None:
        config = configured(self.folder, text)
        self.couriers.follow(config, config.policy(), dict.fromkeys(config.channels, *senders) if senders else {})

    def series(self) -> list[str]:
        return [s.name for m in self.world.meters.collect() for s in m.samples if s.labels.get("channel") == "hook"]


def configured(folder: Path, text: str) -> Config:
    (folder / "config.toml").write_text(text)
    return read_config(folder / "config.toml", {})


@asynccontextmanager
async def scene(folder: Path, outcomes: str) -> AsyncIterator[tuple[Scene, Store]]:
    """After these answers of the shop."""
    config = configured(folder, CONFIG)
    async with recording(folder, config.policy()) as (recorder, store):
        recorder.observe(answers(outcomes))
        await recorder.flush()
        async with anyio.create_task_group() as tasks:
            world, progress = (
                World(config, config, config.policy(), recorder, store, Clock(), Meters([], [])),
                Progress(),
            )
            yield Scene(folder, world, Couriers(world, progress, tasks), progress), store
            tasks.cancel_scope.cancel()


async def until_owed(store: Store, count: int) -> None:
    with anyio.fail_after(20):
        while len(await store.outbox.pending("hook", 9)) != count:
            await anyio.sleep(0.005)


async def test_a_changed_channel_waits_for_the_end_of_the_attempt_under_way(tmp_path: Path) -> None:
    async with scene(tmp_path, "down down up up") as (it, store):
        old, new = Sender(may_send=False), Sender()
        it.follow(CONFIG, old)
        with anyio.fail_after(20):
            await old.begun.wait()
        it.follow(CONFIG.replace("Shop", "Store"), new)
        assert not new.begun.is_set()
        old.may_send.set()
        await until_owed(store, 0)
        assert (len(old.sent), len(new.sent), old.is_closed, new.is_closed) == (1, 1, True, False)
        assert new.sent[0].components["shop"].name == "Store"
        assert "uptime_notices_owed" in it.series()


async def test_a_channel_that_goes_leaves_no_figures_and_one_that_stays_learns_names(tmp_path: Path) -> None:
    async with scene(tmp_path, "down down") as (it, store):
        sender = Sender(may_send=False)
        it.follow(CONFIG, sender)
        it.follow(CONFIG.replace("Shop", "Store"))
        sender.may_send.set()
        await until_owed(store, 0)
        assert sender.sent[0].components["shop"].name == "Store"
        it.follow(CONFIG[: CONFIG.index("[channels")])
        with anyio.fail_after(20):
            while it.series():
                await anyio.sleep(0.005)
        assert sender.is_closed
        assert it.progress.stuck(within_s=-1) == []


async def test_a_channel_that_goes_and_comes_back_keeps_its_order(tmp_path: Path) -> None:
    async with scene(tmp_path, "down down up up") as (it, store):
        old, skipped, new = Sender(may_send=False), Sender(), Sender()
        it.follow(CONFIG, old)
        with anyio.fail_after(20):
            await old.begun.wait()
        it.follow(CONFIG[: CONFIG.index("[channels")])
        it.follow(CONFIG, skipped)
        it.follow(CONFIG, new)
        old.may_send.set()
        await until_owed(store, 0)
        assert (len(old.sent), len(skipped.sent), len(new.sent)) == (1, 0, 1)
        assert skipped.is_closed
        assert "uptime_notices_owed" in it.series()


async def test_a_receiver_that_forgets_is_told_again_as_often_as_its_kind_says(tmp_path: Path) -> None:
    forgetful = CONFIG.replace('"webhook"', '"alertmanager"\nresend = "100ms"')
    async with scene(tmp_path, "down down") as (it, store):
        sender = Sender()
        it.follow(forgetful, sender)
        with anyio.fail_after(20):
            while len(sender.sent) < 4:
                await anyio.sleep(0.005)
        assert len({one.notice.id for one in sender.sent}) == 1
        assert len(await store.outbox.attempts(sender.sent[0].notice.id)) == 1


async def test_an_end_of_everything_while_couriers_wait_for_each_other_is_no_trouble(tmp_path: Path) -> None:
    async with scene(tmp_path, "down down") as (it, _):
        old, *waiting = senders = [Sender(may_send=False), Sender(), Sender()]
        it.follow(CONFIG, old)
        with anyio.fail_after(20):
            await old.begun.wait()
        for sender in waiting:
            it.follow(CONFIG, sender)
    assert all(sender.is_closed for sender in senders)
    assert it.series() == []


async def test_a_channel_that_hangs_for_ever_holds_up_no_other(tmp_path: Path) -> None:
    mail = '[channels.mail]\nkind = "webhook"\nurl = "http://127.0.0.1:9/m"\n[subscriptions.mail]\nchannel = "mail"\n'
    config = configured(tmp_path, CONFIG + mail)
    rules = config.policy()
    async with recording(tmp_path, rules) as (recorder, store), anyio.create_task_group() as tasks:
        world = World(config, config, rules, recorder, store, Clock(), Meters([], []))
        couriers = Couriers(world, Progress(), tasks)
        hangs, works = Sender(may_send=False), Sender()
        couriers.follow(config, rules, {"hook": hangs, "mail": works})
        recorder.on_shown(couriers.look)
        recorder.observe(answers("down down"))
        await recorder.flush()
        with anyio.fail_after(20):
            await hangs.begun.wait()
        recorder.observe(answers("up up", T0 + 10_000))
        await recorder.flush()
        with anyio.fail_after(20):
            while len(works.sent) < 2:
                await anyio.sleep(0.005)
        assert [parcel.notice.reason for parcel in works.sent] == ["opened", "resolved"]
        assert (hangs.sent, len(await store.outbox.pending("hook", 9))) == ([], 2)
        tasks.cancel_scope.cancel()


async def test_who_sends_to_subscribers_ends_with_the_channel_and_leaves_no_figures(tmp_path: Path) -> None:
    mails = CONFIG.replace(
        'kind = "webhook"\nurl = "http://127.0.0.1:9/"',
        'kind = "email"\nhost = "127.0.0.1"\nsender = "s@acme.example"\nsubscribers = true',
    )
    async with scene(tmp_path, "up") as (it, _):
        config = configured(tmp_path, mails)
        of_kind = kind("email")
        it.follow(mails, of_kind.build(config.channels["hook"]))
        (mailing,) = it.couriers._mailings.values()
        assert mailing.sites.keys() == {"main"}

        def told() -> list[str]:
            return [s.name for m in it.world.meters.collect() for s in m.samples if s.name == "uptime_subscribers"]

        with anyio.fail_after(20):
            while not told():
                await anyio.sleep(0.005)
        it.follow(CONFIG, Sender())
        assert (mailing._is_retired, mailing.sites, it.couriers._mailings, told()) == (True, {}, {}, [])
