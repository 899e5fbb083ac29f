"""What can happen, and what comes out of it.

Events go into step(); a Decision comes out: the new values of everything that changed, and why.
"""

from enum import StrEnum
from typing import NamedTuple

from prober.core.model import (
    CheckState,
    ComponentState,
    Incident,
    MaintenanceState,
    Notice,
    Observation,
    Storm,
)
from prober.core.orders import Order


class Observed(NamedTuple):
    """A check has answered."""

    observation: Observation

    @property
    def at_ms(self) -> int:
        """When the answer was complete."""
        return self.observation.started_ms + self.observation.took_us // 1000


class Woke(NamedTuple):
    """A moment named by State.wake_ms has come."""

    at_ms: int


class Configured(NamedTuple):
    """The daemon has started, or the policy was replaced: reconcile the state with it.

    watched_ms: at a start, until when the one before has watched; None = nothing was missed.
    """

    at_ms: int
    watched_ms: int | None = None


class Ordered(NamedTuple):
    """A person has asked for something; whether they may is decided before.

    channels: subscriptions of others are not told of it; None = all are. Whoever was told of something is told of its
    end all the same.
    """

    at_ms: int
    order: Order
    channels: frozenset[str] | None = None


Event = Observed | Woke | Configured | Ordered


class Rule(StrEnum):
    """Which rule of judgement made a change; the answer to "why"."""

    FIRST_ANSWER = "first_answer"
    FAILURES_IN_A_ROW = "failures_in_a_row"
    DEGRADED_IN_A_ROW = "degraded_in_a_row"
    SUCCESSES_IN_A_ROW = "successes_in_a_row"
    FAILURES_OF_LAST = "failures_of_last"
    DEGRADED_OF_LAST = "degraded_of_last"
    SUCCESSES_OF_LAST = "successes_of_last"
    FAILURES_LASTING = "failures_lasting"
    DEGRADED_LASTING = "degraded_lasting"
    SUCCESSES_LASTING = "successes_lasting"
    DEGRADED_BY_QUANTILE = "degraded_by_quantile"
    FROM_CHECKS = "from_checks"
    STATED = "stated"
    MAINTENANCE_WINDOW = "maintenance_window"
    PINNED = "pinned"
    DEPENDENCY_DOWN = "dependency_down"
    NOT_WATCHED = "not_watched"
    NOT_CONFIGURED = "not_configured"


class Subject(StrEnum):
    """What a change happened to."""

    CHECK = "check"
    COMPONENT = "component"


class Change(NamedTuple):
    """One transition: the row of history that uptime and explanations are computed from.

    at_ms: when we decided; since_ms: from when the new word holds (set back to the first failing probe).
    """

    subject: Subject
    id: str
    before: str
    after: str
    at_ms: int
    since_ms: int
    rule: Rule
    detail: str = ""


class Decision(NamedTuple):
    """All that one event changed.

    seq: grows by one with each visible decision and never repeats; one that only moved a streak keeps the state's.
    checks, components, incidents, maintenances: new values that replace the old of the same id.
    gone: checks and components that are no longer configured. storms: new values, by channel.
    next_num, handled_ms, wake_ms: the state's new values (see State).
    """

    seq: int
    at_ms: int
    checks: tuple[CheckState, ...] = ()
    components: tuple[ComponentState, ...] = ()
    incidents: tuple[Incident, ...] = ()
    notices: tuple[Notice, ...] = ()
    changes: tuple[Change, ...] = ()
    gone: tuple[tuple[Subject, str], ...] = ()
    storms: tuple[Storm, ...] = ()
    next_num: int = 1
    handled_ms: int | None = None
    wake_ms: int | None = None
    maintenances: tuple[MaintenanceState, ...] = ()

    @property
    def is_visible(self) -> bool:
        """Whether anybody outside can see it: if not, only a streak has moved."""
        seen = (self.components, self.incidents, self.maintenances, self.notices, self.changes, self.gone, self.storms)
        return any(seen)
