"""The nouns of the house. Hot ones are NamedTuples; none of them can be changed in place.

An *observation* is one answer of one check; a *verdict* what we believe of a check; a *status*
what a component shows; an *incident* trouble that people are told of; a *notice* a message owed
to one subscription. Policy (see policy) is what the operator decided, State what has come of it so far.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

from prober.core.reason import Reason

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
    is_reminded: the time for its reminder is over. told: all subscriptions that were told of it, and so will be of its
    end. The other keys are those of Maintenance, as they are declared now.
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
    told: tuple[str, ...] = ()

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
