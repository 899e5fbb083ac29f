"""The daemon: puts the rooms together, starts them, and stops them in order."""

import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from socket import socket
from ssl import SSLContext

import anyio
from anyio.abc import TaskGroup

from prober.clock import Clock
from prober.config import Config
from prober.core.own import with_own
from prober.core.schedule import Schedule
from prober.daemon.alert_path import AlertPath
from prober.daemon.backups import keep_backed_up
from prober.daemon.connection import Connection, PageConnection
from prober.daemon.control import ControlConnection, controlled
from prober.daemon.couriers import Couriers
from prober.daemon.garbage import settle
from prober.daemon.gate import Limits
from prober.daemon.heartbeat import Heartbeat
from prober.daemon.hold import Hold, held, keep_count
from prober.daemon.loop import Loop
from prober.daemon.made import merged
from prober.daemon.meters import Meters
from prober.daemon.own_figures import keep_sized, keep_timed
from prober.daemon.own_trouble import keep_honest
from prober.daemon.progress import Progress
from prober.daemon.reload import (
    MakeApplications,
    Parts,
    Reload,
    built_notifiers,
    built_probes,
    counts,
    places,
    warn_of_orphans,
)
from prober.daemon.serve import Replaceable, serving
from prober.daemon.served_by import served_by
from prober.daemon.service_manager import ServiceManager
from prober.daemon.space import Space
from prober.daemon.turns import keep_turns_short
from prober.daemon.upkeep import Kept, keep_awake, keep_measured, keep_small, keep_told, keep_written
from prober.daemon.world import World
from prober.errors import StoreDamagedError, StoreError, StoreFullError
from prober.record import Recorder
from prober.store import FOLDER, MIB, Ballast, Starts, Store, surroundings
from prober.wire.uplink import watching

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

    listeners: the page's, then the others. make: builds one application for each, and one for the control socket.
    ready: is called once everything is under way. Raises StoreError if the state can't be had.
    """
    manager = ServiceManager()
    keep_turns_short()
    async with AsyncExitStack() as stack:
        signals = stack.enter_context(anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        directory, now_ms = config.daemon.state_dir, Clock().now_ms()
        space = Space(Ballast(directory, config.daemon.ballast * MIB))
        store = await _opened(stack, config, now_ms, space)
        tell_surroundings(directory)
        starts = Starts(directory)
        world = await _world(config, store, held(starts, now_ms, config.daemon.safe_mode_after))
        applications = [Replaceable(application) for application in await make(world)]
        control = stack.enter_context(controlled(directory))
        served = dict(zip(listeners, applications, strict=False))
        kinds: dict[socket, type[Connection]] = {listeners[0]: PageConnection}
        if control is not None:
            served[control], kinds[control] = applications[-1], ControlConnection
        await stack.enter_async_context(serving(served, secured(config, listeners), kinds))
        await stack.enter_async_context(_final_flush(world.recorder))
        stack.enter_context(watching(world.clock.monotonic_ns))
        tasks = await stack.enter_async_context(anyio.create_task_group())
        reload = Reload(world, await _started(world, tasks, manager, applications, space), read, make, manager)
        stack.callback(reload.close)
        world.remade.call = reload.remake
        world.reread.call = reload.now
        tasks.start_soon(reload.keep)
        tasks.start_soon(keep_measured, reload.measure)
        tasks.start_soon(space.keep, world.meters)
        tasks.start_soon(keep_count, starts, world.hold, world.meters)
        world.is_started = True
        settle()
        manager.tell("READY=1", f"STATUS=watching {counts(world.policy)}")
        ready()
        await _told_to_stop(signals, reload)
        manager.tell("STOPPING=1", "STATUS=stopping")
        logger.info("stopping")
        starts.end()
        tasks.cancel_scope.cancel()


def secured(config: Config, listeners: Sequence[socket]) -> dict[socket, SSLContext]:
    """By which TLS the listener of metrics is served, if it is. Raises ProberError."""
    settings = config.daemon
    if settings.metrics_cert is None:
        return {}
    return {listeners[-1]: served_by(settings.metrics_cert, settings.metrics_cert_key)}


async def _opened(stack: AsyncExitStack, config: Config, now_ms: int, space: Space) -> Store:
    """The state; where there is no room even after all is given up, as it can be read."""

    async def opened(*, may_be_cramped: bool = False) -> Store:
        identity, directory = secrets.token_bytes(32), config.daemon.state_dir
        one = Store.open(directory, identity, now_ms, _backups(config), may_be_cramped=may_be_cramped)
        return await stack.enter_async_context(one)

    try:
        return await space.making(opened)
    except StoreFullError:
        store = await opened(may_be_cramped=True)
        logger.error("the disk is full: what is stored is served, and what happens is kept in memory; make room now")  # noqa: TRY400
        return store


def tell_surroundings(directory: Path) -> None:
    """What the state stands on, in the log."""
    found = surroundings(directory)
    logger.info("SQLite %s on %s, %d MiB free", found.sqlite, found.file_system, found.free // MIB)
    if found.is_network:
        logger.warning(
            "%s is on a network file system (%s): its locks may not hold, and the database be lost; use a local disk",
            directory,
            found.file_system,
        )


async def _world(declared: Config, store: Store, hold: Hold) -> World:
    config = await merged(declared, store)
    clock, policy = Clock(), config.policy()
    state = await store.load()
    recorder = Recorder(store, state, with_own(policy))
    try:
        await recorder.reconfigure(with_own(policy), clock.now_ms(), state.watched_ms)
    except StoreDamagedError:
        raise
    except StoreError as error:
        logger.error("nothing can be written at the start, what happens is kept in memory: %s", error)  # noqa: TRY400
    logger.info("epoch %d: watching %s", store.epoch, counts(policy))
    meters = Meters(policy.checks, config.channels)
    meters.safe_mode.set(hold.is_on)
    meters.queue.set_function(lambda: store.waiting)
    recorder.timed = meters.commits.observe
    return World(config, declared, policy, recorder, store, clock, meters, hold=hold)


async def _started(
    world: World, tasks: TaskGroup, manager: ServiceManager, applications: Sequence[Replaceable], space: Space
) -> Parts:
    """Everything that runs by itself, and of it what can follow another configuration."""
    progress = Progress()
    couriers = Couriers(world, progress, tasks)
    couriers.follow(world.config, world.policy, built_notifiers(world.config, world.config.channels))
    world.recorder.on_shown(couriers.look)
    loop = _loop(world, progress)
    world.pings.follow(loop.probes)
    world.eyes.call = loop.look_now
    await _hear_again(world)
    tasks.start_soon(keep_written, world.recorder, progress, space)
    tasks.start_soon(keep_told, world.recorder)
    tasks.start_soon(keep_awake, world.recorder, world.clock)
    tasks.start_soon(keep_honest, world.recorder, world.clock, world.meters)
    tasks.start_soon(keep_timed, world.clock, world.meters)
    tasks.start_soon(keep_sized, world.store, world.meters)
    history = world.config.history
    kept = Kept(history.raw, history.minutes, history.hours, history.notices)
    tasks.start_soon(keep_small, world.store, world.clock, kept)
    if (every_ms := world.config.backup.every) is not None:
        directory, keep = world.store.path.parent, world.config.backup.keep
        folder = _backups(world.config)
        tasks.start_soon(keep_backed_up, directory, folder, every_ms, keep, world.clock, world.meters)
    tasks.start_soon(loop.run)
    tasks.start_soon(manager.keep_watchdog, progress)
    watch = AlertPath(lambda: couriers.config, world.recorder, world.store, world.clock, world.meters)
    tasks.start_soon(watch.keep)
    tasks.start_soon(_heartbeat(world, progress, couriers).keep)
    await warn_of_orphans(world)
    return Parts(loop, couriers, applications)


def _backups(config: Config) -> Path:
    return config.backup.directory or config.daemon.state_dir / FOLDER


def _heartbeat(world: World, progress: Progress, couriers: Couriers) -> Heartbeat:
    settings = world.config.daemon
    url = None if settings.heartbeat_url is None else settings.heartbeat_url.get_secret_value()
    return Heartbeat(url, settings.heartbeat_every, progress, world.store, couriers.channels, world.clock, world.meters)


def _loop(world: World, progress: Progress) -> Loop:
    intervals_ms = {id_: check.interval_ms for id_, check in world.policy.checks.items()}
    never_answered = intervals_ms.keys() - world.recorder.shown.checks.keys()
    schedule = Schedule(intervals_ms, world.clock.now_ms(), never_answered)
    of_all = world.config.daemon
    limits = Limits(of_all.max_probes, of_all.max_probes_per_host, of_all.max_probes_per_kind)
    built = built_probes(world, world.config.checks)
    found = places(world.config)
    return Loop(built, schedule, world.recorder, world.clock, limits, world.meters, progress, found)


async def _hear_again(world: World) -> None:
    """Goes on with what was heard of jobs before, and makes allowance for the time we were away."""
    heard = await world.store.heard()
    seen_ms = await world.store.last_seen_ms()
    world.pings.resume(heard, seen_ms, world.clock.now_ms())


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
