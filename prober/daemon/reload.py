"""Applies the configuration file to the daemon that runs: as a whole or not at all, and only what differs.

The rules:

1. All that can fail is done first: the file is read and judged, what it needs is built, its pages are prepared. If any
   of that fails, what runs goes on untouched, and the trouble is told.
2. Then everything changes between two probes: judgement (which closes what is no longer configured), schedule,
   couriers, figures, pages. A check or channel that is as it was is not touched: it keeps its probe, its slots, its
   streaks, its attempts under way.
3. What only a restart can apply stays as it runs, and is named.
"""

import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import ip_network
from typing import NamedTuple

import anyio
from anyio import to_thread

from prober import notifiers, probes
from prober.config import Config, Difference, Table, applicable, difference, restart_keys
from prober.core.own import with_own
from prober.core.policy import Policy
from prober.daemon.couriers import Couriers
from prober.daemon.garbage import settle
from prober.daemon.gate import Place
from prober.daemon.loop import Loop
from prober.daemon.made import merged
from prober.daemon.serve import Application, Replaceable
from prober.daemon.service_manager import ServiceManager
from prober.daemon.world import Hook, World
from prober.errors import ConfigError, ProberError, StoreError
from prober.notifiers import Notifier
from prober.probes import Listener, Probe
from prober.probes.guarded import GuardedProbe
from prober.wire.guard import Guard

_PORT = re.compile(r"(?<!:):[0-9]+$")  # of "host:port" and "[::1]:port"

logger = logging.getLogger(__name__)

MakeApplications = Callable[[World], Awaitable[Sequence[Application]]]


class Parts(NamedTuple):
    """What runs and can follow another configuration."""

    loop: Loop
    couriers: Couriers
    applications: Sequence[Replaceable]


class _New(NamedTuple):
    """What another configuration needs, ready to take over. probes, notifiers: of what is new or changed."""

    world: World
    probes: dict[str, Probe]
    notifiers: dict[str, Notifier]
    applications: Sequence[Application]


class Reload:
    """Reads the configuration again whenever it is asked to.

    read: what the file says now; raises ConfigError with every mistake it has. make: as for `run`.
    """

    def __init__(
        self, world: World, parts: Parts, read: Callable[[], Config], make: MakeApplications, manager: ServiceManager
    ) -> None:
        self._world = world
        self._parts = parts
        self._read = read
        self._make = make
        self._manager = manager
        self._applied = ""  # by the latest reload, in one line
        self._asked = anyio.Event()
        self._applying = anyio.Lock()
        self._succeeded()

    def ask(self) -> None:
        """Read it as soon as possible. Asking twice before that is asking once."""
        self._asked.set()

    async def keep(self) -> None:
        """Never returns by itself."""
        while True:
            await self._asked.wait()
            self._asked = anyio.Event()
            await self._told()

    async def measure(self) -> None:
        """Have shown what is measured, under whichever configuration holds. Raises StoreError."""
        await self._world.measured.call()

    async def now(self) -> str:
        """Read it at once, and say what has been applied. Raises ConfigError with everything that speaks against it
        while what runs goes on.
        """
        mistakes = await self._told()
        if mistakes:
            raise ConfigError(mistakes)
        return self._applied

    async def _told(self) -> Sequence[str]:
        """Reload, and tell the service manager; what speaks against it, nothing if it holds."""
        self._manager.tell("RELOADING=1", f"MONOTONIC_USEC={self._world.clock.monotonic_ns() // 1000}")
        status, mistakes = await self._status()
        self._manager.tell("READY=1", f"STATUS={status}")
        return mistakes

    async def _status(self) -> tuple[str, Sequence[str]]:
        """Reload, tell how that went, and give it in one line, with all that speaks against it."""
        mistakes: Sequence[str] = ()
        try:
            async with self._applying:
                self._applied = await self._reload()
        except ConfigError as error:
            for mistake in error.mistakes:
                logger.error("not reloaded: %s", mistake)  # noqa: TRY400
            trouble, mistakes = _counted(error.mistakes), error.mistakes
        except (ProberError, OSError) as error:
            logger.error("not reloaded: %s", error)  # noqa: TRY400
            trouble = str(error)
        except Exception:
            logger.exception("not reloaded, by a mistake in prober")
            trouble = "a mistake in prober"
        else:
            self._succeeded()
            settle()
            logger.info("reloaded: %s", self._applied)
            return f"watching {counts(self._world.policy)}", ()
        self._world.meters.reload_success.set(0)
        self._world.meters.reload_trouble = trouble
        logger.error("the configuration is not reloaded, what runs goes on: %s", trouble)
        status = f"watching {counts(self._world.policy)}; the new configuration was refused: {trouble}"
        return status, mistakes or [trouble]

    def _succeeded(self) -> None:
        self._world.meters.reload_success.set(1)
        self._world.meters.reload_trouble = None
        self._world.meters.reloaded.set(self._world.clock.now_ms() / 1000)

    async def _reload(self) -> str:
        """What has been applied, and what was not, in one line."""
        read = await to_thread.run_sync(self._read)
        before = self._world.config
        left = restart_keys(difference(self._world.declared, read))
        if left:
            logger.warning("only a restart applies what has changed of %s", ", ".join(left))
        declared = applicable(read, before)
        config = await merged(declared, self._world.store)
        found = difference(before, config)
        rest = f"; a restart is needed for {', '.join(left)}" if left else ""
        if not found:
            return f"nothing that a reload applies has changed{rest}"
        self._take_over(new := await self._prepared(config, declared, found))
        try:
            await new.world.recorder.reconfigure(with_own(new.world.policy), new.world.clock.now_ms())
        except StoreError as error:
            logger.warning("the new configuration holds, what it changes can't be written yet: %s", error)
        await warn_of_orphans(new.world)
        return "; ".join(map(str, found.values())) + rest

    async def remake(self) -> None:
        """Let what was made through the API hold by now. Pages live on, and so does whoever reads them.

        Raises StoreError if it can't be read.
        """
        async with self._applying:
            world = self._world
            config = await merged(world.declared, world.store)
            fresh = built_notifiers(config, _fresh(difference(world.config, config), "channels"))
            world.config, world.policy = config, config.policy()
            self._parts.couriers.follow(config, world.policy, fresh)
            for follow in world.followers:
                follow(config)
            try:
                await world.recorder.reconfigure(with_own(world.policy), world.clock.now_ms())
            except StoreError as error:
                logger.warning("what was made holds, what it changes can't be written yet: %s", error)

    def close(self) -> None:
        """The daemon stops: end what applications do by themselves, so that nobody waits for it."""
        self._world.ended.close()

    async def _prepared(self, config: Config, declared: Config, found: Difference) -> _New:
        """All that can fail; if it does, nothing of it is left."""
        world = replace(
            self._world,
            config=config,
            declared=declared,
            policy=config.policy(),
            ended=ExitStack(),
            followers=[],
            measured=Hook(),
        )
        with ExitStack() as undo:
            undo.callback(world.ended.close)
            fresh_probes = built_probes(world, _fresh(found, "checks") | _guarded_anew(self._world.config, config))
            async with world.recorder.quiet():
                applications = await self._make(world)
            new = _New(world, fresh_probes, built_notifiers(config, _fresh(found, "channels")), applications)
            undo.pop_all()
        return new

    def _take_over(self, new: _New) -> None:
        """All at once: nothing in here waits. Judgement by the new policy must follow without a wait as well."""
        world, parts = new.world, self._parts
        for part, application in zip(parts.applications, new.applications, strict=True):
            part.application = application
        self._world.ended.close()
        self._world = world
        kept = {id_: probe for id_, probe in parts.loop.probes.items() if id_ in world.config.checks}
        intervals_ms = {id_: check.interval_ms for id_, check in world.policy.checks.items()}
        world.pings.follow(kept | new.probes)
        parts.loop.follow(kept | new.probes, intervals_ms, new.probes.keys(), places(world.config))
        parts.couriers.follow(world.config, world.policy, new.notifiers)
        world.meters.watch(world.config.checks)


def _fresh(found: Difference, table: str) -> frozenset[str]:
    return found.get(table, Table(table)).fresh


def built_probes(world: World, checks: Iterable[str]) -> dict[str, Probe]:
    """A prober for each of these checks."""
    options, guarded = {id_: world.config.checks[id_] for id_ in checks}, world.config.guarded()
    built = {id_: probes.kind(one.kind).build(one, world.clock) for id_, one in options.items()}
    return {
        id_: GuardedProbe(one, Guard([ip_network(text) for text in guarded[id_]]))
        if id_ in guarded and not isinstance(one, Listener)
        else one
        for id_, one in built.items()
    }


def _guarded_anew(before: Config, after: Config) -> set[str]:
    """The checks that may reach other addresses than before."""
    old, new = before.guarded(), after.guarded()
    return {id_ for id_ in after.checks if id_ in before.checks and old.get(id_) != new.get(id_)}


def places(config: Config) -> dict[str, Place]:
    """What each check shares with others: the host of what it probes, and its kind."""
    return {id_: Place(_host(one.target()), one.kind) for id_, one in config.checks.items()}


def _host(target: str) -> str:
    place = target.partition("://")[2] or target
    return _PORT.sub("", place.partition("/")[0])


def built_notifiers(config: Config, channels: Iterable[str]) -> dict[str, Notifier]:
    """A sender for each of these channels."""
    options = {id_: config.channels[id_] for id_ in channels}
    return {id_: notifiers.kind(one.kind).build(one) for id_, one in options.items()}


async def warn_of_orphans(world: World) -> None:
    """Tell of channels that are owed notices and are not configured."""
    try:
        depths = await world.store.outbox.depths()
    except StoreError as error:
        logger.warning("the outbox can't be read: %s", error)
        return
    for channel, (depth, _) in depths.items():
        if channel not in world.config.channels:
            logger.warning("%d notices are owed to channel %s, which is not configured", depth, channel)


def counts(policy: Policy) -> str:
    """What is watched, in a few words."""
    return f"{len(policy.checks)} checks of {len(policy.components)} components (process {os.getpid()})"


def _counted(mistakes: Sequence[str]) -> str:
    return f"{len(mistakes)} mistake{'' if len(mistakes) == 1 else 's'} in it"
