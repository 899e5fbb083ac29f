"""The judgement once more, so simple that one can see what it does, and as slow as that makes it.

Nothing is carried from one event to the next: at every event all answers are counted again from the first, and the
lives of all components are told again from the beginning, every component at every event. It shares the nouns with
the core, and no rule. What a run of it says must be what `step` says.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from prober.core.events import Configured, Event, Observed, Ordered
from prober.core.hours import Hours
from prober.core.model import Impact, Outcome, Status
from prober.core.orders import SetPin, TakePin
from prober.core.policy import CheckPolicy, ComponentPolicy, Maintenance, Need, Policy, SubscriptionPolicy
from prober.core.reason import Reason

DAY = 86_400_000
BY_NAMES: set[str] = {"dns_nxdomain", "dns_servfail", "dns_timeout", "dns_no_address"}
BY_NETWORK = {
    "connect_refused", "connect_timeout", "connect_reset", "unreachable", "tls_timeout", "icmp_timeout", "http_timeout",
}  # fmt: skip
DEPTH = {"operational": 0, "maintenance": 0, "degraded": 1, "partial": 2, "major": 3}
ENDS = frozenset({"resolved", "maintenance_completed", "maintenance_cancelled"})
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
    address: str = ""
    took_us: int = 0


class Believed(NamedTuple):
    """What the answers of a check prove."""

    verdict: str = "unknown"
    since_ms: int = 0
    reason: Reason | None = None
    flapped: int = 0
    fails: bool = False  # its latest answer is a failure
    address: str = ""  # of its latest failure, until it is up


class Window(NamedTuple):
    """One time of planned work."""

    id: str
    start_ms: int
    end_ms: int
    of: Maintenance


@dataclass
class Case:
    """An incident. component: the first of it. affected: by component, the status now; worst: the worst it had."""

    component: str
    number: int  # among those of its cause
    site: str
    opened_ms: int
    started_ms: int
    status: str
    affected: dict[str, Status]
    worst: dict[str, Status]
    impact: Impact
    joined_due_ms: int | None = None
    updated_ms: int = 0
    monitoring_ms: int | None = None
    resolved_ms: int | None = None
    updates: int = 0
    heard: set[str] = field(default_factory=set)  # subscriptions that were told of it


@dataclass
class Job:
    """What has become of one time of planned work. stands: planned, under way or over."""

    time: Window
    seen_ms: int
    stands: str = "planned"
    is_withdrawn: bool = False
    hidden: list[list[Any]] = field(default_factory=list)  # component, worst, from, until
    began_ms: int | None = None
    heard: set[str] = field(default_factory=set)  # subscriptions that were told of it


@dataclass
class Row:
    """What a component shows."""

    status: str
    word: str
    since_ms: int
    withheld_by: str = ""
    causes: tuple[str, ...] = ()
    pin: tuple[Status, str, int | None] | None = None


@dataclass
class Told:
    """All that the history comes to, and what its last event brought: notices and changes."""

    believed: Mapping[str, Believed] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    pins: dict[str, tuple[Status, str, int | None] | None] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    notices: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    changes: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    works: dict[str, "Job"] = field(default_factory=dict)
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
        for moment in self.moments:
            occasions = _live(told, moment)
            told.notices = _owed(told, moment, occasions)
        told.wake_ms = _next_look(told, self.moments[-1])
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
    explained_by: list[tuple[str, set[str]]] = []  # who vouches for what, and the failures by which it is ours
    if seen.outcome is Outcome.DOWN and seen.reason in BY_NETWORK:
        explained_by = [("network", BY_NETWORK)]
    if seen.outcome is Outcome.DOWN and seen.reason in BY_NAMES:
        explained_by = [("network", BY_NETWORK | BY_NAMES), ("dns", BY_NETWORK | BY_NAMES)]
    if any(_all_fail(policy, check, of, reasons, earlier) for of, reasons in explained_by):
        return None
    outcome, reason = seen.outcome.value, seen.reason
    if outcome == "up" and check.degraded_over_us is not None and seen.took_us > check.degraded_over_us:
        outcome, reason = "degraded", Reason.EXPECT_TIME
    answer = Answer(outcome, seen.started_ms, reason, str(seen.facts.get("ip", "")), seen.took_us)
    if outcome == "up" and _crawls([*earlier.get(seen.check, ()), answer], check):
        return answer._replace(outcome="degraded", reason=Reason.EXPECT_TIME)
    return answer


def _all_fail(
    policy: Policy, check: CheckPolicy, of: str, reasons: set[str], earlier: Mapping[str, list[Answer]]
) -> bool:
    """Whether there are canaries that vouch for this, and the latest answer of each was one of these failures."""
    last = [
        earlier.get(c, [])[-1:] for c in check.canaries if c in policy.checks and policy.checks[c].vouches_for == of
    ]
    return bool(last) and all(one and one[0].outcome == "down" and one[0].reason in reasons for one in last)


def _crawls(answers: Sequence[Answer], check: CheckPolicy) -> bool:
    """Whether the answer at the quantile is slow, of those of this tenth of the window and the nine before."""
    if check.quantile is None:
        return False
    tenth_ms = check.quantile.window_ms // 10
    now = answers[-1].at_ms // tenth_ms
    took = sorted(a.took_us for a in answers if a.outcome != "down" and now - a.at_ms // tenth_ms < 10)
    return took[(len(took) - 1) * check.quantile.percent // 100] > check.quantile.over_us


def believed(answers: Sequence[Answer], check: CheckPolicy) -> Believed:
    """What they prove, told from the first to the last."""
    verdict, since_ms, reason, flapped, address = "unknown", 0, None, 0, ""
    changed = 0  # index of the first answer after the latest change of the verdict
    for index, answer in enumerate(answers):
        so_far = answers[: index + 1]
        found = _verdict(verdict, so_far, so_far[changed:], check)
        if found is not None:
            (verdict, since_ms), changed = found, index + 1
        if answer.outcome != "up":
            reason, address = answer.reason, answer.address
        elif verdict == "up":
            reason, address = None, ""
        flapped = _flapped(flapped, so_far, check)
    return Believed(verdict, since_ms, reason, flapped, bool(answers) and answers[-1].outcome == "down", address)


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
    watched_ms: int | None
    order: SetPin | TakePin | None = None
    channels: frozenset[str] | None = None


def _moment(event: Event, policy: Policy, proved: Mapping[str, Believed], earlier: Mapping[str, Believed]) -> Moment:
    observed = event.observation.check if isinstance(event, Observed) else ""
    planned = times(policy)
    facts = {id_: _fact(event.at_ms, policy, c, proved, planned) for id_, c in policy.components.items()}
    order = event.order if isinstance(event, Ordered) and isinstance(event.order, SetPin | TakePin) else None
    watched_ms = event.watched_ms if isinstance(event, Configured) else None
    channels = event.channels if isinstance(event, Ordered) else None
    return Moment(event.at_ms, observed, policy, planned, proved, earlier, facts, watched_ms, order, channels)


def _fact(
    at_ms: int,
    policy: Policy,
    component: ComponentPolicy,
    proved: Mapping[str, Believed],
    planned: Sequence[Window],
) -> Fact:
    verdicts = {c: proved[c].verdict for c in component.checks}
    stated = None if verdicts else component.stated
    trouble, causes = _status(policy, component, verdicts)
    return Fact(
        trouble=stated or trouble,
        planned=any(t.start_ms <= at_ms < t.end_ms and component.id in t.of.components for t in planned),
        known=stated is not None or any(v != "unknown" for v in verdicts.values()),
        causes=causes,
    )


class Occasion(NamedTuple):
    """Something to tell. stream: what it is about."""

    reason: str
    site: str
    components: tuple[str, ...]
    stream: Any
    at_ms: int
    case: Case | None = None
    only: str = ""
    since_ms: int | None = None
    job: Job | None = None


def _live(told: Told, now: Moment) -> list[Occasion]:
    """One event more; what it gives to tell."""
    occasions: list[Occasion] = []
    told.believed, told.changes = now.proved, Counter()
    if now.observed in now.proved:
        one, was = now.proved[now.observed], now.earlier.get(now.observed, Believed())
        if one.verdict != was.verdict:
            told.changes["check", now.observed, was.verdict, one.verdict, one.since_ms] += 1
    if now.order is not None and now.order.component in now.policy.components:
        order = now.order
        pin = (order.status, order.author, order.until_ms) if isinstance(order, SetPin) else None
        told.pins[order.component] = pin
    if not now.observed and now.order is None:
        _note_gap(told, now)
        _forget(told, now, occasions)
        _pass(told, now, occasions)
        _tell_joined(told, now, occasions)
    for component in now.policy.components.values():
        before, row = _shown(told, now, component)
        told.rows[component.id] = row
        if before.status != row.status:
            stream = f"component:{component.id}"
            occasions.append(Occasion("component_changed", component.site, (component.id,), stream, now.at_ms))
        _follow(told, now, component, before, row, occasions)
    return occasions


def _note_gap(told: Told, now: Moment) -> None:
    """Nobody has watched for longer than the slowest check of a component waits, and ten seconds."""
    for component in now.policy.components.values():
        row = told.rows.get(component.id)
        if now.watched_ms is None or row is None or row.word == "unknown" or not component.checks:
            continue
        begins_ms = max(now.watched_ms, row.since_ms)
        if now.at_ms - begins_ms > max(now.policy.checks[id_].interval_ms for id_ in component.checks) + 10_000:
            told.changes["component", component.id, row.word, "unknown", begins_ms] += 1
            told.changes["component", component.id, "unknown", row.word, now.at_ms] += 1


def _forget(told: Told, now: Moment, occasions: list[Occasion]) -> None:
    """Components that are no longer configured take their incidents with them, and their history ends."""
    for id_, row in told.rows.items():
        if id_ not in now.policy.components and row.word != "unknown":
            told.changes["component", id_, row.word, "unknown", now.at_ms] += 1
    told.rows = {id_: row for id_, row in told.rows.items() if id_ in now.policy.components}
    told.pins = {id_: pin for id_, pin in told.pins.items() if id_ in now.policy.components}
    for case in _open_cases(told):
        gone = [id_ for id_ in case.affected if id_ not in now.policy.components]
        if len(gone) == len(case.affected):
            _tell(case, "resolved", now.at_ms, occasions)
        for id_ in gone:
            case.affected[id_] = Status.OPERATIONAL


def _pass(told: Told, now: Moment, occasions: list[Occasion]) -> None:
    """Planned work: what is declared is noted, what is not any more is over, and time starts and ends the rest."""
    is_first, was_ms = told.looked_ms is None, told.looked_ms or 0
    told.looked_ms = max(now.at_ms, was_ms)
    declared = {time.id: time for time in now.times}

    def tell(reason: str, job: Job, at_ms: int) -> None:
        of = job.time.of
        about = (of.site, of.components, job.time.id, at_ms)
        occasions.append(Occasion(f"maintenance_{reason}", *about, since_ms=job.began_ms, job=job))

    for job in [job for job in told.works.values() if job.stands in ("planned", "under way")]:
        time = declared.get(job.time.id)
        is_later = time is not None and now.at_ms < time.start_ms != job.time.start_ms
        is_other = is_later or (time is not None and time.of.components != job.time.of.components)
        if time is None or (job.stands == "under way" and is_other):
            tell("completed" if job.stands == "under way" else "cancelled", job, now.at_ms)
            job.stands, job.is_withdrawn = "over" if job.stands == "under way" else "off", True
            continue
        is_moved = (time.start_ms, time.end_ms) != (job.time.start_ms, job.time.end_ms)
        job.time = time
        if is_moved:
            job.seen_ms = now.at_ms
            tell("extended" if job.stands == "under way" else "scheduled", job, now.at_ms)
    for window in now.policy.maintenances.values():
        coming = sorted(
            (t for t in now.times if t.of == window and t.end_ms > told.looked_ms), key=lambda t: t.start_ms
        )
        begun = [t for t in coming if t.start_ms <= told.looked_ms]
        for time in [*begun, *coming[len(begun) :][:1]]:
            known = told.works.get(time.id)
            if known is not None and known.stands in ("planned", "under way"):
                continue
            if known is not None and not known.is_withdrawn and known.time.end_ms > was_ms:
                continue
            others = [
                j for j in told.works.values() if j.time.of.id == window.id and j.stands in ("planned", "under way")
            ]
            told.works[time.id] = job = Job(time, now.at_ms)
            if not others and time.start_ms > now.at_ms:
                tell("scheduled", job, now.at_ms)
    for job in told.works.values():
        if job.stands == "planned" and job.time.start_ms <= now.at_ms:
            job.stands, job.began_ms = "under way", max(job.time.start_ms, job.seen_ms)
            if job.time.end_ms > now.at_ms:
                tell("started", job, max(job.time.start_ms, job.seen_ms))
        if job.stands == "under way" and job.time.end_ms <= now.at_ms:
            job.stands = "over"
            tell("completed", job, job.time.end_ms)
    if not is_first:
        for subscription in now.policy.subscriptions.values():
            occasions += _missed(told, now, subscription, was_ms)


def _missed(told: Told, now: Moment, subscription: SubscriptionPolicy, was_ms: int) -> Iterator[Occasion]:
    """What its hours, which have just begun, find."""
    spans = _spans(subscription)
    begun = [begin for begin, _ in spans if was_ms < begin <= now.at_ms]
    if not begun:
        return
    over = max(end for _, end in spans if end <= begun[0])

    def is_missed(at_ms: int) -> bool:
        return over <= at_ms < begun[-1] and not any(begin <= at_ms < end for begin, end in spans)

    for case in _open_cases(told):
        about = (case.site, tuple(sorted(case.affected)), (case.component, case.number), begun[-1], case)
        if is_missed(case.opened_ms) and subscription.id not in case.heard:
            yield Occasion("opened", *about, only=subscription.id)
        elif is_missed(case.updated_ms) and case.updated_ms > case.opened_ms:
            yield Occasion("changed", *about, only=subscription.id)
    for job in told.works.values():
        if job.stands == "under way" and job.began_ms is not None and is_missed(job.began_ms):
            of = job.time.of
            about_it = (of.site, of.components, job.time.id, begun[-1])
            yield Occasion("maintenance_started", *about_it, only=subscription.id, since_ms=job.began_ms, job=job)


def _spans(subscription: SubscriptionPolicy) -> tuple[tuple[int, int], ...]:
    return () if subscription.hours is None else _spans_of(subscription.hours)


@cache
def _spans_of(hours: Hours) -> tuple[tuple[int, int], ...]:
    """Day by day, from long before the story until long after it. They are in UTC, and do not touch."""
    return tuple(
        sorted(
            (day * DAY + slot.from_min * 60_000, day * DAY + slot.to_min * 60_000)
            for day in range(19_668, 19_684)  # since 1970, which began on a Thursday
            for slot in hours.slots
            if slot.weekday == (day + 3) % 7
        )
    )


def _hears(subscription: SubscriptionPolicy, one: Occasion) -> bool:
    """Everything in its hours; outside them what ends, if there were any of them while it lasted."""
    if subscription.hours is None or any(begin <= one.at_ms < end for begin, end in _spans(subscription)):
        return True
    since_ms = one.case.opened_ms if one.case else one.since_ms
    if one.reason not in ENDS or since_ms is None:
        return False
    until_ms = max(one.at_ms, since_ms + 1)  # work may have been moved to before the moment at which it began
    return any(begin < until_ms and end > since_ms for begin, end in _spans(subscription))


def _tell_joined(told: Told, now: Moment, occasions: list[Occasion]) -> None:
    """What has joined is told at the end of the wait."""
    for case in _open_cases(told):
        if case.joined_due_ms is not None and case.joined_due_ms <= now.at_ms:
            case.joined_due_ms = None
            _tell(case, "changed", now.at_ms, occasions)


def _open_cases(told: Told) -> list[Case]:
    return [case for case in told.cases if case.resolved_ms is None]


def _shown(told: Told, now: Moment, component: ComponentPolicy) -> tuple[Row, Row]:
    """What the component showed before, and what it shows."""
    fact = now.facts[component.id]
    was = told.rows.get(component.id, Row("operational", "unknown", now.at_ms))
    pin = _pin(told, now, component.id)
    status = "maintenance" if fact.planned else pin[0].value if pin else fact.trouble
    is_known = fact.known or fact.planned or pin is not None
    row = Row(status, status if is_known else "unknown", was.since_ms, causes=fact.causes, pin=pin)
    if row.word != was.word:
        if "maintenance" in (was.status, status) or not now.observed:
            row.since_ms = now.at_ms
        else:
            row.since_ms = max(was.since_ms, now.proved[now.observed].since_ms)
        told.changes["component", component.id, was.word, row.word, row.since_ms] += 1
    elif row.pin != was.pin:
        told.changes["component", component.id, row.word, row.word, row.since_ms] += 1
    return was, row


def _follow(told: Told, now: Moment, component: ComponentPolicy, was: Row, row: Row, occasions: list[Occasion]) -> None:
    """What becomes of the component's incident."""
    trouble = row.pin[0].value if row.pin else now.facts[component.id].trouble
    case = _about(told, component.id)
    told_before = len(occasions)
    if case is None:
        if component.opens_at is not None and 0 < DEPTH[row.status] >= DEPTH[component.opens_at]:
            row.withheld_by = _down_above(told, now, component)
            if not row.withheld_by:
                _open(told, now, component, row, occasions)
            elif row.withheld_by != was.withheld_by:
                told.changes["component", component.id, row.word, row.word, row.since_ms] += 1
        return
    flapped = {c: (now.earlier.get(c, Believed()).flapped, now.proved[c].flapped) for c in component.checks}
    if not DEPTH[trouble]:
        if all(_is_well(told, now, one) for one in case.affected if one in now.policy.components):
            _end(now, case, occasions)
        elif _is_well(told, now, component.id) and DEPTH[case.affected[component.id]]:
            _change(case, component.id, Status.OPERATIONAL)
            _tell(case, "changed", now.at_ms, occasions)
    elif DEPTH[row.status] and (case.monitoring_ms is not None or case.affected[component.id] != row.status):
        _again(case, component.id, Status(row.status))
        _tell(case, "changed", now.at_ms, occasions)
    if now.observed and len(occasions) == told_before and any(after and not b for b, after in flapped.values()):
        _tell(case, "flapping", now.at_ms, occasions)


def _about(told: Told, component: str) -> Case | None:
    return next((case for case in _open_cases(told) if component in case.affected), None)


def _pin(told: Told, now: Moment, component: str) -> tuple[Status, str, int | None] | None:
    """What a person has set it to, if that holds."""
    pin = told.pins.get(component)
    return pin if pin and (pin[2] is None or now.at_ms < pin[2]) else None


def _is_well(told: Told, now: Moment, component: str) -> bool:
    """No trouble, shown or not, and nothing flaps; or a person says so."""
    pin, fact = _pin(told, now, component), now.facts[component]
    if pin:
        return not DEPTH[pin[0]]
    return not DEPTH[fact.trouble] and not any(now.proved[c].flapped for c in now.policy.components[component].checks)


def _status(policy: Policy, component: ComponentPolicy, verdicts: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """What checks with these verdicts make of a component, and which of them do."""
    counted: list[tuple[str, int, bool]] = []  # verdict, weight, critical
    causes: list[str] = []
    for id_, verdict in verdicts.items():
        check = policy.checks[id_]
        with_it = [o for o in verdicts if o == id_ or _in_one_group(check, policy.checks[o])]
        words = [verdicts[other] for other in with_it]
        best = next(word for word in ("up", "degraded", "unknown", "down") if word in words)
        if best in ("degraded", "down") and verdict in ("degraded", "down"):
            causes.append(id_)
        if with_it[0] == id_:
            critical = any(policy.checks[other].critical for other in with_it)
            counted.append((best, max(policy.checks[other].weight for other in with_it), critical))
    down = sum(weight for verdict, weight, _ in counted if verdict == "down")
    if any(verdict == "down" and critical for verdict, _, critical in counted):
        return "major", tuple(causes)
    if down and 100 * down >= component.major_percent * sum(weight for _, weight, _ in counted):
        return "major", tuple(causes)
    words = [verdict for verdict, _, _ in counted]
    return "partial" if down else "degraded" if "degraded" in words else "operational", tuple(causes)


def _in_one_group(one: CheckPolicy, other: CheckPolicy) -> bool:
    return one.redundancy_group is not None and one.redundancy_group == other.redundancy_group


def _down_above(told: Told, now: Moment, component: ComponentPolicy) -> str:
    """Level by level, the nearest that is down, or would be if every failing check were."""
    policy, proved = now.policy, now.proved
    seen, level = {component.id}, list(component.depends_on)
    while level:
        below: list[str] = []
        for id_ in level:
            if id_ in seen or id_ not in policy.components:
                continue
            seen.add(id_)
            above = policy.components[id_]
            feared = {c: "down" if proved[c].fails else proved[c].verdict for c in above.checks}
            pin = _pin(told, now, id_)
            if (pin[0].value if pin else _status(policy, above, feared)[0]) == "major":
                return id_
            below += above.depends_on
        level = below
    return ""


def _open(told: Told, now: Moment, component: ComponentPolicy, row: Row, occasions: list[Occasion]) -> None:
    status = Status(row.status)
    ended = [case for case in _latest_ended(told) if component.id in case.affected]
    last = max(ended, key=lambda case: (case.resolved_ms or 0, told.cases.index(case)), default=None)
    is_recent = last is not None and now.at_ms - (last.resolved_ms or 0) < component.reopen_within_ms
    if last is not None and is_recent and not any(_about(told, one) for one in last.affected):
        for each in last.affected:
            if each in told.rows and DEPTH[told.rows[each].status]:
                _change(last, each, Status(told.rows[each].status))
        _again(last, component.id, status)
        _tell(last, "reopened", now.at_ms, occasions)
        return
    for case in _open_cases(told):
        is_fresh = now.at_ms - case.opened_ms <= component.group_wait_ms and case.monitoring_ms is None
        failing = [id_ for id_ in case.affected if id_ in now.policy.components and now.facts[id_].causes]
        common = [id_ for id_ in failing if _in_common(now, component.id) & _in_common(now, id_)]
        if is_fresh and case.site == component.site and common:
            _change(case, component.id, status)
            case.updated_ms = now.at_ms
            if not any(one.case is case for one in occasions):
                case.joined_due_ms = case.joined_due_ms or case.opened_ms + component.group_wait_ms
            about = tuple(sorted(case.affected))
            occasions[:] = [one._replace(components=about) if one.case is case else one for one in occasions]
            return
    number = sum(case.component == component.id for case in told.cases)
    one = {component.id: status}
    times = (now.at_ms, row.since_ms)
    case = Case(component.id, number, component.site, *times, "investigating", one, dict(one), IMPACT[DEPTH[status]])
    told.cases.append(case)
    _tell(case, "opened", now.at_ms, occasions)


def _latest_ended(told: Told) -> list[Case]:
    """Of each cause the latest, if it has ended."""
    latest = {case.component: case for case in told.cases}
    return [case for case in latest.values() if case.resolved_ms is not None]


def _in_common(now: Moment, component: str) -> set[tuple[str, str]]:
    rules = now.policy.components[component]
    found = {("site", rules.site), ("group", rules.group or ""), *(("parent", one) for one in rules.depends_on)}
    for id_ in now.facts[component].causes:
        found |= {*now.policy.checks[id_].shares, ("address", now.proved[id_].address)}
    return {(kind, value) for kind, value in found if value and kind in rules.group_by}


def _change(case: Case, component: str, status: Status) -> None:
    case.affected[component] = status
    case.worst[component] = max(case.worst.get(component, status), status, key=lambda s: DEPTH[s])
    case.impact = max(IMPACT[DEPTH[one]] for one in case.affected.values())


def _again(case: Case, component: str, status: Status) -> None:
    _change(case, component, status)
    if case.monitoring_ms is not None or case.resolved_ms is not None:
        case.status, case.monitoring_ms, case.resolved_ms = "investigating", None, None


def _end(now: Moment, case: Case, occasions: list[Occasion]) -> None:
    wait_ms = max(now.policy.components[c].resolve_after_ms for c in case.affected if c in now.policy.components)
    if case.monitoring_ms is None and wait_ms:
        case.monitoring_ms, case.status = now.at_ms, "monitoring"
        case.affected = dict.fromkeys(case.affected, Status.OPERATIONAL)
        _tell(case, "monitoring", now.at_ms, occasions)
    elif case.monitoring_ms is None or now.at_ms - case.monitoring_ms >= wait_ms:
        _tell(case, "resolved", now.at_ms, occasions)


def _tell(case: Case, reason: str, at_ms: int, occasions: list[Occasion]) -> None:
    case.updated_ms, case.updates = at_ms, case.updates + 1
    if reason == "resolved":
        case.status, case.resolved_ms, case.joined_due_ms = "resolved", at_ms, None
        case.affected = dict.fromkeys(case.affected, Status.OPERATIONAL)
    about = tuple(sorted(case.affected))
    occasions.append(Occasion(reason, case.site, about, (case.component, case.number), at_ms, case))


# ---------------------------------------------------------------- who is told


def _owed(told: Told, now: Moment, occasions: Sequence[Occasion]) -> Counter[tuple[Any, ...]]:
    """Whoever was told of a case or a job hears of its end, whatever his subscription says by then."""
    found, heard, policy = Counter[tuple[Any, ...]](), [], now.policy
    for one in occasions:
        thing = one.case or one.job
        for subscription in policy.subscriptions.values():
            has_heard = thing is not None and one.reason in ENDS and subscription.id in thing.heard
            is_called = now.channels is None or subscription.channel in now.channels
            is_meant = is_called and _wants(subscription, policy, one) and _hears(subscription, one)
            if one.only in ("", subscription.id) and (has_heard or is_meant):
                found[subscription.id, one.reason, one.stream, one.at_ms, _headline(told, policy, one.site)] += 1
                heard.append((None if one.reason in ENDS else thing, subscription.id))
    for thing, id_ in heard:
        if thing is not None:
            thing.heard.add(id_)
    return found


def _wants(subscription: SubscriptionPolicy, policy: Policy, one: Occasion) -> bool:
    topic = "incidents" if one.case else "components" if one.reason == "component_changed" else "maintenance"
    if topic not in subscription.topics or (subscription.sites and one.site not in subscription.sites):
        return False
    if not any(_means(subscription, policy, id_) for id_ in one.components):
        return False
    worst = max((DEPTH[status] for status in one.case.worst.values()), default=0) if one.case else 0
    return one.case is None or IMPACT[worst] >= subscription.min_impact


def _means(subscription: SubscriptionPolicy, policy: Policy, id_: str) -> bool:
    """Nobody knows group and severity of what is no longer configured: its end is told to all who name them."""
    known = policy.components.get(id_)
    by_group = bool(subscription.groups) and (known is None or known.group in subscription.groups)
    names_some = subscription.groups or subscription.components
    if names_some and not by_group and id_ not in subscription.components:
        return False
    return known is None or not subscription.severities or known.severity in subscription.severities


def _headline(told: Told, policy: Policy, site: str) -> str:
    shown = {row.status for id_, row in told.rows.items() if policy.components[id_].site == site}
    for status, (everywhere, somewhere) in HEADLINES.items():
        if status in shown:
            return everywhere if shown == {status} else somewhere
    return "All Systems Operational"


def _next_look(told: Told, now: Moment) -> int | None:
    edges = [edge for t in now.times for edge in (t.start_ms, t.end_ms) if edge > (told.looked_ms or 0)]
    joins = [case.joined_due_ms for case in _open_cases(told) if case.joined_due_ms is not None]
    pins = [row.pin[2] for row in told.rows.values() if row.pin and row.pin[2] is not None]
    begins = [ms for s in now.policy.subscriptions.values() for ms, _ in _spans(s) if ms > (told.looked_ms or 0)]
    return min([*begins, *edges, *joins, *pins, *_waits(told, now)], default=None)


def _waits(told: Told, now: Moment) -> Iterator[int]:
    """Until when incidents are monitored; one that flaps, or is in hidden trouble again, is not waited for."""
    for case in _open_cases(told):
        known = [id_ for id_ in case.affected if id_ in now.policy.components]
        if known and case.monitoring_ms is not None and all(_is_well(told, now, id_) for id_ in known):
            yield case.monitoring_ms + max(now.policy.components[id_].resolve_after_ms for id_ in known)
