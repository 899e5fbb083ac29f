"""What is simulated: a configuration, and what truly happens to its targets and to us."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from prober.core.model import Outcome, Status, Verdict
from prober.core.policy import CheckPolicy, Policy
from prober.core.reason import Reason
from prober.core.rollup import rolled_up


class Answer(NamedTuple):
    """How a target answers. took_ms: None = as long as such an answer usually takes.

    every_ms: it flaps, and fails and answers in turn for so long each; 0 = it does not.
    """

    outcome: Outcome = Outcome.UP
    reason: Reason | None = None
    took_ms: int | None = None
    every_ms: int = 0


WELL = Answer()


class What(StrEnum):
    """The kinds of things that happen."""

    TARGET = "target"  # the check's target answers so from now on
    OURSELVES = "ourselves"  # whatever we ask, this is the answer; None: no longer
    STOP = "stop"  # the daemon is off
    START = "start"
    RELOAD = "reload"
    CLOCK = "clock"  # our clock jumps by so many ms


class Happening(NamedTuple):
    """One thing that happens. at_ms: in true time."""

    at_ms: int
    what: What
    check: str = ""
    answer: Answer | None = None
    jump_ms: int = 0


class World(NamedTuple):
    """happenings: in order. timeouts_ms: of each check. from_ms, until_ms: in true time, ms since the epoch."""

    policy: Policy
    timeouts_ms: Mapping[str, int]
    happenings: tuple[Happening, ...]
    from_ms: int
    until_ms: int


class Outage(NamedTuple):
    """A time during which a component was truly in trouble. worst: the deepest trouble it had."""

    component: str
    from_ms: int
    until_ms: int
    worst: Status


def outages(world: World) -> list[Outage]:
    """The true trouble of every component, in order of its start; what goes on at the end ends there."""
    truth = dict.fromkeys(world.policy.checks, Verdict.UP)
    open_since: dict[str, tuple[int, Status]] = {}
    found = []
    for at_ms, check, verdict in _turns(world):
        truth[check] = verdict
        component = world.policy.components[world.policy.checks[check].component]
        status = rolled_up(world.policy, component, truth.__getitem__).status
        since = open_since.pop(component.id, None)
        if status.depth:
            from_ms, worst = since or (at_ms, status)
            open_since[component.id] = (from_ms, max(worst, status, key=lambda s: s.depth))
        elif since is not None:
            found.append(Outage(component.id, since[0], at_ms, since[1]))
    found += [Outage(id_, from_ms, world.until_ms, worst) for id_, (from_ms, worst) in open_since.items()]
    return sorted(found, key=lambda o: (o.from_ms, o.component))


def _turns(world: World) -> Iterator[tuple[int, str, Verdict]]:
    """When which target truly changed into what."""
    for happening in world.happenings:
        if happening.answer is not None and happening.what is What.TARGET and happening.at_ms < world.until_ms:
            check = world.policy.checks[happening.check]
            yield happening.at_ms, check.id, _truth(happening.answer, check)


def _truth(answer: Answer, check: CheckPolicy) -> Verdict:
    if answer.every_ms:
        return Verdict.DOWN
    bounds_us = [check.degraded_over_us, check.quantile and check.quantile.over_us]
    took_us = (answer.took_ms or 0) * 1000
    if answer.outcome is Outcome.UP and any(bound_us is not None and took_us > bound_us for bound_us in bounds_us):
        return Verdict.DEGRADED
    return Verdict(answer.outcome.value)
