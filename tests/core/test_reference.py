"""The core against a naive model of it, and against its promises, over random histories."""

from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from prober.core.events import Configured, Decision, Event, Observed, Ordered, Woke
from prober.core.hours import parsed
from prober.core.model import Impact, Status
from prober.core.orders import SetPin, TakePin
from prober.core.policy import Maintenance, Policy
from prober.core.reason import Reason
from prober.core.recurrence import Recurrence
from tests.builders import T0, check, component, observation, policy, subscription, window
from tests.core.promises import Promises
from tests.core.reference import Case, Reference, Told

MIN = 60_000
DAY = 86_400_000
COMPONENTS = ("gateway", "shop", "blog", "ghost")
PINS = (None, None, Status.OPERATIONAL, Status.PARTIAL, Status.MAJOR, Status.MAINTENANCE)
CHECKS = ("net", "gateway", "shop-1", "shop-2", "blog")
TOPICS = frozenset({"incidents", "maintenance", "components"})
OFFICE = (  # a story begins on a Tuesday at 22:13:20
    "Mo-Su 22:30-22:50, Mo-Su 23:10-23:30",
    "Mo-Su 22:00-22:20, Mo-Su 23:40-24:00",
    "We 00:30-12:00",
)
REASONS = {
    "down": (Reason.HTTP_STATUS, Reason.CONNECT_TIMEOUT, Reason.DNS_TIMEOUT),
    "degraded": (Reason.CERT_EXPIRING,),
    "unknown": (Reason.SELF_DNS,),
}
# Worlds in which the model and the core once disagreed, or a promise was broken.
KEPT = [1000383, 1001197, 1001936]  # asked to be woken at a moment that had passed, for as long as a window lasted


def world(seed: int) -> Policy:
    """A policy with everything in it, by a seed."""
    draw = Random(seed)
    checks = [
        check("net", "net", failures=1, successes=1, vouches_for=draw.choice(("network", "network", "dns"))),
        check("gateway", "gateway", **_needs(draw)),
        check("shop-1", "shop", canaries=("net",), **_needs(draw), **_parts(draw)),
        check("shop-2", "shop", degraded_over_us=1_000_000, **_needs(draw), **_parts(draw)),
        check("blog", "blog", canaries=("net",), **_needs(draw), **_parts(draw)),
    ]
    subscriptions = [
        subscription("all", topics=TOPICS),
        subscription("grave", min_impact=Impact.CRITICAL),
        subscription("web", groups=frozenset({"web"}), sites=frozenset({"main"})),
        subscription("blog", components=frozenset({"blog"})),
        subscription("office", hours=parsed(draw.choice(OFFICE), "UTC"), topics=TOPICS),
        subscription("grave office", hours=parsed(draw.choice(OFFICE), "UTC"), min_impact=Impact.MAJOR),
        subscription("weighty", severities=frozenset({"high"})),
    ]
    return policy(*checks, components=_components(draw), subscriptions=subscriptions, windows=_windows(draw))


def _needs(draw: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("failures", "degraded_failures", "successes"):
        if key == "degraded_failures" and draw.random() < 0.5:
            continue
        found[key] = draw.randint(1, 3)
        if draw.random() < 0.3:
            found[f"{key}_of"] = found[key] + draw.randint(0, 2)
        if draw.random() < 0.2:
            found[f"{key}_for_ms"] = draw.choice((1, 3)) * MIN
    if draw.random() < 0.4:
        found |= {"flap_high": draw.choice((0.2, 0.3)), "flap_low": draw.choice((0.05, 0.15))}
    if draw.random() < 0.3:
        found |= {"quantile_over_us": 1_000_000, "quantile": draw.choice((50, 80, 95)), "quantile_window_ms": 5 * MIN}
    return found


def _parts(draw: Random) -> dict[str, Any]:
    found: dict[str, Any] = {"weight": draw.choice((1, 1, 3)), "critical": draw.random() < 0.1}
    if draw.random() < 0.2:
        found["redundancy_group"] = "replicas"
    return found | {"shares": (("host", draw.choice(("a", "b"))),)}


def _components(draw: Random) -> list[Any]:
    group_by = tuple(draw.sample(("parent", "host", "address", "group", "site"), draw.choice((0, 1, 2))))

    def more() -> dict[str, Any]:
        opens_at = draw.choice((Status.DEGRADED, Status.DEGRADED, Status.PARTIAL, Status.MAJOR, None))
        waits = {"resolve_after_ms": draw.choice((0, 0, 5 * MIN)), "reopen_within_ms": draw.choice((0, 0, 10 * MIN))}
        common = {"group_by": group_by, "group_wait_ms": draw.choice((30_000, 5 * MIN))}
        return {
            "opens_at": opens_at,
            "major_percent": draw.choice((100, 100, 0, 60)),
            **common,
            **waits,
        }

    above = draw.choice((("gateway",), ("gateway", "blog"), ()))
    return [
        component("net", ["net"], opens_at=None, group_by=group_by),
        component("gateway", ["gateway"], **more()),
        component("shop", ["shop-1", "shop-2"], depends_on=above, group="web", severity="high", **more()),
        component(
            "blog", ["blog"], depends_on=draw.choice((("gateway",), ())), site=draw.choice(("main", "other")), **more()
        ),
    ]


def _windows(draw: Random) -> list[Maintenance]:
    found = []
    for number in range(draw.choice((0, 1, 2))):
        start_ms = T0 + draw.randrange(0, 60 * MIN, 7_000)
        of = draw.choice((("shop",), ("gateway", "shop"), ("blog", "ghost")))
        found.append(window(start_ms, start_ms + draw.randint(1, 20) * MIN, of, f"window-{number}"))
    if draw.random() < 0.3:
        start_ms = T0 - T0 % 1000 + draw.randint(0, 60) * MIN - DAY
        first = datetime.fromtimestamp(start_ms / 1000, UTC).replace(tzinfo=None)
        daily = window(start_ms, start_ms + 10 * MIN, ("shop",), "daily")
        found.append(daily._replace(recurrence=Recurrence("FREQ=DAILY", "UTC", first, 10 * MIN)))
    return found


def replaced(rules: Policy, seed: int) -> Policy:
    """The policy after a reload: other windows and components, perhaps fewer, and other limits of subscriptions; the
    needs of checks and the hours stay.
    """
    other, draw = world(seed), Random(seed)
    gone = draw.choice(("", "", "blog", "gateway", "shop"))
    components = {id_: c for id_, c in other.components.items() if id_ != gone}
    checks = {c.id: c for c in world_checks(rules, seed) if c.component in components}
    again = policy(*checks.values(), components=list(components.values()), windows=list(other.maintenances.values()))
    found = draw.choice((rules, other)).subscriptions
    before = rules.subscriptions
    return again._replace(
        subscriptions={id_: one._replace(hours=before[id_].hours) for id_, one in found.items() if id_ in before}
    )


def world_checks(rules: Policy, seed: int) -> list[Any]:
    """The checks as they are, and those that were gone anew."""
    return [rules.checks.get(id_, found) for id_, found in world(seed).checks.items()]


class Pair:
    """The core and its model, told the same; without the model, the core is held to its promises alone."""

    def __init__(self, seed: int, *, with_model: bool = True) -> None:
        self.policy = world(seed)
        self.promises = Promises(replayed=True)
        self.reference = Reference() if with_model else None
        self.now_ms = T0
        self.watched_ms: int | None = None
        self.take(Configured(T0))

    def take(self, event: Event) -> None:
        """One event, and before it those that the core has asked for."""
        while (wake_ms := self.promises.state.wake_ms) is not None and wake_ms <= event.at_ms:
            self._tell(Woke(wake_ms))
            assert self.promises.state.wake_ms != wake_ms, "the core asks to be woken at the same moment again"
        self.now_ms = event.at_ms
        self._tell(event)

    def _tell(self, event: Event) -> None:
        decision = self.promises.judge(event, self.policy)
        if self.reference is not None:
            said, meant = self.said(decision), self.meant(self.reference.tell(event, self.policy))
            assert {key: (said[key], meant[key]) for key in said if said[key] != meant[key]} == {}, event
        assert self.promises.broken == []

    def observe(self, name: str, outcome: str, which: int, after_ms: int, *, is_slow: bool) -> None:
        took_us = 2_000_000 if is_slow else 0
        reasons = REASONS.get(outcome, (None,))
        more: dict[str, Any] = {"reason": reasons[which % len(reasons)], "facts": {"ip": f"::{which}"}}
        seen = observation(outcome, self.now_ms + after_ms, name, took_us, **more)
        self.watched_ms = seen.started_ms + took_us // 1000
        self.take(Observed(seen))

    def pin(self, name: str, status: Status | None, lasts_ms: int | None, after_ms: int) -> None:
        at_ms = self.now_ms + after_ms
        until_ms = None if lasts_ms is None else at_ms + lasts_ms
        channels = None if until_ms is None else frozenset({"hook"} if status is Status.PARTIAL else ())
        order = SetPin(name, status, "ann", until_ms) if status else TakePin(name, "ann")
        self.take(Ordered(at_ms, order, channels))

    def restart(self, after_ms: int) -> None:
        watched_ms, self.now_ms = self.watched_ms, self.now_ms + after_ms
        self.promises.restart()
        self._tell(Configured(self.now_ms, watched_ms))

    def reload(self, seed: int, after_ms: int) -> None:
        at_ms = self.now_ms + after_ms
        while (wake_ms := self.promises.state.wake_ms) is not None and wake_ms <= at_ms:
            self._tell(Woke(wake_ms))
        self.now_ms, self.policy = at_ms, replaced(self.policy, seed)
        self._tell(Configured(at_ms))

    # ------------------------------------------------------------ both in the same words

    def said(self, decision: Decision | None) -> dict[str, Any]:
        state = self.promises.state
        every = sorted([*state.incidents.values(), *state.ended.values()], key=lambda i: i.num)
        return {
            "checks": {c.check: (c.verdict, c.since_ms, c.reason, c.flapped) for c in state.checks.values()},
            "components": {
                c.component: (c.status, c.since_ms, c.causes, c.withheld_by, c.pin) for c in state.components.values()
            },
            "incidents": {i.cause.removeprefix("component:"): _case(i) for i in every},
            "changes": Counter(
                (c.subject.value, c.id, c.before, c.after, c.since_ms) for c in (decision.changes if decision else ())
            ),
            "notices": Counter(
                (n.subscription, n.reason, _stream(n), n.at_ms, n.headline.text)
                for n in (decision.notices if decision else ())
            ),
            "wake_ms": state.wake_ms,
        }

    def meant(self, told: Told) -> dict[str, Any]:
        answered = self.promises.state.checks
        return {
            "checks": {
                id_: (b.verdict, b.since_ms, b.reason, b.flapped)
                for id_, b in told.believed.items()
                if id_ in answered or b.verdict != "unknown" or b.reason or b.fails
            },
            "components": {id_: (r.status, r.since_ms, r.causes, r.withheld_by, r.pin) for id_, r in told.rows.items()},
            "incidents": {case.component: _of_case(case) for case in told.cases},
            "changes": told.changes,
            "notices": Counter(
                {
                    (who, reason, stream[0] if isinstance(stream, tuple) else stream, at_ms, headline): count
                    for (who, reason, stream, at_ms, headline), count in told.notices.items()
                }
            ),
            "wake_ms": told.wake_ms,
        }


def _stream(notice: Any) -> str:
    if notice.incident is not None:
        return str(notice.incident.cause.removeprefix("component:"))
    return str(notice.maintenance.id if notice.maintenance is not None else notice.stream)


def _case(incident: Any) -> tuple[Any, ...]:
    affected = [(a.component, a.status, a.worst) for a in incident.affected]
    moments = (
        incident.opened_ms,
        incident.started_ms,
        incident.updated_ms,
        incident.monitoring_ms,
        incident.resolved_ms,
    )
    return (incident.status, incident.impact, affected, *moments, len(incident.updates), incident.joined_due_ms)


def _of_case(case: Case) -> tuple[Any, ...]:
    moments = (case.opened_ms, case.started_ms, case.updated_ms, case.monitoring_ms, case.resolved_ms)
    affected = [(id_, case.affected[id_], case.worst[id_]) for id_ in sorted(case.affected)]
    return (case.status, case.impact, affected, *moments, case.updates, case.joined_due_ms)


# ---------------------------------------------------------------- random worlds


def run(seed: int, steps: int, *, with_model: bool = True) -> Pair:
    """A random history of so many events."""
    draw, pair = Random(seed), Pair(seed, with_model=with_model)
    mood = dict.fromkeys(CHECKS, "up")
    for _ in range(steps):
        happens, after_ms = draw.random(), draw.choice((1, 20_000, MIN, 3 * MIN))
        if happens < 0.03:
            pair.restart(after_ms)
        elif happens < 0.05:
            pair.reload(draw.randrange(2**32), after_ms)
        elif happens < 0.08:
            pair.pin(draw.choice(COMPONENTS), draw.choice(PINS), draw.choice((None, 10 * MIN)), after_ms)
        else:
            name = draw.choice(CHECKS)
            if draw.random() < 0.35:
                mood[name] = draw.choice(("up", "up", "down", "down", "degraded", "unknown"))
            pair.observe(name, mood[name], draw.randrange(3), after_ms, is_slow=draw.random() < 0.1)
    assert pair.promises.unclosed(pair.policy.subscriptions) == []
    return pair


@pytest.mark.parametrize("seed", [*KEPT, *range(40)])
def test_the_core_agrees_with_its_model_over_a_random_world(seed: int) -> None:
    run(seed, 60)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    ("total", "length", "with_model"), [(1_000_000, 1_000, False), (200_000, 60, True)], ids=["promises", "model"]
)
def test_it_keeps_its_promises_and_agrees_over_many_steps(total: int, length: int, *, with_model: bool) -> None:
    steps = seed = 0
    while steps < total:
        steps += run(1_000_000 + seed, length, with_model=with_model).promises.steps
        seed += 1
    print(f"{steps} steps in {seed} worlds")  # noqa: T201 - what the soak shows


def test_work_that_a_reload_moves_into_the_past_is_over_for_whom_it_had_begun() -> None:
    """Its end by the clock is before the hours of a subscription that was told of its beginning."""
    pair = Pair(400)
    pair.take(Woke(pair.now_ms + 60 * MIN))
    for seed in (4177025, 192617, 243):
        pair.reload(seed, 0)
        assert pair.promises.broken == []


class Machine(RuleBasedStateMachine):
    """Any history at all, made shorter when it fails."""

    pair: Pair

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        self.pair = Pair(seed)

    @rule(
        name=st.sampled_from(CHECKS),
        outcomes=st.lists(st.sampled_from(("up", "down", "degraded", "unknown")), min_size=1, max_size=3),
        which=st.integers(0, 2),
        after_ms=st.sampled_from((0, 1, 20_000, MIN)),
        is_slow=st.booleans(),
    )
    def observe(self, name: str, outcomes: list[str], which: int, after_ms: int, is_slow: bool) -> None:
        for outcome in outcomes:
            self.pair.observe(name, outcome, which, after_ms, is_slow=is_slow)

    @rule(
        name=st.sampled_from(COMPONENTS),
        status=st.sampled_from(PINS),
        lasts_ms=st.sampled_from((None, MIN)),
        after_ms=st.sampled_from((0, MIN)),
    )
    def pin(self, name: str, status: Status | None, lasts_ms: int | None, after_ms: int) -> None:
        self.pair.pin(name, status, lasts_ms, after_ms)

    @rule(after_ms=st.sampled_from((MIN, 5 * MIN, 60 * MIN)))
    def wait(self, after_ms: int) -> None:
        self.pair.take(Woke(self.pair.now_ms + after_ms))

    @rule(after_ms=st.sampled_from((0, MIN, 30 * MIN)))
    def restart(self, after_ms: int) -> None:
        self.pair.restart(after_ms)

    @rule(seed=st.integers(0, 2**32 - 1), after_ms=st.sampled_from((0, MIN)))
    def reload(self, seed: int, after_ms: int) -> None:
        self.pair.reload(seed, after_ms)

    @invariant()
    def every_opening_has_its_closing(self) -> None:
        if hasattr(self, "pair"):
            assert self.pair.promises.unclosed(self.pair.policy.subscriptions) == []


@pytest.mark.timeout(600)
def test_the_core_agrees_with_its_model_over_any_history() -> None:
    """About 45 steps a history, so 20,000."""
    run_state_machine_as_test(Machine, settings=settings(max_examples=450, stateful_step_count=40, deadline=None))
