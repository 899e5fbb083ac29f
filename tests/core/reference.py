"""The judgement once more, so simple that one can see what it does, and as slow as that makes it.

Nothing is carried from one event to the next: at every event all answers are counted again from the first, and the
lives of all components are told again from the beginning, every component at every event. It shares the nouns with
the core, and no rule. What a run of it says must be what `step` says.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from prober.core.events import Event, Observed
from prober.core.model import (
    CheckPolicy,
    ComponentPolicy,
    Impact,
    Maintenance,
    Need,
    Outcome,
    Policy,
    Status,
    SubscriptionPolicy,
)
from prober.core.reason import Reason

DAY = 86_400_000
BY_NETWORK = {
    "dns_nxdomain", "dns_servfail", "dns_timeout", "dns_no_address", "connect_refused", "connect_timeout",
    "connect_reset", "unreachable", "tls_timeout", "icmp_timeout", "http_timeout",
}  # fmt: skip
DEPTH = {"operational": 0, "maintenance": 0, "degraded": 1, "partial": 2, "major": 3}
IMPACT = {0: Impact.NONE, 1: Impact.MINOR, 2: Impact.MAJOR, 3: Impact.CRITICAL}
HEADLINES = {
    "major": ("Major System Outage", "Partial System Outage"),
    "partial": ("Partial System Outage", "Minor Service Outage"),
    "degraded": ("Degraded System Service", "Partially Degraded Service"),
    "maintenance": ("Service Under Maintenance", "Service Under Maintenance"),
}


class Answer(NamedTuple):
    """A counted answer: up, degraded or down."""

    outcome: str
    at_ms: int
    reason: Reason | None


class Believed(NamedTuple):
    """What the answers of a check prove."""

    verdict: str = "unknown"
    since_ms: int = 0
    reason: Reason | None = None
    flapped: int = 0
    fails: bool = False  # its latest answer is a failure


class Window(NamedTuple):
    """One time of planned work."""

    id: str
    start_ms: int
    end_ms: int
    of: Maintenance


@dataclass
class Case:
    """An incident. affected: its component, the status now and the worst."""

    component: str
    number: int  # among those of its cause
    site: str
    opened_ms: int
    started_ms: int
    status: str
    affected: Status
    worst: Status
    impact: Impact
    updated_ms: int = 0
    monitoring_ms: int | None = None
    resolved_ms: int | None = None
    updates: int = 0


@dataclass
class Row:
    """What a component shows."""

    status: str
    word: str
    since_ms: int
    withheld_by: str = ""
    causes: tuple[str, ...] = ()


@dataclass
class Told:
    """All that the history comes to, and what its last event brought: notices and changes."""

    believed: Mapping[str, Believed] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    cases: dict[str, list[Case]] = field(default_factory=dict)
    notices: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    changes: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    wake_ms: int | None = None
    looked_ms: int | None = None


class Reference:
    """Told every event with the policy that holds; says what must have come of them."""

    def __init__(self) -> None:
        self.history: list[tuple[Event, Policy]] = []
        self.moments: list[Moment] = []

    def tell(self, event: Event, policy: Policy) -> Told:
        """What all events come to, this one included."""
        self.history.append((event, policy))
        answers = counted(self.history)
        proved = {id_: believed(answers.get(id_, ()), check) for id_, check in policy.checks.items()}
        earlier = self.moments[-1].proved if self.moments else {}
        self.moments.append(_moment(event, policy, proved, earlier))
        told = Told()
        occasions: list[Occasion] = []
        for moment in self.moments:
            occasions = _live(told, moment)
        told.notices = _owed(told, policy, occasions)
        told.wake_ms = _next_look(told, policy, self.moments[-1].times)
        return told


# ---------------------------------------------------------------- answers and verdicts


def counted(history: Sequence[tuple[Event, Policy]]) -> Mapping[str, list[Answer]]:
    """By check, the answers that count, since it has been configured."""
    found: dict[str, list[Answer]] = {}
    for event, policy in history:
        if isinstance(event, Observed):
            answer = _answer(event, policy, found)
            if answer is not None:
                found.setdefault(event.observation.check, []).append(answer)
        else:
            found = {id_: answers for id_, answers in found.items() if id_ in policy.checks}
    return found


def _answer(event: Observed, policy: Policy, earlier: Mapping[str, list[Answer]]) -> Answer | None:
    seen = event.observation
    check = policy.checks.get(seen.check)
    if check is None or seen.outcome is Outcome.UNKNOWN:
        return None
    if seen.outcome is Outcome.DOWN and seen.reason in BY_NETWORK and check.canaries:
        last = [earlier[id_][-1] if earlier.get(id_) else None for id_ in check.canaries]
        if all(a is not None and a.outcome == "down" and a.reason in BY_NETWORK for a in last):
            return None  # ours
    if seen.outcome is Outcome.UP and check.degraded_over_us is not None and seen.took_us > check.degraded_over_us:
        return Answer("degraded", seen.started_ms, Reason.EXPECT_TIME)
    return Answer(seen.outcome.value, seen.started_ms, seen.reason)


def believed(answers: Sequence[Answer], check: CheckPolicy) -> Believed:
    """What they prove, told from the first to the last."""
    verdict, since_ms, reason, flapped = "unknown", 0, None, 0
    changed = 0  # index of the first answer after the latest change of the verdict
    for index, answer in enumerate(answers):
        so_far = answers[: index + 1]
        found = _verdict(verdict, so_far, so_far[changed:], check)
        if found is not None:
            (verdict, since_ms), changed = found, index + 1
        if answer.outcome != "up":
            reason = answer.reason
        elif verdict == "up":
            reason = None
        flapped = _flapped(flapped, so_far, check)
    return Believed(verdict, since_ms, reason, flapped, bool(answers) and answers[-1].outcome == "down")


def _verdict(
    verdict: str, answers: Sequence[Answer], fresh: Sequence[Answer], check: CheckPolicy
) -> tuple[str, int] | None:
    """Another verdict, and since when; None if it stays. fresh: the answers since it last changed."""
    down = _met(check.down, {"down"}, answers, fresh)
    up = _met(check.up, {"up"}, answers, fresh)
    not_down = _met(check.up, {"up", "degraded"}, answers, fresh)
    degraded = _met(check.degraded, {"down", "degraded"}, answers, fresh)
    if down is not None:
        found = ("down", down)
    elif up is not None:
        found = ("up", up)
    elif verdict == "unknown" and answers[-1].outcome == "up":
        found = ("up", _run(answers, {"up"})[0].at_ms)
    elif verdict == "down":
        found = ("degraded", not_down) if not_down is not None else ("down", 0)
    elif degraded is not None:
        found = ("degraded", degraded)
    else:
        return None
    return None if found[0] == verdict else found


def _met(need: Need, speaking: set[str], answers: Sequence[Answer], fresh: Sequence[Answer]) -> int | None:
    """Since when the need is met; only an answer that speaks for it can meet it."""
    last = answers[-1]
    if last.outcome not in speaking:
        return None
    found = _run(answers, speaking) if need.of is None else [a for a in fresh[-need.of :] if a.outcome in speaking]
    if len(found) < need.answers or last.at_ms - found[0].at_ms < need.for_ms:
        return None
    return found[0].at_ms


def _run(answers: Sequence[Answer], speaking: set[str]) -> Sequence[Answer]:
    """The latest answers as long as they speak for it."""
    start = len(answers)
    while start and answers[start - 1].outcome in speaking:
        start -= 1
    return answers[start:]


def _flapped(before: int, answers: Sequence[Answer], check: CheckPolicy) -> int:
    """How many changes since it flaps; 0 = it does not."""
    if check.flap_high is None:
        return 0
    goods = [a.outcome == "up" for a in answers[-21:]]
    changes = [one is not other for one, other in pairwise(goods)]
    weights = [1.2 - 0.4 * n / 19 for n in range(20)]
    share = sum(weight for weight, change in zip(weights, reversed(changes), strict=False) if change) / sum(weights)
    if not before:
        return sum(changes) if share >= check.flap_high else 0
    return 0 if share <= check.flap_low else before + (bool(changes) and changes[-1])


# ---------------------------------------------------------------- planned work


def times(policy: Policy) -> list[Window]:
    """Every time of every window; those that recur do so daily, and for ten days is enough."""
    found = []
    for window in policy.maintenances.values():
        if window.recurrence is None:
            found.append(Window(window.id, window.start_ms, window.end_ms, window))
            continue
        for day in range(10):
            start_ms = window.start_ms + day * DAY
            one = Window(f"{window.id}@{start_ms // 1000}", start_ms, start_ms + window.recurrence.lasts_ms, window)
            found.append(one)
    return found


# ---------------------------------------------------------------- the lives of components and incidents


class Fact(NamedTuple):
    """What is so of a component at a moment, whatever has become of it."""

    trouble: str
    planned: bool
    known: bool
    causes: tuple[str, ...]


class Moment(NamedTuple):
    """One event, by whose policy it is judged, and what is so after it. None of it changes any more.

    observed: the check that has answered, if that is what happened. proved: by check; earlier: before the event.
    """

    at_ms: int
    observed: str
    policy: Policy
    times: list[Window]
    proved: Mapping[str, Believed]
    earlier: Mapping[str, Believed]
    facts: Mapping[str, Fact]


def _moment(event: Event, policy: Policy, proved: Mapping[str, Believed], earlier: Mapping[str, Believed]) -> Moment:
    observed = event.observation.check if isinstance(event, Observed) else ""
    planned = times(policy)
    facts = {id_: _fact(event.at_ms, c, proved, planned) for id_, c in policy.components.items()}
    return Moment(event.at_ms, observed, policy, planned, proved, earlier, facts)


def _fact(at_ms: int, component: ComponentPolicy, proved: Mapping[str, Believed], planned: Sequence[Window]) -> Fact:
    verdicts = {c: proved[c].verdict for c in component.checks}
    stated = None if verdicts else component.stated
    return Fact(
        trouble=stated or _status(list(verdicts.values())),
        planned=any(t.start_ms <= at_ms < t.end_ms and component.id in t.of.components for t in planned),
        known=stated is not None or any(v != "unknown" for v in verdicts.values()),
        causes=tuple(c for c, v in verdicts.items() if v in ("down", "degraded")),
    )


class Occasion(NamedTuple):
    """Something to tell. stream: what it is about."""

    reason: str
    site: str
    components: tuple[str, ...]
    stream: Any
    at_ms: int
    case: Case | None = None


def _live(told: Told, now: Moment) -> list[Occasion]:
    """One event more; what it gives to tell."""
    occasions: list[Occasion] = []
    told.believed, told.changes = now.proved, Counter()
    if now.observed in now.proved:
        one, was = now.proved[now.observed], now.earlier.get(now.observed, Believed())
        if one.verdict != was.verdict:
            told.changes["check", now.observed, was.verdict, one.verdict, one.since_ms] += 1
    if not now.observed:
        _forget(told, now, occasions)
        _pass(told, now, occasions)
    for component in now.policy.components.values():
        before, row = _shown(told, now, component)
        told.rows[component.id] = row
        if before.status != row.status:
            stream = f"component:{component.id}"
            occasions.append(Occasion("component_changed", component.site, (component.id,), stream, now.at_ms))
        _follow(told, now, component, before, row, occasions)
    return occasions


def _forget(told: Told, now: Moment, occasions: list[Occasion]) -> None:
    """Components that are no longer configured take their incidents with them, and their history ends."""
    for id_, row in told.rows.items():
        if id_ not in now.policy.components and row.word != "unknown":
            told.changes["component", id_, row.word, "unknown", now.at_ms] += 1
    told.rows = {id_: row for id_, row in told.rows.items() if id_ in now.policy.components}
    for id_, cases in told.cases.items():
        if id_ not in now.policy.components and cases and cases[-1].resolved_ms is None:
            _tell(cases[-1], "resolved", now.at_ms, occasions)


def _pass(told: Told, now: Moment, occasions: list[Occasion]) -> None:
    """Planned work that has begun or ended since the last look, unless it has done both."""
    after_ms = told.looked_ms
    told.looked_ms = max(now.at_ms, after_ms or 0)
    if after_ms is None:
        return
    for time in now.times:
        begun, ended = (after_ms < edge <= now.at_ms for edge in (time.start_ms, time.end_ms))
        if begun is not ended:
            reason = "maintenance_started" if begun else "maintenance_completed"
            edge_ms = time.start_ms if begun else time.end_ms
            occasions.append(Occasion(reason, time.of.site, time.of.components, time.id, edge_ms))


def _shown(told: Told, now: Moment, component: ComponentPolicy) -> tuple[Row, Row]:
    """What the component showed before, and what it shows."""
    fact = now.facts[component.id]
    status = "maintenance" if fact.planned else fact.trouble
    was = told.rows.get(component.id, Row("operational", "unknown", now.at_ms))
    row = Row(status, status if fact.known or fact.planned else "unknown", was.since_ms, causes=fact.causes)
    if row.word != was.word:
        if "maintenance" in (was.status, status) or not now.observed:
            row.since_ms = now.at_ms
        else:
            row.since_ms = max(was.since_ms, now.proved[now.observed].since_ms)
        told.changes["component", component.id, was.word, row.word, row.since_ms] += 1
    return was, row


def _follow(told: Told, now: Moment, component: ComponentPolicy, was: Row, row: Row, occasions: list[Occasion]) -> None:
    """What becomes of the component's incident."""
    trouble = now.facts[component.id].trouble
    cases = told.cases.setdefault(component.id, [])
    case = cases[-1] if cases and cases[-1].resolved_ms is None else None
    told_before = len(occasions)
    if case is None:
        if component.opens_at is not None and 0 < DEPTH[row.status] >= DEPTH[component.opens_at]:
            row.withheld_by = _down_above(now.policy, component, now.proved)
            if not row.withheld_by:
                _open(cases, component, Status(row.status), row.since_ms, now.at_ms, occasions)
            elif row.withheld_by != was.withheld_by:
                told.changes["component", component.id, row.word, row.word, row.since_ms] += 1
        return
    flapped = {c: (now.earlier.get(c, Believed()).flapped, now.proved[c].flapped) for c in component.checks}
    if not DEPTH[trouble]:
        if not any(after for _, after in flapped.values()):
            _end(case, component, now.at_ms, occasions)
    elif DEPTH[row.status] and (case.monitoring_ms is not None or case.affected != row.status):
        _again(case, Status(row.status))
        _tell(case, "changed", now.at_ms, occasions)
    if now.observed and len(occasions) == told_before and any(after and not b for b, after in flapped.values()):
        _tell(case, "flapping", now.at_ms, occasions)


def _status(verdicts: Sequence[str]) -> str:
    if verdicts and set(verdicts) == {"down"}:
        return "major"
    if "down" in verdicts:
        return "partial"
    return "degraded" if "degraded" in verdicts else "operational"


def _down_above(policy: Policy, component: ComponentPolicy, proved: Mapping[str, Believed]) -> str:
    """Level by level, the nearest that is down, or would be if every failing check were."""
    seen, level = {component.id}, list(component.depends_on)
    while level:
        below: list[str] = []
        for id_ in level:
            if id_ in seen or id_ not in policy.components:
                continue
            seen.add(id_)
            above = policy.components[id_]
            feared = ["down" if proved[c].fails else proved[c].verdict for c in above.checks]
            if _status(feared) == "major":
                return id_
            below += above.depends_on
        level = below
    return ""


def _open(
    cases: list[Case], component: ComponentPolicy, status: Status, since_ms: int, at_ms: int, occasions: list[Occasion]
) -> None:
    ended = cases[-1] if cases else None
    if ended is not None and at_ms - (ended.resolved_ms or 0) < component.reopen_within_ms:
        _again(ended, status)
        _tell(ended, "reopened", at_ms, occasions)
        return
    case = Case(
        component.id,
        len(cases),
        component.site,
        at_ms,
        since_ms,
        "investigating",
        status,
        status,
        IMPACT[DEPTH[status]],
    )
    cases.append(case)
    _tell(case, "opened", at_ms, occasions)


def _again(case: Case, status: Status) -> None:
    case.affected, case.impact = status, IMPACT[DEPTH[status]]
    case.worst = max(case.worst, status, key=lambda s: DEPTH[s])
    case.status, case.monitoring_ms, case.resolved_ms = "investigating", None, None


def _end(case: Case, component: ComponentPolicy, at_ms: int, occasions: list[Occasion]) -> None:
    wait_ms = component.resolve_after_ms
    if case.monitoring_ms is None and wait_ms:
        case.monitoring_ms, case.status, case.affected = at_ms, "monitoring", Status.OPERATIONAL
        _tell(case, "monitoring", at_ms, occasions)
    elif case.monitoring_ms is None or at_ms - case.monitoring_ms >= wait_ms:
        _tell(case, "resolved", at_ms, occasions)


def _tell(case: Case, reason: str, at_ms: int, occasions: list[Occasion]) -> None:
    case.updated_ms, case.updates = at_ms, case.updates + 1
    if reason == "resolved":
        case.status, case.resolved_ms, case.affected = "resolved", at_ms, Status.OPERATIONAL
    occasions.append(Occasion(reason, case.site, (case.component,), (case.component, case.number), at_ms, case))


# ---------------------------------------------------------------- who is told


def _owed(told: Told, policy: Policy, occasions: Sequence[Occasion]) -> Counter[tuple[Any, ...]]:
    return Counter(
        (subscription.id, one.reason, one.stream, one.at_ms, _headline(told, policy, one.site))
        for one in occasions
        for subscription in policy.subscriptions.values()
        if _wants(subscription, policy, one)
    )


def _wants(subscription: SubscriptionPolicy, policy: Policy, one: Occasion) -> bool:
    topic = "incidents" if one.case else "components" if one.reason == "component_changed" else "maintenance"
    if topic not in subscription.topics or (subscription.sites and one.site not in subscription.sites):
        return False
    if subscription.groups or subscription.components:
        # Nobody knows the group of what is no longer configured: its end is told to all who name groups.
        groups = {policy.components[c].group for c in one.components if c in policy.components}
        by_group = bool(subscription.groups & groups) or (one.case is not None and not groups)
        if not (set(one.components) & subscription.components or (subscription.groups and by_group)):
            return False
    return one.case is None or IMPACT[DEPTH[one.case.worst]] >= subscription.min_impact


def _headline(told: Told, policy: Policy, site: str) -> str:
    shown = {row.status for id_, row in told.rows.items() if policy.components[id_].site == site}
    for status, (everywhere, somewhere) in HEADLINES.items():
        if status in shown:
            return everywhere if shown == {status} else somewhere
    return "All Systems Operational"


def _next_look(told: Told, policy: Policy, planned: Sequence[Window]) -> int | None:
    edges = [edge for t in planned for edge in (t.start_ms, t.end_ms) if edge > (told.looked_ms or 0)]
    return min([*edges, *_waits(told, policy)], default=None)


def _waits(told: Told, policy: Policy) -> Iterator[int]:
    """Until when incidents are monitored; one that flaps, or is in hidden trouble again, is not waited for."""
    for id_, cases in told.cases.items():
        component = policy.components.get(id_)
        if component is None or not cases:
            continue
        proved = [told.believed[c] for c in component.checks]
        if any(one.flapped or one.verdict in ("down", "degraded") for one in proved):
            continue
        if cases[-1].resolved_ms is None and cases[-1].monitoring_ms is not None:
            yield cases[-1].monitoring_ms + component.resolve_after_ms
