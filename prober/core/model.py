"""The nouns of the house. Hot ones are NamedTuples; none of them can be changed in place.

An *observation* is one answer of one check; a *verdict* what we believe of a check; a *status*
what a component shows; an *incident* trouble that people are told of; a *notice* a message owed
to one subscription. Policy is what the operator decided, State what has come of it so far.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

from prober.core.reason import Reason
from prober.core.recurrence import Recurrence

LOCAL = "local"  # the location of the built-in prober


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
    """Where a maintenance stands; read off the clock, never stored."""

    PLANNING = "planning"
    INPROGRESS = "inprogress"
    COMPLETED = "completed"


class Phase(StrEnum):
    """The parts of a probe, in the order they happen."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    PROCESSING = "processing"
    TRANSFER = "transfer"


class Due(NamedTuple):
    """One slot of the grid that a check must answer."""

    check: str
    scheduled_ms: int


class Observation(NamedTuple):
    """One answer of one check.

    scheduled_ms: the grid's slot; started_ms: when the probe really began; took_us: its whole
    duration; phases_us: microseconds per phase, only phases that were entered, in order; the last
    one is where a failed probe stopped. detail: one sentence for people, never a secret.
    facts: what else the kind learned (status code, certificate expiry, ...), by documented name.
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


# ---------------------------------------------------------------- policy: what the operator decided


class Need(NamedTuple):
    """What it takes to believe another verdict.

    answers: so many that speak for it (>= 1), in a row; or among the last `of` answers, which is at least as many.
    for_ms: and it must have lasted so long, from the first of them to the latest answer; 0 = no matter how long.
    """

    answers: int = 2
    of: int | None = None
    for_ms: int = 0


class CheckPolicy(NamedTuple):
    """How a check's observations become its verdict.

    down, degraded: what it takes to leave a better verdict; up: to regain one.
    degraded_over_us: an answer slower than this is degraded; None = never for slowness.
    retry_interval_ms: how soon a failure is looked at again, see confirm; None = at the next slot.
    canaries: checks that show whether our own network works, see blame.
    critical: its component is in major outage when it is down, whatever its other checks say.
    flap_high, flap_low: from which share of changes it flaps, and down to which; see flapping. None = it never does.
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


class ComponentPolicy(NamedTuple):
    """A component and what feeds it.

    opens_at: the mildest status that opens an incident, None = none does.
    depends_on: while one of these components is down, no incident opens for this one; acyclic.
    resolve_after_ms: how long trouble must be gone before the incident is resolved; until then it is monitored.
    reopen_within_ms: trouble that returns so soon after the end reopens the same incident; 0 = never.
    stated: what somebody says that it shows, if it has no checks; None = nobody does.
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
    stated: Status | None = None


class SubscriptionPolicy(NamedTuple):
    """Who wants to know what. Empty sets mean "all"; min_impact holds for incidents only.

    remind_after_ms: when an open incident that nobody has acknowledged is told again; see notice. None = never.
    """

    id: str
    channel: str
    topics: frozenset[str] = frozenset({"incidents", "maintenance"})
    sites: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()
    min_impact: Impact = Impact.NONE
    remind_after_ms: int | None = None


class Maintenance(NamedTuple):
    """Planned work on components, from start_ms (inclusive) to end_ms (exclusive).

    recurrence: it comes again; then start_ms and end_ms are those of the first time.
    """

    id: str
    site: str
    name: str
    start_ms: int
    end_ms: int
    components: tuple[str, ...]
    description: str = ""
    recurrence: Recurrence | None = None


class Policy(NamedTuple):
    """Everything the operator decided that judgement needs, by id.

    below: by component, those that depend on it; see suppress.below.
    """

    checks: Mapping[str, CheckPolicy]
    components: Mapping[str, ComponentPolicy]
    subscriptions: Mapping[str, SubscriptionPolicy]
    maintenances: Mapping[str, Maintenance]
    below: Mapping[str, tuple[str, ...]] = {}


# ---------------------------------------------------------------- state: what has come of it so far


class CheckState(NamedTuple):
    """The verdict on a check and the streaks that may change it.

    Streaks count outcomes in a row and stop counting where they can no longer matter:
    down (only down), bad (degraded or down), not_down (degraded or up), good (only up).
    *_from_ms: start of the first observation of the running streak, 0 if there is none.
    recent: outcome and start of the latest answers, oldest first, from the first that does not agree with the verdict;
    empty unless a need of the check counts among the last answers.
    reason, detail: the latest failure's, kept while the check is not up.
    flips: the latest changes between good and bad answers; flapped: how many since it flaps, 0 = it does not. See
    flapping.
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
    acknowledged_by: who knows of it, "" = nobody; until acknowledged_until_ms, None = for as long as it is open.
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

    @property
    def is_open(self) -> bool:
        return self.resolved_ms is None

    def is_acknowledged(self, at_ms: int) -> bool:
        """Whether somebody knows of it at that moment."""
        return bool(self.acknowledged_by) and (self.acknowledged_until_ms is None or at_ms < self.acknowledged_until_ms)


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
    FLAPPING = "flapping"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    COMPONENT_CHANGED = "component_changed"
    MAINTENANCE_STARTED = "maintenance_started"
    MAINTENANCE_COMPLETED = "maintenance_completed"


class StatusChange(NamedTuple):
    """A component's change of status, as a notice carries it."""

    component: str
    before: Status
    after: Status
    at_ms: int


class Notice(NamedTuple):
    """A message owed to one subscription. Its id never changes, however often it is sent.

    stream: notices of one stream reach one subscription in order of seq.
    Exactly one of incident, change, maintenance is set: the thing as it was at at_ms.
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
    maintenance: Maintenance | None = None
