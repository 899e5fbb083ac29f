"""The nouns of the house. Hot ones are NamedTuples; none of them can be changed in place.

An *observation* is one answer of one check; a *verdict* what we believe of a check; a *status*
what a component shows; an *incident* trouble that people are told of; a *notice* a message owed
to one subscription. Policy is what the operator decided, State what has come of it so far.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

from prober.core.hours import Hours
from prober.core.reason import Reason
from prober.core.recurrence import Recurrence

LOCAL = "local"  # the location of the built-in prober
BY_COMPONENT = "component:"  # how the cause of an incident that the automation opened begins


class Outcome(StrEnum):
    """What one probe answered."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What we believe of a check."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What a component shows; canonical words, each dialect has its own."""

    OPERATIONAL = "operational"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    PARTIAL = "partial"
    MAJOR = "major"

    @property
    def depth(self) -> int:
        """How deep the trouble is: 0 for operational and maintenance, 3 for major."""
        return _DEPTH[self]


_DEPTH = {
    Status.OPERATIONAL: 0,
    Status.MAINTENANCE: 0,
    Status.DEGRADED: 1,
    Status.PARTIAL: 2,
    Status.MAJOR: 3,
}


class Impact(IntEnum):
    """How much an incident hurts; ordered, so that max() is the worse one."""

    NONE = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The lower-case word used in configuration, JSON and messages."""
        return self.name.lower()


class IncidentStatus(StrEnum):
    """Where an incident stands in its life; the allowed steps are in core/incident.py."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"


class MaintenanceStatus(StrEnum):
    """Where a maintenance stands in its life; the allowed steps are in core/work.py.

    verifying: its time is over, and it goes on because something of it still fails.
    """

    PLANNING = "planning"
    INPROGRESS = "inprogress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Ending(StrEnum):
    """How a maintenance ends: at its time, when a person says so, or once nothing of it fails."""

    ON_TIME = "on_time"
    BY_HAND = "by_hand"
    WHEN_GREEN = "when_green"


class Phase(StrEnum):
    """The parts of a probe, in the order they happen."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    PROCESSING = "processing"
    TRANSFER = "transfer"


class Due(NamedTuple):
    """One slot of the grid that a check must answer, or a probe beside it.

    other_way: it confirms a failure, and goes by the other address family if the target has one, and by another name
    server if the check names several.
    """

    check: str
    scheduled_ms: int
    other_way: bool = False


class Observation(NamedTuple):
    """One answer of one check.

    scheduled_ms: the grid's slot; started_ms: when the probe really began; took_us: its whole
    duration; phases_us: microseconds per phase, only phases that were entered, in order; the last
    one is where a failed probe stopped. detail: one sentence for people, never a secret.
    facts: what else the kind learned (status code, certificate expiry, ...), by documented name.
    stalled_us: how long prober itself stood still meanwhile, which is in no phase and not in took_us.
    capsule: what more there is to show, if outcome or reason are others than the time before; JSON, no secrets.
    """

    check: str
    scheduled_ms: int
    started_ms: int
    took_us: int
    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""
    phases_us: tuple[tuple[Phase, int], ...] = ()
    facts: Mapping[str, float | int | str | bool] = {}
    location: str = LOCAL
    stalled_us: int = 0
    capsule: Mapping[str, object] | None = None


# ---------------------------------------------------------------- policy: what the operator decided


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


# ---------------------------------------------------------------- state: what has come of it so far


class CheckState(NamedTuple):
    """The verdict on a check and the streaks that may change it.

    Streaks count outcomes in a row and stop counting where they can no longer matter:
    down (only down), bad (degraded or down), not_down (degraded or up), good (only up).
    *_from_ms: start of the first observation of the running streak, 0 if there is none.
    recent: outcome and start of the latest answers, oldest first, from the first that does not agree with the verdict;
    empty unless a need of the check counts among the last answers.
    reason, detail, address, certificate: the latest failure's, kept while the check is not up; "" = none was met.
    flips: the latest changes between good and bad answers; flapped: how many since it flaps, 0 = it does not. See
    flapping.
    pace: by tenths of the quantile's window, oldest first, when each begins, the answers in it, and those of them that
    were slow; see pace. Empty unless the check has a quantile.
    """

    check: str
    verdict: Verdict = Verdict.UNKNOWN
    since_ms: int = 0
    down: int = 0
    bad: int = 0
    not_down: int = 0
    good: int = 0
    down_from_ms: int = 0
    bad_from_ms: int = 0
    not_down_from_ms: int = 0
    good_from_ms: int = 0
    reason: Reason | None = None
    detail: str = ""
    recent: tuple[tuple[Outcome, int], ...] = ()
    flips: int = 0
    flapped: int = 0
    address: str = ""
    certificate: str = ""
    pace: tuple[tuple[int, int, int], ...] = ()


class Pin(NamedTuple):
    """A status that a person has set, whatever the checks say. until_ms: None = until it is taken off."""

    status: Status
    by: str
    until_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether it still does at that moment."""
        return self.until_ms is None or at_ms < self.until_ms


class ComponentState(NamedTuple):
    """What a component shows, since when, and the checks that made it so.

    watched: whether any of its checks has a verdict. site: where it stands.
    withheld_by: the component whose outage keeps an incident of this one from opening; "" = none.
    """

    component: str
    status: Status = Status.OPERATIONAL
    since_ms: int = 0
    watched: bool = False
    causes: tuple[str, ...] = ()
    site: str = ""
    withheld_by: str = ""
    pin: Pin | None = None


class Affected(NamedTuple):
    """One component of an incident: its status now and the worst it had."""

    component: str
    status: Status
    worst: Status


class Update(NamedTuple):
    """One entry of an incident's timeline, oldest first; author "prober" is the automation."""

    at_ms: int
    status: IncidentStatus
    body: str
    author: str = "prober"


class Incident(NamedTuple):
    """Trouble that people are told of.

    num, uid, slug: three independent ids, one for each family of API dialects.
    cause: what may have at most one open incident. started_ms: first failing probe; opened_ms: when we told.
    taken: a person leads it: the automation only adds facts to it, and neither resolves it nor sets its status.
    joined_due_ms: when what has joined it is told; None = nothing is to be told.
    acknowledged_by: who knows of it, "" = nobody; until acknowledged_until_ms, None = for as long as it is open.
    escalated: the subscriptions that were told because nobody had acknowledged it; see reminder.
    told: all subscriptions that were told of it, and so will be of its end.
    """

    num: int
    uid: str
    slug: str
    site: str
    cause: str
    name: str
    status: IncidentStatus
    impact: Impact
    started_ms: int
    opened_ms: int
    updated_ms: int
    affected: tuple[Affected, ...]
    updates: tuple[Update, ...]
    monitoring_ms: int | None = None
    resolved_ms: int | None = None
    taken: bool = False
    acknowledged_by: str = ""
    acknowledged_until_ms: int | None = None
    joined_due_ms: int | None = None
    escalated: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.resolved_ms is None

    @property
    def is_automatic(self) -> bool:
        """Whether the automation opened it, for a component in trouble."""
        return self.cause.startswith(BY_COMPONENT)

    def is_acknowledged(self, at_ms: int) -> bool:
        """Whether somebody knows of it at that moment."""
        return bool(self.acknowledged_by) and (self.acknowledged_until_ms is None or at_ms < self.acknowledged_until_ms)


class Hidden(NamedTuple):
    """Trouble of a component that a maintenance kept from being shown. status: the worst of it.

    until_ms: None = it goes on, or went on when the maintenance ended.
    """

    component: str
    status: Status
    from_ms: int
    until_ms: int | None = None


class MaintenanceUpdate(NamedTuple):
    """One entry of a maintenance's timeline, oldest first; author "prober" is the automation."""

    at_ms: int
    status: MaintenanceStatus
    body: str
    author: str = "prober"


class MaintenanceState(NamedTuple):
    """One time of planned work, and what has come of it.

    id: the window's, with "@" and the second of its start if it recurs; window: the id in the configuration, "" = a
    person has scheduled it; num: of those, from the same count as incidents.
    start_ms, end_ms: when it is to start and end as things stand; planned_end_ms: before any extension.
    started_ms, ended_ms: when it really did; None = not yet. first_seen_ms: since when it is known here.
    is_reminded: the time for its reminder is over. The other keys are those of Maintenance, as they are declared now.
    """

    id: str
    window: str
    site: str
    name: str
    start_ms: int
    end_ms: int
    planned_end_ms: int
    components: tuple[str, ...]
    first_seen_ms: int
    updated_ms: int
    description: str = ""
    status: MaintenanceStatus = MaintenanceStatus.PLANNING
    started_ms: int | None = None
    ended_ms: int | None = None
    auto_start: bool = True
    auto_end: Ending = Ending.ON_TIME
    extend_up_to_ms: int = 0
    remind_before_ms: int | None = None
    is_reminded: bool = False
    hidden: tuple[Hidden, ...] = ()
    updates: tuple[MaintenanceUpdate, ...] = ()
    num: int = 0

    @property
    def is_live(self) -> bool:
        """Whether it is under way or to come."""
        return self.status not in (MaintenanceStatus.COMPLETED, MaintenanceStatus.CANCELLED)

    @property
    def is_under_way(self) -> bool:
        return self.status in (MaintenanceStatus.INPROGRESS, MaintenanceStatus.VERIFYING)


class Indicator(StrEnum):
    """A page's state in one word."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


class Headline(NamedTuple):
    """A page's state in one word and one phrase."""

    indicator: Indicator
    text: str


class NoticeReason(StrEnum):
    """Why a message is owed; logs, metrics and tests speak these names."""

    OPENED = "opened"
    REOPENED = "reopened"
    CHANGED = "changed"
    UPDATED = "updated"
    ACKNOWLEDGED = "acknowledged"
    REMINDER = "reminder"
    ESCALATED = "escalated"
    FLAPPING = "flapping"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    COMPONENT_CHANGED = "component_changed"
    MAINTENANCE_SCHEDULED = "maintenance_scheduled"
    MAINTENANCE_REMINDER = "maintenance_reminder"
    MAINTENANCE_STARTED = "maintenance_started"
    MAINTENANCE_EXTENDED = "maintenance_extended"
    MAINTENANCE_COMPLETED = "maintenance_completed"
    MAINTENANCE_CANCELLED = "maintenance_cancelled"
    DIGEST = "digest"


class StatusChange(NamedTuple):
    """A component's change of status, as a notice carries it."""

    component: str
    before: Status
    after: Status
    at_ms: int


class Notice(NamedTuple):
    """A message owed to one subscription. Its id never changes, however often it is sent.

    stream: notices of one stream reach one subscription in order of seq.
    Exactly one of incident, change, maintenance, digest is set: the thing as it was at at_ms; digest: the notices that
    are told together, see storm.
    headline: what the page said of itself then.
    """

    id: str
    seq: int
    subscription: str
    channel: str
    reason: NoticeReason
    at_ms: int
    site: str
    stream: str
    headline: Headline
    incident: Incident | None = None
    change: StatusChange | None = None
    maintenance: MaintenanceState | None = None
    digest: tuple["Notice", ...] = ()


class Held(NamedTuple):
    """A notice that waits to be told in a digest. is_opening: the thing has not been announced otherwise."""

    notice: Notice
    is_opening: bool


class Storm(NamedTuple):
    """How many notices a channel has been sent since from_ms, and those that are held; see storm."""

    channel: str
    from_ms: int
    sent: int = 0
    held: tuple[Held, ...] = ()
