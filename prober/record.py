"""The one door to the state: everything that happens enters here, is judged at once, and written in groups.

Two speeds. A *steady* observation changes nothing: it waits in a buffer for the next flush. A *change* is judged at
once, and is shown, counted and sent only when it is on the disk. The verdict never waits for the store: while the store
does not take writes, judgement goes on, the buffer is bounded, and the trouble is our own.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio

from prober.core.blame import attributed
from prober.core.confirm import confirmations
from prober.core.events import Configured, Decision, Event, Observed, Ordered, Rule, Subject, Woke
from prober.core.heartbeat import Heard
from prober.core.model import CheckState, Due, Observation, Outcome, Status
from prober.core.policy import Policy
from prober.core.reason import FailureClass
from prober.core.spread import Spread
from prober.core.state import State
from prober.core.step import step
from prober.errors import StoreError
from prober.store import Batch, Store
from prober.store.audit import Placed
from prober.store.capsule import Capsule, capsules

logger = logging.getLogger(__name__)

OBSERVATIONS_AT_ONCE = 10_000  # so many don't wait for the next flush: a change must not wait for long behind them
OBSERVATIONS_BUFFERED = 100_000  # what waits at most while the store is stuck; then the oldest are given up

_DEPTHS = {str(status): status.depth for status in Status}  # but of what is not known yet

Listener = Callable[[Sequence[Decision]], None]


class Recorder:
    """Live state, judgement and group commit.

    policy: what holds now. latest: each check's latest observation. probed, failed: observations of each check since
    start, and those of them that were down by the target's fault; failed_by: the same by what failed. took: how long
    good answers of each check took. moved: changes of what each component shows. detected_ms: how long the latest
    trouble of each took, at most, from its beginning to the verdict. shown: the state as far as it is on the disk.
    heard: what is known of checks whose targets report by themselves. timed: is told how long a write took.
    """

    def __init__(self, store: Store, state: State, policy: Policy) -> None:
        self.policy = policy
        self.latest: dict[str, Observation] = {}
        self.probed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.failed_by: Counter[tuple[str, FailureClass]] = Counter()
        self.took: dict[str, Spread] = {}
        self.moved: Counter[str] = Counter()
        self.detected_ms: dict[str, int] = {}
        self.refused = 0  # writes that the store has not taken
        self.timed: Callable[[float], object] = lambda _: None
        self.heard: dict[str, Heard] = {}
        self.lost = 0  # observations given up because the store was stuck
        self.trouble: str | None = None
        self.begun, self.ended = 0, 0  # writes, whether they were taken or refused
        self.shown = state.copy()
        self._state = state
        self._store = store
        self._listeners: list[Listener] = []
        self._observations: deque[Observation] = deque()
        self._streaks: dict[str, CheckState] = {}
        self._decisions: list[Decision] = []
        self._told: dict[str, Mapping[str, object]] = {}  # capsules of answers that have changed no verdict yet
        self._capsules: list[Capsule] = []
        self._placed: list[Placed] = []
        self._reports: dict[str, Heard] = {}
        self._is_behind = False  # something the disk should know has moved
        self._changed = anyio.Event()
        self._flushing = anyio.Lock()

    def on_shown(self, listener: Listener) -> Callable[[], None]:
        """Call listener(decisions) after each commit of visible decisions, once `shown` has them; until what this
        returns is called.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Write and show nothing until the end of the block: what is read from the store in it is what is shown.
        Judgement goes on; do not flush or record within.
        """
        async with self._flushing:
            yield

    # ------------------------------------------------------------ in

    def observe(self, observations: Iterable[Observation]) -> None:
        """Take observations from a prober. Never waits."""
        for observed in observations:
            observation = attributed(self._state, observed, self.policy)
            self.latest[observation.check] = observation
            self._count(observation)
            self._observations.append(observation)
            event = Observed(observation)
            self._state.watched_ms = event.at_ms
            decision = self._judge(event)
            if observation.capsule is not None:
                self._told[observation.check] = observation.capsule
            if decision is not None and decision.changes:
                self._keep(decision, observation)
        if len(self._observations) >= OBSERVATIONS_AT_ONCE:
            self._changed.set()
        while len(self._observations) > OBSERVATIONS_BUFFERED:
            self._observations.popleft()
            self.lost += 1

    def _count(self, seen: Observation) -> None:
        check = seen.check
        self.probed[check] += 1
        self.failed[check] += seen.outcome is Outcome.DOWN
        if seen.outcome is Outcome.DOWN:
            kind = FailureClass.PROTOCOL if seen.reason is None else seen.reason.failure_class
            self.failed_by[check, kind] += 1
        elif seen.outcome is not Outcome.UNKNOWN:
            if check not in self.took:
                self.took[check] = Spread()
            self.took[check].add(seen.took_us)

    def _keep(self, decision: Decision, seen: Observation) -> None:
        """What there is to show of an answer that changed a verdict: the first one of its like had more."""
        found = capsules(decision, seen._replace(capsule=self._told.get(seen.check)))
        if found:
            self._capsules += found
            self._told.pop(seen.check, None)

    def hear(self, heard: Heard) -> None:
        """Take what is known of a job after its report. Never waits; it is written with the next flush."""
        self.heard[heard.check] = self._reports[heard.check] = heard

    def confirmations(self, check: str) -> list[Due]:
        """What is to be probed beside the grid after that check's latest observation."""
        observation = self.latest.get(check)
        return [] if observation is None else confirmations(self._state, observation, self.policy)

    def wake(self, event: Woke) -> None:
        """Take the news that a moment has come. Never waits."""
        self._judge(event)

    def catch_up(self, at_ms: int) -> None:
        """Take the news that the clock has jumped to that moment: the machine slept, or was told the time."""
        self._judge(Configured(at_ms, self._state.watched_ms))

    async def record(self, event: Event) -> Decision | None:
        """Take one event and return when what it changed is on the disk. Raises StoreError if that fails now;
        the change then stands all the same, and is written when the store recovers.
        """
        decision = self._judge(event)
        if decision is not None:
            await self.flush()
        return decision

    async def reconfigure(self, policy: Policy, at_ms: int, watched_ms: int | None = None) -> Decision | None:
        """Judge by another policy from now on; at the start as well, with the one that holds.

        watched_ms: at the start, until when was watched before it, as the store has it; None = nothing was missed.
        Figures of checks that it does not have are forgotten. Raises StoreError as `record` does.
        """
        self.policy = policy
        for figures in (self.latest, self.probed, self.failed, self.took, self.heard, self._told):
            for id_ in [id_ for id_ in figures if id_ not in policy.checks]:
                del figures[id_]
        for key in [key for key in self.failed_by if key[0] not in policy.checks]:
            del self.failed_by[key]
        by_component: tuple[dict[str, int], ...] = (self.moved, self.detected_ms)
        for counts in by_component:
            for id_ in [id_ for id_ in counts if id_ not in policy.components]:
                del counts[id_]
        return await self.record(Configured(at_ms, watched_ms))

    def _judge(self, event: Event) -> Decision | None:
        decision = step(self._state, event, self.policy)
        if decision is None:
            return None
        self._state.apply(decision)
        self._is_behind = True
        if decision.is_visible:
            self._decisions.append(decision)
            if isinstance(event, Ordered):
                self._placed.append(Placed(decision.seq, event.at_ms, event.order, event.channels))
            for id_ in _replaced(decision):
                self._streaks.pop(id_, None)
            self._changed.set()
        else:
            self._streaks.update((check.check, check) for check in decision.checks)
        return decision

    # ------------------------------------------------------------ out

    @property
    def unwritten(self) -> int:
        """Raw observations that are not on the disk, less those of a write under way."""
        return len(self._observations)

    @property
    def wake_ms(self) -> int | None:
        """When the core next wants a Woke event; None = not at all."""
        return self._state.wake_ms

    async def changed(self) -> None:
        """Wait until there is something to flush that must not wait."""
        await self._changed.wait()

    async def flush(self) -> None:
        """Write all that waits as one transaction, then show it. Raises StoreError, and keeps it, if that fails."""
        async with self._flushing:
            self._changed = anyio.Event()
            if not (self._is_behind or self._observations or self._reports):
                return
            batch = self._taken()
            self.begun += 1
            begun_s = time.monotonic()
            try:
                await self._store.write(batch)
            except StoreError as error:
                self._put_back(batch)
                self.trouble = str(error)
                self.refused += 1
                raise
            finally:
                self.ended += 1
            self.timed(time.monotonic() - begun_s)
            self.trouble = None
            self._show(batch)

    def _taken(self) -> Batch:
        """All that waits. What comes while it is written waits for the next flush."""
        state = self._state
        streaks = tuple(self._streaks.values())
        reached = (state.seq, state.next_num, state.handled_ms, state.watched_ms)
        heard = tuple(self._reports.values())
        batch = Batch(self._decisions, streaks, self._observations, *reached, heard, self._capsules, self._placed)
        self._decisions, self._observations, self._capsules, self._placed = [], deque(), [], []
        self._streaks, self._reports = {}, {}
        self._is_behind = False
        return batch

    def _put_back(self, batch: Batch) -> None:
        """What the store refused, before what came meanwhile; a row that a newer decision replaced is let go."""
        replaced = {id_ for decision in self._decisions for id_ in _replaced(decision)}
        older = {check.check: check for check in batch.checks if check.check not in replaced}
        self._decisions = [*batch.decisions, *self._decisions]
        self._streaks = older | self._streaks
        self._capsules = [*batch.capsules, *self._capsules]
        self._placed = [*batch.placed, *self._placed]
        self._observations = deque([*batch.observations, *self._observations])
        self._reports = {heard.check: heard for heard in batch.heard} | self._reports
        self._is_behind = True
        self._changed.set()

    def _show(self, batch: Batch) -> None:
        for decision in batch.decisions:
            self.shown.apply(decision)
            self.moved.update(change.id for change in decision.changes if change.subject is Subject.COMPONENT)
            self._measure(decision)
        for check in batch.checks:
            self.shown.checks[check.check] = check
        self.shown.watched_ms = batch.watched_ms
        if batch.decisions:
            for listener in self._listeners:
                listener(batch.decisions)

    def _measure(self, decision: Decision) -> None:
        """How long it took to detect what checks say is trouble: it may have begun just after the slot before."""
        for change in (one for one in decision.changes if one.subject is Subject.COMPONENT):
            is_deeper = _DEPTHS.get(change.after, 0) > _DEPTHS.get(change.before, _DEPTHS[Status.MAJOR])
            if change.rule is Rule.FROM_CHECKS and is_deeper:
                checks = (check for check in self.policy.checks.values() if check.component == change.id)
                slot_ms = max((check.interval_ms for check in checks), default=0)
                self.detected_ms[change.id] = change.at_ms - change.since_ms + slot_ms


def _replaced(decision: Decision) -> list[str]:
    """The checks whose row a decision makes anew or ends: a streak from before it must not be written after it."""
    gone = (id_ for subject, id_ in decision.gone if subject is Subject.CHECK)
    return [*(check.check for check in decision.checks), *gone]
