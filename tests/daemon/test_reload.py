"""A reload is whole or does not happen. The daemon as a whole is tested in tests/acceptance/test_reload.py."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from prober.cli.check_config import read_config
from prober.clock import Clock
from prober.config import Config
from prober.core.alert_path import ALERTS
from prober.core.made import Made
from prober.core.own import OWN
from prober.core.schedule import Schedule
from prober.daemon.couriers import Couriers
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.reload import Parts, Reload, built_probes
from prober.daemon.serve import Application, Replaceable
from prober.daemon.service_manager import ServiceManager
from prober.daemon.world import World
from prober.errors import StoreError
from prober.probes.guarded import GuardedProbe
from tests.worlds import recording

pytestmark = pytest.mark.anyio

SHOP = """
[components.shop]
[checks.shop]
kind = "tcp"
host = "127.0.0.1"
port = 9
interval = "1h"
"""
HELD = "[accounts.default]\npublic_only = true\n"
BLOG = SHOP.replace("shop", "blog")


async def nobody(*_: object) -> None:
    """An application that answers nothing."""


class Running:
    """A loop, couriers and pages under a configuration that a test writes anew."""

    world: World
    loop: Loop
    application: Replaceable
    it: Reload

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: Exception | None = None
        self.made: list[World] = []
        self.ended: list[World] = []

    def read(self) -> Config:
        return read_config(self.path, {})

    async def make(self, world: World) -> Sequence[Application]:
        self.made.append(world)
        world.ended.callback(self.ended.append, world)
        if self.trouble is not None:
            raise self.trouble
        return [nobody]

    async def reload(self, text: str) -> float:
        """Write this, and reload; the figure of its success."""
        self.path.write_text(text)
        self.world.meters.reload_success.set(-1)
        self.it.ask()
        with anyio.fail_after(20):
            while self.success() == -1:
                await anyio.sleep(0.005)
        return self.success()

    def success(self) -> float:
        (sample,) = (
            s
            for m in self.world.meters.collect()
            for s in m.samples
            if s.name == "uptime_config_last_reload_successful"
        )
        return sample.value


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    one = Running(folder / "config.toml")
    one.path.write_text(SHOP)
    config = one.read()
    async with recording(folder, config.policy()) as (recorder, store), anyio.create_task_group() as tasks:
        one.world = World(config, config, config.policy(), recorder, store, Clock(), Meters(config.checks, []))
        intervals_ms = {id_: check.interval_ms for id_, check in one.world.policy.checks.items()}
        schedule = Schedule(intervals_ms, one.world.clock.now_ms())
        progress = Progress()
        probes = built_probes(one.world, config.checks)
        one.loop = Loop(probes, schedule, recorder, one.world.clock, Limits(9), one.world.meters, progress)
        one.application = Replaceable(nobody)
        parts = Parts(one.loop, Couriers(one.world, progress, tasks), [one.application])
        one.it = Reload(one.world, parts, one.read, one.make, ServiceManager({}))
        tasks.start_soon(one.it.keep)
        yield one
        tasks.cancel_scope.cancel()


async def test_what_stays_keeps_its_probe_and_what_is_new_gets_one(tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        probe = one.loop.probes["shop"]
        assert await one.reload(SHOP + BLOG) == 1
        assert list(one.loop.probes) == ["shop", "blog"]
        assert one.loop.probes["shop"] is probe
        assert one.world.recorder.policy.checks.keys() == {"shop", "blog", OWN, ALERTS}
        assert await one.reload(SHOP.replace('"1h"', '"2h"')) == 1
        assert one.loop.probes.keys() == {"shop"}
        assert one.loop.probes["shop"] is not probe
        assert one.ended == one.made[:1]


@pytest.mark.parametrize("trouble", [StoreError("the disk is full"), OSError("no file"), ZeroDivisionError()])
async def test_trouble_on_the_way_leaves_everything_as_it_was(
    tmp_path: Path, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as one:
        policy, probes = one.world.recorder.policy, one.loop.probes
        one.trouble = trouble
        assert await one.reload(SHOP + BLOG) == 0
        assert one.world.recorder.policy is policy
        assert one.loop.probes is probes
        assert one.ended == one.made
        assert "the configuration is not reloaded, what runs goes on" in caplog.text
        one.trouble = None
        assert await one.reload(SHOP + BLOG) == 1
        assert list(one.loop.probes) == ["shop", "blog"]


async def test_what_was_made_holds_beside_the_file_and_its_pages_live_on(tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        followed: list[str] = []
        one.world.followers.append(lambda config: followed.extend(config.components))
        made = Made("components", "api", {"name": "API", "site": next(iter(one.world.config.sites))})
        await one.world.store.made.change([made], [], 1)
        await one.it.remake()
        assert {"api", OWN} <= one.world.recorder.shown.components.keys()
        assert (followed[-1], one.made) == ("api", [])
        assert await one.reload(SHOP + BLOG) == 1
        assert one.world.recorder.policy.components.keys() == {"shop", "blog", "api", OWN, ALERTS}


async def test_the_same_file_makes_nothing_anew(tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        assert await one.reload(SHOP + "# nothing\n") == 1
        assert one.made == []


async def test_what_only_a_restart_applies_is_said_at_each_reload(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as one:
        for _ in range(2):
            with caplog.at_level(logging.INFO):
                assert await one.reload("[prober]\nmax_probes = 7\n" + SHOP) == 1
        assert caplog.text.count("only a restart applies what has changed of prober.max_probes") == 2
        assert caplog.text.count("has changed; a restart is needed for prober.max_probes") == 2
        assert one.made == []


async def test_checks_of_an_account_that_is_held_from_now_on_are_built_anew(tmp_path: Path) -> None:
    async with running(tmp_path) as it:
        before = it.loop.probes["shop"]
        assert await it.reload(HELD + SHOP) == 1
        held = it.loop.probes["shop"]
        assert isinstance(held, GuardedProbe)
        assert await it.reload(HELD + SHOP + BLOG) == 1
        assert it.loop.probes["shop"] is held
        assert await it.reload(SHOP) == 1
        assert type(it.loop.probes["shop"]) is type(before)
