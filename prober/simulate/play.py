"""Plays a world through core.step as the daemon would, with virtual time.

Two clocks: the true one, in which things happen, and ours, which may jump. Probes start at the slots of the schedule,
answers are judged when they are complete, failures are confirmed, and the core is woken at the moments it names.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import NamedTuple

from prober.core.confirm import confirmations
from prober.core.events import Configured, Decision, Event, Observed, Woke
from prober.core.model import ComponentState, Due, Incident, NoticeReason, Observation
from prober.core.policy import Policy
from prober.core.reason import Reason
from prober.core.schedule import Schedule
from prober.core.state import State
from prober.core.step import step
from prober.simulate.world import WELL, Answer, Happening, What, World

IDENTITY = b"simulation"
USUAL_MS = 50  # how long an answer takes if nothing is said of it
_TIMES_OUT = frozenset({Reason.CONNECT_TIMEOUT, Reason.DNS_TIMEOUT, Reason.TLS_TIMEOUT, Reason.HTTP_TIMEOUT})

Listener = Callable[[Event, Decision | None, Policy], None]


class Page(NamedTuple):
    """An incident was opened, or opened again. at_ms, proof_ms: in true time; proof_ms: of the first failing probe."""

    at_ms: int
    proof_ms: int
    component: str
    num: int
    is_again: bool


@dataclass
class Run:
    """What came of a world. Times are true ones.

    incidents: as they were at the end, by num. shown: what each component showed from when on.
    told: notices, by reason.
    """

    world: World
    probes: int = 0
    missed: int = 0
    pages: list[Page] = field(default_factory=list)
    incidents: dict[int, Incident] = field(default_factory=dict)
    troubled: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    shown: dict[str, list[tuple[int, ComponentState]]] = field(default_factory=dict)
    told: Counter[NoticeReason] = field(default_factory=Counter)


def play(world: World, listen: Listener | None = None) -> Run:
    """Run the world from its start to its end. listen: told of every event, before the next."""
    player = _Player(world, listen)
    player.start(world.from_ms)
    for happening in world.happenings:
        if happening.at_ms >= world.until_ms:
            break
        player.advance(happening.at_ms)
        player.happen(happening)
    player.advance(world.until_ms)
    return player.run


def _start_ms(schedule: Schedule, end_ms: int) -> int:
    """When the next probes start, at most end_ms."""
    next_ms = schedule.next_ms()
    return end_ms if next_ms is None or next_ms > end_ms else next_ms


class _Player:
    """The daemon's part, and the targets'."""

    def __init__(self, world: World, listen: Listener | None) -> None:
        self.run = Run(world)
        self.policy = world.policy
        self.state = State(identity=IDENTITY)
        self._timeouts_ms = world.timeouts_ms
        self._usual_ms = {id_: min(USUAL_MS, timeout_ms) for id_, timeout_ms in world.timeouts_ms.items()}
        self._listen = listen
        self._schedule: Schedule | None = None  # None = the daemon is off
        self._ahead_ms = 0  # of our clock, before the true one
        self._targets = dict.fromkeys(world.policy.checks, WELL)  # how each answers
        self._since_ms = dict.fromkeys(world.policy.checks, world.from_ms)  # in true time
        self._ours: Answer | None = None
        self._answers: list[tuple[int, int, Observation]] = []
        self._under_way: set[str] = set()

    # ------------------------------------------------------------ what happens

    def happen(self, happening: Happening) -> None:
        """Take what happens now."""
        match happening.what:
            case What.TARGET:
                self._targets[happening.check] = happening.answer or WELL
                self._since_ms[happening.check] = happening.at_ms
            case What.OURSELVES:
                self._ours = happening.answer
            case What.STOP:
                self._give_up()
                self._schedule = None
            case What.START:
                self.state = replace(self.state.copy(), wake_ms=None)
                self.start(happening.at_ms)
            case What.RELOAD:
                if self._schedule is not None:
                    self._take(Configured(happening.at_ms + self._ahead_ms))
            case What.CLOCK:
                self._give_up()
                self._ahead_ms += happening.jump_ms
                if self._schedule is not None:
                    self._schedule.restart(happening.at_ms + self._ahead_ms)

    def start(self, at_ms: int) -> None:
        """The daemon starts."""
        now_ms = at_ms + self._ahead_ms
        self._give_up()
        self._take(Configured(now_ms, self.state.watched_ms))
        intervals_ms = {id_: check.interval_ms for id_, check in self.policy.checks.items()}
        self._schedule = Schedule(intervals_ms, now_ms, intervals_ms.keys() - self.state.checks.keys())

    def _give_up(self) -> None:
        """What is under way ends without an answer."""
        self._answers.clear()
        self._under_way.clear()

    # ------------------------------------------------------------ probing

    def advance(self, until_ms: int) -> None:
        """Probe and judge until that moment of true time, exclusive."""
        end_ms, answers, schedule = until_ms + self._ahead_ms, self._answers, self._schedule
        if schedule is None:
            return
        start_ms = _start_ms(schedule, end_ms)
        while True:
            if answers and answers[0][0] <= start_ms:
                if answers[0][0] >= end_ms:
                    break
                answered_ms, _, observation = heappop(answers)
                self._under_way.discard(observation.check)
                if self._judge(schedule, answered_ms, observation):
                    start_ms = _start_ms(schedule, end_ms)
            elif start_ms >= end_ms:
                break
            else:
                start_ms = self._probe(schedule, start_ms, end_ms)
        self._wake(end_ms - 1)

    def _probe(self, schedule: Schedule, now_ms: int, end_ms: int) -> int:
        """Start what is due; when the next probes start."""
        due = schedule.pop_due(now_ms)
        start_ms = _start_ms(schedule, end_ms)
        for one in due:
            if one.check in self._under_way:
                self.run.missed += 1
                continue
            answered_ms, observation = self._answer(one, now_ms)
            if len(due) == 1 and not self._answers and answered_ms < start_ms:  # nothing comes between
                is_news = self._judge(schedule, answered_ms, observation)
                return _start_ms(schedule, end_ms) if is_news else start_ms
            self._under_way.add(one.check)
            heappush(self._answers, (answered_ms, self.run.probes, observation))
        return start_ms

    def _answer(self, due: Due, now_ms: int) -> tuple[int, Observation]:
        """What the probe is answered, and when."""
        self.run.probes += 1
        check, scheduled_ms = due.check, due.scheduled_ms
        outcome, reason, took_ms, every_ms = self._targets[check]
        if every_ms or self._ours is not None:
            outcome, reason, took_ms, _ = self._ours or self._flapping(check, now_ms)
        if took_ms is None:
            took_ms = self._timeouts_ms[check] if reason in _TIMES_OUT else self._usual_ms[check]
        return now_ms + took_ms, Observation(check, scheduled_ms, now_ms, took_ms * 1000, outcome, reason)

    def _flapping(self, check: str, now_ms: int) -> Answer:
        since_ms = self._since_ms[check] + self._ahead_ms
        return WELL if (now_ms - since_ms) // self._targets[check].every_ms % 2 else self._targets[check]

    def _judge(self, schedule: Schedule, answered_ms: int, observation: Observation) -> bool:
        """Whether the answer told anything new."""
        wake_ms = self.state.wake_ms
        if wake_ms is not None and wake_ms <= answered_ms:
            self._wake(answered_ms)
        self.state.watched_ms = answered_ms
        if not self._take(Observed(observation)):
            return False
        for due in confirmations(self.state, observation, self.policy):
            schedule.add(due)
        return True

    # ------------------------------------------------------------ judging

    def _wake(self, until_ms: int) -> None:
        """Let the core look at the moments it has named."""
        while (wake_ms := self.state.wake_ms) is not None and wake_ms <= until_ms:
            self._take(Woke(wake_ms))

    def _take(self, event: Event) -> bool:
        """Whether the event changed anything."""
        decision = step(self.state, event, self.policy)
        if decision is not None:
            was_open = self.state.incidents.keys()
            opened = [i for i in decision.incidents if i.is_open and i.num not in was_open]
            self.state.apply(decision)
            if decision.is_visible:
                self._note(decision, opened)
        if self._listen is not None:
            self._listen(event, decision, self.policy)
        return decision is not None

    def _note(self, decision: Decision, opened: list[Incident]) -> None:
        at_ms = decision.at_ms - self._ahead_ms
        self.run.told.update(notice.reason for notice in decision.notices)
        for component in decision.components:
            self.run.shown.setdefault(component.component, []).append((at_ms, component))
        for incident in opened:
            self._note_page(incident, at_ms, is_again=incident.num in self.run.incidents)
        for incident in decision.incidents:
            self.run.incidents[incident.num] = incident
            is_troubled = incident.is_open and incident.monitoring_ms is None
            self.run.troubled.setdefault(incident.num, []).append((at_ms, is_troubled))

    def _note_page(self, incident: Incident, at_ms: int, is_again: bool) -> None:
        for affected in incident.affected:
            causes = self.state.components[affected.component].causes
            proof_ms = min((self.state.checks[c].since_ms for c in causes), default=incident.updated_ms)
            self.run.pages.append(
                Page(at_ms, min(proof_ms - self._ahead_ms, at_ms), affected.component, incident.num, is_again)
            )
