"""The daemon: puts the rooms together, starts them, and stops them in order."""

import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from socket import socket

import anyio
from anyio.abc import TaskGroup

from prober.clock import Clock
from prober.config import Config
from prober.core.schedule import Schedule
from prober.daemon.couriers import Couriers
from prober.daemon.loop import Loop
from prober.daemon.made import merged
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.reload import MakeApplications, Parts, Reload, built_notifiers, built_probes, counts, warn_of_orphans
from prober.daemon.serve import Replaceable, serving
from prober.daemon.service_manager import ServiceManager
from prober.daemon.upkeep import keep_awake, keep_small, keep_written
from prober.daemon.world import World
from prober.errors import StoreError
from prober.record import Recorder
from prober.store import Store

logger = logging.getLogger(__name__)

LAST_FLUSH_S = 5


async def run(
    config: Config,
    read: Callable[[], Config],
    listeners: Sequence[socket],
    make: MakeApplications,
    ready: Callable[[], None],
) -> None:
    """Watch until SIGTERM or SIGINT; on SIGHUP, `read` the configuration again and apply what differs.

    make: builds one application for each listener. ready: is called once everything is under way. Raises StoreError if
    the state can't be had.
    """
    manager = ServiceManager()
    async with AsyncExitStack() as stack:
        signals = stack.enter_context(anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        store = await stack.enter_async_context(Store.open(config.daemon.state_dir, secrets.token_bytes(32)))
        world = await _world(config, store)
        applications = [Replaceable(application) for application in await make(world)]
        await stack.enter_async_context(serving(dict(zip(listeners, applications, strict=True))))
        await stack.enter_async_context(_final_flush(world.recorder))
        tasks = await stack.enter_async_context(anyio.create_task_group())
        reload = Reload(world, await _started(world, tasks, manager, applications), read, make, manager)
        stack.callback(reload.close)
        world.remade.call = reload.remake
        tasks.start_soon(reload.keep)
        world.is_started = True
        manager.tell("READY=1", f"STATUS=watching {counts(world.policy)}")
        ready()
        await _told_to_stop(signals, reload)
        manager.tell("STOPPING=1", "STATUS=stopping")
        logger.info("stopping")
        tasks.cancel_scope.cancel()


async def _world(declared: Config, store: Store) -> World:
    config = await merged(declared, store)
    clock, policy = Clock(), config.policy()
    recorder = Recorder(store, await store.load(), policy)
    await recorder.reconfigure(policy, clock.now_ms())
    logger.info("epoch %d: watching %s", store.epoch, counts(policy))
    return World(config, declared, policy, recorder, store, clock, Meters(policy.checks, config.channels))


async def _started(
    world: World, tasks: TaskGroup, manager: ServiceManager, applications: Sequence[Replaceable]
) -> Parts:
    """Everything that runs by itself, and of it what can follow another configuration."""
    progress = Progress()
    couriers = Couriers(world, progress, tasks)
    couriers.follow(world.config, world.policy, built_notifiers(world.config, world.config.channels))
    world.recorder.on_shown(couriers.look)
    loop = _loop(world, progress)
    tasks.start_soon(keep_written, world.recorder, progress)
    tasks.start_soon(keep_awake, world.recorder, world.clock)
    tasks.start_soon(keep_small, world.store, world.clock)
    tasks.start_soon(loop.run)
    tasks.start_soon(manager.keep_watchdog, progress)
    await warn_of_orphans(world)
    return Parts(loop, couriers, applications)


def _loop(world: World, progress: Progress) -> Loop:
    intervals_ms = {id_: check.interval_ms for id_, check in world.policy.checks.items()}
    never_answered = intervals_ms.keys() - world.recorder.shown.checks.keys()
    schedule = Schedule(intervals_ms, world.clock.now_ms(), never_answered)
    limit = world.config.daemon.max_probes
    built = built_probes(world, world.config.checks)
    return Loop(built, schedule, world.recorder, world.clock, limit, world.meters, progress)


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


async def _told_to_stop(signals: AsyncIterator[signal.Signals], reload: Reload) -> None:
    async for number in signals:
        if number != signal.SIGHUP:
            return
        reload.ask()
