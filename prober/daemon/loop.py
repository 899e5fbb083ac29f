"""The scheduler's shell: starts what is due, on time, under a limit."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from functools import partial

from prober.clock import Clock
from prober.core.model import Due, Observation
from prober.core.schedule import Schedule
from prober.daemon.gate import Gate, Limits, Place
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.probes import Probe
from prober.record import Recorder

logger = logging.getLogger(__name__)

LOOK_EVERY_MS = 1_000  # at least this often, to follow the clock and to show that we live


class Loop:
    """Runs each check's probe at its slots until it is cancelled.

    limits: probes under way at once; those beyond them wait, and their waiting is lag, never charged to the target.
    places: what each check shares with others; without one, it is under the limit over all only.
    A slot that comes while its check is still waiting or being probed is missed, and counted.

    A probe is a plain task of asyncio under one group: a task of anyio costs seven times as much (25 us).
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        schedule: Schedule,
        recorder: Recorder,
        clock: Clock,
        limits: Limits,
        meters: Meters,
        progress: Progress,
        places: Mapping[str, Place] = {},
    ) -> None:
        self.probes = probes
        self._schedule = schedule
        self._recorder = recorder
        self._clock = clock
        self._gate = Gate(limits, {id_: places.get(id_, Place()) for id_ in probes})
        self._meters = meters
        self._progress = progress
        self._planned = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._is_over = False
        self._under_way: dict[str, asyncio.Task[None] | None] = {}  # None: it waits for room
        self._counted: dict[str, int] = {}
        meters.in_flight.set_function(lambda: self._gate.under_way)
        meters.waiting.set_function(lambda: self._gate.waiting)
        meters.overload_ms = self._overload_ms

    async def run(self) -> None:
        """Never returns by itself."""
        async with self._tasks:
            try:
                while True:
                    self._follow_clock()
                    self._start_due()
                    self._progress.tick("scheduler")
                    await self._rest()
            finally:
                self._is_over = True

    def follow(
        self,
        probes: Mapping[str, Probe],
        intervals_ms: Mapping[str, int],
        fresh: Collection[str],
        places: Mapping[str, Place] = {},
    ) -> None:
        """Run these checks from now on. fresh: those of them that are new or probe otherwise than before.

        A probe under way of a fresh check, or of one that is gone, is given up without an answer.
        """
        for id_ in [id_ for id_ in self._under_way if id_ in fresh or id_ not in probes]:
            task = self._under_way[id_]
            if task is not None:
                task.cancel()
                task.add_done_callback(partial(self._given_up, id_))
            elif id_ not in probes:
                del self._under_way[id_]
        self.probes = probes
        self._gate.follow({id_: places.get(id_, Place()) for id_ in probes})
        self._counted = {id_: slots for id_, slots in self._counted.items() if id_ in probes}
        self._schedule.follow(intervals_ms, self._clock.now_ms(), fresh)
        self._planned.set()

    def look_now(self, check: str) -> None:
        """Probe a check as soon as there is room, beside the grid. One that is under way answers for it."""
        self._schedule.add(Due(check, self._clock.now_ms()))
        self._planned.set()

    def _overload_ms(self) -> int:
        """How long the first in the line has waited, if it is our own limit over all probes that holds it; else 0."""
        since_ms = self._gate.held_since_ms()
        return 0 if since_ms is None else max(0, self._clock.now_ms() - since_ms)

    def _follow_clock(self) -> None:
        jump_ms = self._clock.resync()
        if jump_ms:
            logger.warning("the system's clock jumped by %d ms: the schedule is planned anew", jump_ms)
            self._meters.clock_jumps.inc()
            now_ms = self._clock.now_ms()
            self._schedule.restart(now_ms)
            self._recorder.catch_up(
                now_ms
            )  # nobody watched while the machine slept, and the moment it wants to be woken at may be far off now

    def _start_due(self) -> None:
        for due in self._schedule.pop_due(self._clock.now_ms()):
            if due.check not in self._under_way:
                self._under_way[due.check] = None
                if self._gate.enter(due):
                    self._start(due)
            elif self._schedule.is_on_grid(due):
                self._schedule.miss(due.check)
        if self._schedule.missed:
            self._count_missed()

    def _start(self, due: Due) -> None:
        self._under_way[due.check] = self._tasks.create_task(self._answer(due, self.probes[due.check]))

    async def _answer(self, due: Due, probe: Probe) -> None:
        task, took_us = self._under_way[due.check], None
        try:
            observation = await probe.probe(due)
            took_us = observation.took_us
        finally:
            self._ended(due.check, took_us)
        if task is None or not task.cancelling():  # else the answer is to a question that is no longer asked
            self._take(observation)

    def _ended(self, check: str, took_us: int | None) -> None:
        self._under_way.pop(check, None)
        for due in self._gate.leave(check, took_us):
            if not self._is_over:
                self._start(due)

    def _given_up(self, check: str, task: asyncio.Task[None]) -> None:
        """A task that is cancelled before its first step never takes it, nor comes to its end."""
        if self._under_way.get(check) is task:
            self._ended(check, None)

    def _take(self, observation: Observation) -> None:
        self._meters.lag.observe(max(observation.started_ms - observation.scheduled_ms, 0) / 1000)
        self._recorder.observe((observation,))
        self._confirm(observation.check)

    def _confirm(self, check: str) -> None:
        """Plan what makes a failure sure sooner, and look at once if that is soon."""
        found = self._recorder.confirmations(check)
        for due in found:
            self._schedule.add(due)
        if found:
            self._planned.set()

    def _count_missed(self) -> None:
        for check, slots in self._schedule.missed.items():
            fresh = slots - self._counted.get(check, 0)
            if fresh:
                self._meters.missed[check] += fresh
                self._counted[check] = slots

    async def _rest(self) -> None:
        """Until the next slot, or until something is planned beside the grid."""
        timer = asyncio.get_running_loop().call_later(self._rest_ms() / 1000, self._planned.set)
        try:
            await self._planned.wait()
        finally:
            timer.cancel()
        self._planned.clear()

    def _rest_ms(self) -> int:
        next_ms = self._schedule.next_ms()
        now_ms = self._clock.now_ms()
        until_ms = LOOK_EVERY_MS if next_ms is None else next_ms - now_ms
        return max(0, min(until_ms, LOOK_EVERY_MS))
