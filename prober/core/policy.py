"""What is watched and who is told, as the core judges by it: the configuration in the core's own words."""

from collections.abc import Mapping
from typing import NamedTuple

from prober.core.hours import Hours
from prober.core.model import LOCAL, Ending, Impact, Status
from prober.core.recurrence import Recurrence


class Need(NamedTuple):
    """What it takes to believe another verdict.

    answers: so many that speak for it (>= 1), in a row; or among the last `of` answers, which is at least as many.
    for_ms: and it must have lasted so long, from the first of them to the latest answer; 0 = no matter how long.
    """

    answers: int = 2
    of: int | None = None
    for_ms: int = 0


class Quantile(NamedTuple):
    """A bound on most answers instead of each; see pace.

    percent: of the answers that may not take longer, from 50 to 99. window_ms: of how long they are counted.
    """

    percent: int
    over_us: int
    window_ms: int


class CheckPolicy(NamedTuple):
    """How a check's observations become its verdict.

    down, degraded: what it takes to leave a better verdict; up: to regain one.
    degraded_over_us: an answer slower than this is degraded; None = never for its own slowness.
    quantile: while too many answers are slow, all that are good are degraded; None = that is not asked.
    retry_interval_ms: how soon a failure is looked at again, see confirm; None = at the next slot.
    canaries: checks that show whether our own network works, see blame.
    critical: its component is in major outage when it is down, whatever its other checks say.
    flap_high, flap_low: from which share of changes it flaps, and down to which; see flapping. None = it never does.
    weight: how much it counts beside the component's other checks. redundancy_group: those of one count as one check,
    as good as its best; None = it stands for itself. See rollup.
    locations, quorum: from where it is probed, and how many of them must agree; see rollup.
    shares: (kind, value) of what it may have in common with other checks, such as its host; see grouping.
    vouches_for: the class of failures that it is asked about as a canary; see blame.
    """

    id: str
    component: str
    interval_ms: int
    down: Need = Need()
    degraded: Need = Need()
    up: Need = Need()
    degraded_over_us: int | None = None
    retry_interval_ms: int | None = None
    canaries: tuple[str, ...] = ()
    flap_high: float | None = None
    flap_low: float = 0.0
    critical: bool = False
    weight: int = 1
    redundancy_group: str | None = None
    locations: tuple[str, ...] = (LOCAL,)
    quorum: int = 1
    shares: tuple[tuple[str, str], ...] = ()
    vouches_for: str = "network"
    quantile: Quantile | None = None


NORMAL = "normal"
"""The severity of what says nothing of it; the others are "low" and "high"."""


class ComponentPolicy(NamedTuple):
    """A component and what feeds it.

    opens_at: the mildest status that opens an incident, None = none does.
    depends_on: while one of these components is down, no incident opens for this one; acyclic.
    resolve_after_ms: how long trouble must be gone before the incident is resolved; until then it is monitored.
    reopen_within_ms: trouble that returns so soon after the end reopens the same incident; 0 = never.
    major_percent: from which share of its checks' weight that is down it is in major outage; 0 = as soon as any is.
    group_by, group_wait_ms: what makes its trouble one with that of others, if it begins so soon after; see grouping.
    stated: what somebody says that it shows, if it has no checks; None = nobody does.
    severity: how much its trouble matters, whatever it is; notices are routed by it.
    """

    id: str
    site: str
    name: str
    checks: tuple[str, ...] = ()
    group: str | None = None
    opens_at: Status | None = Status.DEGRADED
    depends_on: tuple[str, ...] = ()
    resolve_after_ms: int = 0
    reopen_within_ms: int = 0
    major_percent: int = 100
    group_by: tuple[str, ...] = ()
    group_wait_ms: int = 0
    stated: Status | None = None
    severity: str = NORMAL


class SubscriptionPolicy(NamedTuple):
    """Who wants to know what. Empty sets mean "all"; min_impact holds for incidents only.

    remind_after_ms: when an open incident that nobody has acknowledged is told again; see notice. None = never.
    escalate_after_ms: it hears of an incident only once nobody has acknowledged it for so long; None = at once.
    hours: when it listens, see notice; None = at all hours.
    """

    id: str
    channel: str
    topics: frozenset[str] = frozenset({"incidents", "maintenance"})
    sites: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()
    min_impact: Impact = Impact.NONE
    remind_after_ms: int | None = None
    escalate_after_ms: int | None = None
    severities: frozenset[str] = frozenset()
    hours: Hours | None = None


class Maintenance(NamedTuple):
    """Planned work on components, from start_ms (inclusive) to end_ms (exclusive).

    recurrence: it comes again; then start_ms and end_ms are those of the first time.
    auto_start: whether it starts by the clock, or when a person says so. auto_end: how it ends.
    extend_up_to_ms: how much longer it may last while something of it fails, if it ends when that is over.
    remind_before_ms: how long before its start it is told once more; None = not at all.
    """

    id: str
    site: str
    name: str
    start_ms: int
    end_ms: int
    components: tuple[str, ...]
    description: str = ""
    recurrence: Recurrence | None = None
    auto_start: bool = True
    auto_end: Ending = Ending.ON_TIME
    extend_up_to_ms: int = 0
    remind_before_ms: int | None = None


class Budget(NamedTuple):
    """How many notices a channel takes within window_ms; what is beyond them is told as one digest."""

    notices: int
    window_ms: int


class Policy(NamedTuple):
    """Everything the operator decided that judgement needs, by id.

    below: by component, those that depend on it; see suppress.below. budgets: by channel; see storm.
    """

    checks: Mapping[str, CheckPolicy]
    components: Mapping[str, ComponentPolicy]
    subscriptions: Mapping[str, SubscriptionPolicy]
    maintenances: Mapping[str, Maintenance]
    below: Mapping[str, tuple[str, ...]] = {}
    budgets: Mapping[str, Budget] = {}
