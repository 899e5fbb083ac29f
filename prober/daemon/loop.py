"""The scheduler's shell: starts what is due, on time, under a limit."""

import logging
from collections.abc import Collection, Mapping

import anyio
from anyio.abc import TaskGroup

from prober.clock import Clock
from prober.core.model import Due, Observation
from prober.core.schedule import Schedule
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.probes import Probe
from prober.record import Recorder

logger = logging.getLogger(__name__)

LOOK_EVERY_MS = 1_000  # at least this often, to follow the clock and to show that we live


class Loop:
    """Runs each check's probe at its slots until it is cancelled.

    limit: probes under way at once; those beyond it wait, and their waiting is lag, never charged to the target.
    A slot that comes while its check is still being probed is missed, and counted.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        schedule: Schedule,
        recorder: Recorder,
        clock: Clock,
        limit: int,
        meters: Meters,
        progress: Progress,
    ) -> None:
        self.probes = probes
        self._schedule = schedule
        self._recorder = recorder
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(limit)
        self._meters = meters
        self._progress = progress
        self._planned = anyio.Event()
        self._under_way: dict[str, anyio.CancelScope] = {}
        self._counted: dict[str, int] = {}

    async def run(self) -> None:
        """Never returns by itself."""
        async with anyio.create_task_group() as tasks:
            while True:
                self._follow_clock()
                self._start_due(tasks)
                self._progress.tick("scheduler")
                self._planned = anyio.Event()
                with anyio.move_on_after(self._rest_ms() / 1000):
                    await self._planned.wait()

    def follow(self, probes: Mapping[str, Probe], intervals_ms: Mapping[str, int], fresh: Collection[str]) -> None:
        """Run these checks from now on. fresh: those of them that are new or probe otherwise than before.

        A probe under way of a fresh check, or of one that is gone, is given up without an answer.
        """
        for id_, scope in self._under_way.items():
            if id_ in fresh or id_ not in probes:
                scope.cancel()
        self.probes = probes
        self._counted = {id_: slots for id_, slots in self._counted.items() if id_ in probes}
        self._schedule.follow(intervals_ms, self._clock.now_ms(), fresh)
        self._planned.set()

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

    def _start_due(self, tasks: TaskGroup) -> None:
        for due in self._schedule.pop_due(self._clock.now_ms()):
            if due.check not in self._under_way:
                self._under_way[due.check] = scope = anyio.CancelScope()
                tasks.start_soon(self._answer, due, self.probes[due.check], scope)
            elif self._schedule.is_on_grid(due):
                self._schedule.miss(due.check)
        self._count_missed()

    async def _answer(self, due: Due, probe: Probe, scope: anyio.CancelScope) -> None:
        try:
            with scope:
                observation = await self._probed(due, probe)
                if not scope.cancel_called:  # else the answer is to a question that is no longer asked
                    self._take(observation)
        finally:
            del self._under_way[due.check]

    async def _probed(self, due: Due, probe: Probe) -> Observation:
        async with self._limiter:
            self._meters.in_flight.inc()
            try:
                return await probe.probe(due)
            finally:
                self._meters.in_flight.dec()

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
                self._meters.missed.labels(check).inc(fresh)
                self._counted[check] = slots

    def _rest_ms(self) -> int:
        next_ms = self._schedule.next_ms()
        now_ms = self._clock.now_ms()
        until_ms = LOOK_EVERY_MS if next_ms is None else next_ms - now_ms
        return max(0, min(until_ms, LOOK_EVERY_MS))
