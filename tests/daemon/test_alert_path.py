"""Channels are looked at, drilled when it is time, and what is found is judged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from prober.cli.check_config import read_config
from prober.clock import Clock
from prober.core.alert_path import ALERTS, BROKEN_MS, DRILL_MS
from prober.core.model import Outcome
from prober.core.own import with_own
from prober.daemon.alert_path import AlertPath, Drills
from prober.daemon.meters import Meters
from prober.record import Recorder
from prober.store import Attempt, ChannelState, Store
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

CONFIG = """
[prober]
drill_every = "1d"
drill_channels = ["hook"]
[components.shop]
[checks.shop]
kind = "tcp"
host = "127.0.0.1"
port = 9
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/"
[channels.mail]
kind = "webhook"
url = "http://127.0.0.1:9/mail"
[subscriptions.hook]
channel = "hook"
"""
DAY_MS = 86_400_000


class Scene:
    """An alert path, and the time that it sees."""

    now_ms = T0

    def __init__(self, folder: Path, recorder: Recorder, store: Store, text: str) -> None:
        (folder / "config.toml").write_text(text)
        self.config = read_config(folder / "config.toml", {})
        self.recorder, self.store = recorder, store
        self.clock = Clock(wall_ns=lambda: self.now_ms * 1_000_000, monotonic_ns=lambda: self.now_ms * 1_000_000)
        self.meters = Meters([], self.config.channels)
        self.it = AlertPath(lambda: self.config, recorder, store, self.clock, self.meters)

    async def look(self, after_ms: int = 0) -> tuple[Outcome, str]:
        self.now_ms += after_ms
        await self.it.look()
        seen = self.recorder.latest[ALERTS]
        return seen.outcome, seen.detail

    async def drills(self) -> list[str]:
        found = await self.store.outbox.entries(None, None, 99)
        return [one.id for one in found if one.stream.startswith("drill:")]

    def metric(self, name: str, channel: str = "hook") -> float:
        samples = (s for m in self.meters.collect() for s in m.samples)
        return next(s.value for s in samples if s.name == name and s.labels.get("channel") == channel)


@asynccontextmanager
async def scene(folder: Path, text: str = CONFIG) -> AsyncIterator[Scene]:
    (folder / "config.toml").write_text(text)
    rules = with_own(read_config(folder / "config.toml", {}).policy())
    async with recording(folder, rules) as (recorder, store):
        yield Scene(folder, recorder, store, text)


async def test_a_drill_goes_the_way_of_all_notices_and_is_repeated_when_it_is_time(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        assert await it.look() == ("up", "")
        (first,) = await it.drills()
        (owed,) = await it.store.outbox.pending("hook", 9)
        assert (owed.notice.id, owed.notice.incident and owed.notice.incident.name) == (first, "[TEST] A test notice")
        assert await it.store.outbox.pending("mail", 9) == []
        await it.store.outbox.tried(Attempt(first, 1, T0, 5, 204, None, None))
        assert await it.look(DAY_MS - 1) == ("up", "")
        assert await it.drills() == [first]
        assert it.metric("uptime_drill_timestamp_seconds") == T0 / 1000
        await it.look(1)
        assert len(await it.drills()) == 2


async def test_a_drill_that_does_not_arrive_in_time_breaks_the_channel_until_another_does(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.look()
        assert await it.look(DRILL_MS + 1) == ("degraded", "channel hook has not passed its latest drill")
        assert it.metric("uptime_channel_broken") == 1
        (first,) = await it.drills()
        await it.store.outbox.tried(Attempt(first, 1, it.now_ms, 5, 404, "answered 404", None))
        assert (await it.look())[0] == "degraded"
        second = await Drills(lambda: it.config, it.store, it.clock).begin("hook")
        await it.store.outbox.tried(Attempt(second, 1, it.now_ms, 5, 204, None, None))
        assert await it.look() == ("up", "")
        assert it.metric("uptime_channel_broken") == 0


async def test_what_waits_is_measured_and_counts_from_the_start_on(tmp_path: Path) -> None:
    async with scene(tmp_path, CONFIG.replace('drill_every = "1d"\n', "")) as it:
        it.recorder.observe(answers("down down", T0 - DAY_MS))
        await it.recorder.flush()
        assert await it.look() == ("up", "")
        assert it.metric("uptime_outbox_oldest_seconds") > 86_000
        assert await it.look(BROKEN_MS) == ("degraded", "channel hook has had a notice waiting for 15 minutes")
        (owed,) = await it.store.outbox.pending("hook", 9)
        await it.store.outbox.tried(Attempt(owed.notice.id, 1, it.now_ms, 5, 204, None, None))
        assert await it.look() == ("up", "")
        assert it.metric("uptime_outbox_oldest_seconds") == 0
        assert await it.drills() == []


async def test_the_other_channels_are_told_of_one_that_is_broken(tmp_path: Path) -> None:
    text = CONFIG + '[subscriptions.mail]\nchannel = "mail"\n'
    async with scene(tmp_path, text) as it:
        await it.store.outbox.put_channel(ChannelState("hook", T0 - DAY_MS, None, "no connection"))
        for _ in range(2):
            assert await it.look(10_000) == ("degraded", "channel hook has taken nothing for 1440 minutes")
        await it.recorder.flush()
        (told,) = await it.store.outbox.pending("mail", 9)
        assert told.notice.incident is not None
        assert told.notice.incident.name == "Alert path is degraded"


async def test_channels_that_were_made_through_the_api_are_not_ours(tmp_path: Path) -> None:
    text = CONFIG.replace("channels.hook", 'channels."api:hook"').replace('"hook"', '"api:hook"')
    async with scene(tmp_path, text) as it:
        await it.store.outbox.put_channel(ChannelState("api:hook", T0, T0, "answered 410"))
        assert await it.look() == ("up", "")
        assert await it.drills() == []
