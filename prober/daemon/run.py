"""The daemon: puts the rooms together, starts them, and stops them in order."""

import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

import anyio
from anyio.abc import TaskGroup

from prober import notifiers, probes
from prober.clock import Clock
from prober.config import Config
from prober.core import ids
from prober.core.events import Decision
from prober.core.model import Policy
from prober.core.schedule import Schedule
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.outbox import Courier
from prober.daemon.progress import Progress
from prober.daemon.serve import Application, serving
from prober.daemon.service_manager import ServiceManager
from prober.daemon.upkeep import keep_awake, keep_small, keep_written
from prober.errors import StoreError
from prober.notifiers import Site
from prober.record import Recorder
from prober.store import Store

logger = logging.getLogger(__name__)

LAST_FLUSH_S = 5


@dataclass
class World:
    """What applications may look at: live state, store and figures of a daemon that is about to run."""

    config: Config
    policy: Policy
    recorder: Recorder
    store: Store
    clock: Clock
    meters: Meters
    is_started: bool = field(default=False)

    def not_ready(self) -> str | None:
        """Why the daemon is not ready, in one sentence; None if it is."""
        if not self.is_started:
            return "the schedule is not armed yet"
        return self.recorder.trouble


MakeApplications = Callable[[World], Awaitable[Sequence[Application]]]


async def run(
    config: Config, state_dir: Path, listeners: Sequence[socket], make: MakeApplications, ready: Callable[[], None]
) -> None:
    """Watch until SIGTERM or SIGINT. `ready` is called once everything is under way.

    make: builds one application for each listener. Raises StoreError if the state can't be had.
    """
    manager = ServiceManager()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(state_dir, secrets.token_bytes(32)))
        world = await _world(config, store)
        applications = await make(world)
        await stack.enter_async_context(serving(dict(zip(listeners, applications, strict=True))))
        await stack.enter_async_context(_final_flush(world.recorder))
        tasks = await stack.enter_async_context(anyio.create_task_group())
        await _start(world, tasks, manager, stack)
        world.is_started = True
        manager.tell("READY=1", f"STATUS=watching {_counts(world.policy)}")
        ready()
        await _told_to_stop()
        manager.tell("STOPPING=1", "STATUS=stopping")
        logger.info("stopping")
        tasks.cancel_scope.cancel()


async def _world(config: Config, store: Store) -> World:
    clock, policy = Clock(), config.policy()
    recorder = Recorder(store, await store.load(), policy)
    await recorder.reconfigure(policy, clock.now_ms())
    logger.info("epoch %d: watching %s", store.epoch, _counts(policy))
    return World(config, policy, recorder, store, clock, Meters(policy.checks, config.channels))


async def _start(world: World, tasks: TaskGroup, manager: ServiceManager, stack: AsyncExitStack) -> None:
    progress = Progress()
    couriers = [await _courier(world, channel, progress, stack) for channel in world.config.channels]

    def look(decisions: Sequence[Decision]) -> None:
        if any(decision.notices for decision in decisions):
            for courier in couriers:
                courier.look()

    world.recorder.on_shown(look)
    for courier in couriers:
        tasks.start_soon(courier.run)
    tasks.start_soon(keep_written, world.recorder, progress)
    tasks.start_soon(keep_awake, world.recorder, world.clock)
    tasks.start_soon(keep_small, world.store, world.clock)
    tasks.start_soon(_loop(world, progress).run)
    tasks.start_soon(manager.keep_watchdog, progress)
    await _warn_of_orphans(world)


def _loop(world: World, progress: Progress) -> Loop:
    checks = world.config.checks
    built = {id_: probes.kind(options.kind).build(options, world.clock) for id_, options in checks.items()}
    intervals_ms = {id_: check.interval_ms for id_, check in world.policy.checks.items()}
    never_answered = intervals_ms.keys() - world.recorder.shown.checks.keys()
    schedule = Schedule(intervals_ms, world.clock.now_ms(), never_answered)
    limit = world.config.daemon.max_probes
    return Loop(built, schedule, world.recorder, world.clock, limit, world.meters, progress)


async def _courier(world: World, channel: str, progress: Progress, stack: AsyncExitStack) -> Courier:
    options = world.config.channels[channel]
    notifier = notifiers.kind(options.kind).build(options)
    stack.push_async_callback(notifier.aclose)
    sites = {id_: Site(id_, ids.slug(f"site:{id_}"), site.name, site.url) for id_, site in world.config.sites.items()}
    return Courier(channel, notifier, world.store, sites, world.policy.components, world.clock, world.meters, progress)


async def _warn_of_orphans(world: World) -> None:
    depths = await world.store.outbox.depths()
    for channel, (depth, _) in depths.items():
        if channel not in world.config.channels:
            logger.warning("%d notices are owed to channel %s, which is no longer configured", depth, channel)


@asynccontextmanager
async def _final_flush(recorder: Recorder) -> AsyncIterator[None]:
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True), anyio.move_on_after(LAST_FLUSH_S):
            try:
                await recorder.flush()
            except StoreError as error:
                logger.error("the last observations could not be written: %s", error)  # noqa: TRY400


async def _told_to_stop() -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        async for number in signals:
            if number != signal.SIGHUP:
                return
            logger.warning("SIGHUP: the configuration is read at start only; restart to apply it, nothing is lost")


def _counts(policy: Policy) -> str:
    return f"{len(policy.checks)} checks of {len(policy.components)} components (process {os.getpid()})"
