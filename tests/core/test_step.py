"""Promises that hold over every history, checked on random ones; the stories tell the single rules."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.events import Change, Configured, Decision, Event, Observed, Ordered, Rule, Subject, Woke
from prober.core.model import IncidentStatus, NoticeReason, Status
from prober.core.orders import Post
from prober.core.policy import Policy
from prober.core.state import State
from prober.core.step import step
from tests.builders import T0, check, component, observation, policy, subscription, window

MIN = 60_000


def world() -> Policy:
    checks = [check("a", "shop"), check("b", "shop", failures=3), check("c", "blog", degraded_over_us=1_000)]
    return policy(*checks, subscriptions=[subscription()], windows=[window(T0 + 40 * MIN, T0 + 60 * MIN)])


def played(events: list[Event], rules: Policy) -> tuple[State, list[Decision]]:
    """The state and decisions after the events, with the core woken at the moments it names, as the daemon does."""
    state, decisions = State(identity=b"k"), []

    def take(event: Event) -> None:
        decision = step(state, event, rules)
        if decision is not None:
            state.apply(decision)
            decisions.append(decision)

    for event in events:
        while state.wake_ms is not None and state.wake_ms <= event.at_ms:
            take(Woke(state.wake_ms))
        take(event)
    return state, decisions


def history(seed: int, length: int = 150) -> list[Event]:
    draw, now = random.Random(seed), T0
    events: list[Event] = [Configured(T0)]
    outcome = {"a": "up", "b": "up", "c": "up"}
    for _ in range(length):
        now += draw.randrange(1, MIN)
        name = draw.choice("abc")
        if draw.random() < 0.3:
            outcome[name] = draw.choice(["up", "down", "degraded", "unknown"])
        events.append(Woke(now) if draw.random() < 0.1 else Observed(observation(outcome[name], now, name, 0)))
    return events


histories = st.integers(0, 2**32).map(history)


@given(histories)
def test_one_cause_has_at_most_one_open_incident_and_every_opening_one_closing(events: list[Event]) -> None:
    state, decisions = played(events, world())
    told = [(n.stream, n.reason) for d in decisions for n in d.notices]
    for num in range(1, state.next_num):
        mine = [reason for stream, reason in told if stream == f"incident:{num}"]
        is_open = num in state.incidents
        assert mine[0] is NoticeReason.OPENED
        assert mine.count(NoticeReason.OPENED) == 1
        assert mine.count(NoticeReason.RESOLVED) == (0 if is_open else 1)
        assert is_open or mine[-1] is NoticeReason.RESOLVED
    causes = [incident.cause for incident in state.incidents.values()]
    assert len(causes) == len(set(causes))


@given(histories)
def test_the_same_history_gives_the_same_decisions(events: list[Event]) -> None:
    assert played(events, world()) == played(events, world())


@given(histories, st.integers(0, 150))
def test_a_restart_anywhere_changes_no_incident_and_no_notice(events: list[Event], at: int) -> None:
    at = max(1, min(at, len(events) - 1))
    when = events[at - 1].at_ms
    straight, restarted = (
        played(history, world())[1] for history in (events, [*events[:at], Configured(when), *events[at:]])
    )

    told, told_again = ([(n.id, n.reason) for d in ds for n in d.notices] for ds in (straight, restarted))
    assert told == told_again


@given(histories)
def test_nothing_opens_in_a_window(events: list[Event]) -> None:
    rules = world()._replace(maintenances={"all": window(T0 - 1, T0 + 10**9, ("shop", "blog"), "all")})
    _, decisions = played([Configured(T0 - 1), *events], rules)
    assert [i for d in decisions for i in d.incidents] == []
    assert {c.status for d in decisions for c in d.components} == {Status.MAINTENANCE}


@given(histories)
def test_sequence_numbers_of_visible_decisions_grow_by_one(events: list[Event]) -> None:
    _, decisions = played(events, world())
    assert [d.seq for d in decisions if d.is_visible] == list(range(1, 1 + sum(d.is_visible for d in decisions)))


def test_an_observation_of_an_unknown_check_changes_nothing() -> None:
    assert step(State(), Observed(observation(check="who")), policy()) is None


def test_an_incident_of_a_component_that_is_no_longer_configured_is_closed() -> None:
    rules = policy(subscriptions=[subscription()])
    state, _ = played([Configured(T0), *(Observed(observation("down", T0 + n)) for n in range(2))], rules)
    decision = step(state, Configured(T0 + 9), rules._replace(checks={}, components={}))
    assert decision is not None
    assert [n.reason for n in decision.notices] == [NoticeReason.RESOLVED]
    assert decision.incidents[0].updates[-1].body == "Closed because what it was about is no longer watched."


def test_the_history_of_a_component_that_is_no_longer_configured_ends() -> None:
    state, _ = played([Configured(T0), Observed(observation("up", T0 + 1, took_us=0))], policy())
    gone = step(state, Configured(T0 + 9), policy()._replace(checks={}, components={}))
    assert gone is not None
    assert gone.changes == (
        Change(Subject.COMPONENT, "shop", "operational", "unknown", T0 + 9, T0 + 9, Rule.NOT_CONFIGURED),
    )
    state, _ = played([Configured(T0)], policy())
    never_watched = step(state, Configured(T0 + 9), policy()._replace(checks={}, components={}))
    assert never_watched is not None
    assert never_watched.changes == ()


def test_the_core_says_when_it_next_needs_a_look() -> None:
    rules = policy(windows=[window(T0 + 10, T0 + 20)])
    state, _ = played([Configured(T0)], rules)
    assert state.wake_ms == T0 + 10
    decision = step(state, Woke(T0 + 10), rules)
    assert decision is not None
    state.apply(decision)
    assert (state.wake_ms, state.components["shop"].status) == (T0 + 20, Status.MAINTENANCE)


def test_looking_again_at_the_same_moment_changes_nothing() -> None:
    state, _ = played([Configured(T0)], policy())
    assert step(state, Configured(T0), policy()) is None
    assert step(state, Woke(T0), policy()) is None


def test_a_window_of_a_component_that_does_not_exist_is_harmless() -> None:
    rules = policy(windows=[window(T0 + 10, T0 + 20, ("ghost",))])
    state, _ = played([Configured(T0)], rules)
    assert step(state, Woke(T0 + 15), rules) is not None


def test_a_window_that_is_met_under_way_is_told_as_started_then() -> None:
    rules = policy(windows=[window(T0, T0 + 20)], subscriptions=[subscription()])
    decision = step(State(), Woke(T0 + 5), rules)
    assert decision is not None
    assert [(n.reason, n.at_ms) for n in decision.notices] == [(NoticeReason.MAINTENANCE_STARTED, T0 + 5)]


@pytest.mark.parametrize("since", [T0 - 5_000, T0])
def test_trouble_is_set_back_to_the_first_failing_probe(since: int) -> None:
    state, _ = played([Configured(T0 - MIN), Observed(observation("up", T0 - MIN))], policy())
    for at in (since, since + 2_000):
        decision = step(state, Observed(observation("down", at)), policy())
        assert decision is not None
        state.apply(decision)
    assert state.components["shop"].since_ms == since
    assert next(iter(state.incidents.values())).started_ms == since


def test_the_headline_of_a_notice_speaks_of_its_own_site() -> None:
    parts = [component("shop"), component("blog", ["blog"], site="other")]
    rules = policy(check(), check("blog", "blog"), components=parts, subscriptions=[subscription()])
    _, decisions = played([Configured(T0), *(Observed(observation("down", T0 + n)) for n in range(2))], rules)
    (notice,) = [n for d in decisions for n in d.notices]
    assert notice.headline.text == "Major System Outage"


def test_an_incident_that_is_no_longer_configured_is_closed_to_all_who_may_have_heard_of_it() -> None:
    wishes = [subscription("web", groups=frozenset({"web"})), subscription("blog", components=frozenset({"blog"}))]
    rules = policy(components=[component(group="web")], subscriptions=wishes)
    state, _ = played([Configured(T0), *(Observed(observation("down", T0 + n)) for n in range(2))], rules)
    decision = step(state, Configured(T0 + 9), rules._replace(checks={}, components={}))
    assert decision is not None
    assert [(n.subscription, n.reason) for n in decision.notices] == [("web", NoticeReason.RESOLVED)]


def test_nobody_is_reminded_of_what_ends_because_it_is_no_longer_configured() -> None:
    rules = policy(subscriptions=[subscription(topics=frozenset({"incidents"}), remind_after_ms=MIN)])
    state, _ = played([Configured(T0), *(Observed(observation("down", T0 + n)) for n in range(2))], rules)
    decision = step(state, Configured(T0 + 2 * MIN), rules._replace(checks={}, components={}))
    assert decision is not None
    assert [n.reason for n in decision.notices] == [NoticeReason.RESOLVED]


def test_the_headline_does_not_speak_of_what_is_no_longer_configured() -> None:
    rules = policy(subscriptions=[subscription()])
    state, _ = played([Configured(T0), *(Observed(observation("down", T0 + n)) for n in range(2))], rules)
    decision = step(state, Configured(T0 + 9), rules._replace(checks={}, components={}))
    assert decision is not None
    assert decision.notices[0].headline.text == "All Systems Operational"


def test_a_monitored_incident_whose_check_flaps_asks_for_no_look_until_that_is_steady() -> None:
    """It cannot be resolved meanwhile: the core would ask to be woken at the same moment for ever."""
    parts = [component(resolve_after_ms=60 * MIN)]
    rules = policy(check(failures=3, successes=1, flap_high=0.2, flap_low=0.1), components=parts)
    outcomes = ["up", "down", "down", "down", "up", "down", "up"]
    answers = (observation(word, T0 + n * 1_000, took_us=0) for n, word in enumerate(outcomes, 1))
    events: list[Event] = [Configured(T0), *(Observed(answer) for answer in answers)]
    state, _ = played(events, rules)
    assert state.wake_ms is None
    steady = [Observed(observation("up", T0 + n * 1_000)) for n in range(8, 32)]
    state, _ = played([*events, *steady], rules)
    assert state.checks["shop"].flapped == 0
    assert state.wake_ms == T0 + 5_000 + 60 * MIN


def test_a_monitored_incident_in_trouble_again_that_a_window_hides_asks_for_no_look_but_at_its_end() -> None:
    parts = [component(resolve_after_ms=5 * MIN)]
    rules = policy(check(failures=1, successes=1), components=parts, windows=[window(T0 + 2 * MIN, T0 + 60 * MIN)])
    outcomes = ["up", "down", "up", "up", "down", "down"]
    events: list[Event] = [Configured(T0)]
    events += [Observed(observation(o, T0 + n * 30_000)) for n, o in enumerate(outcomes, 1)]
    state, _ = played(events, rules)
    assert [incident.monitoring_ms is None for incident in state.incidents.values()] == [False]
    assert state.wake_ms == T0 + 60 * MIN


def test_a_monitored_incident_that_a_person_leads_asks_for_no_look() -> None:
    """The automation does not resolve it, however long it waits."""
    rules = policy(check(failures=1, successes=1), components=[component(resolve_after_ms=5 * MIN)])
    state, _ = played([Configured(T0), *(Observed(observation(o, T0 + 1_000)) for o in ("down", "up"))], rules)
    assert state.wake_ms == T0 + 1_001 + 5 * MIN
    decision = step(state, Ordered(T0 + 2_000, Post(1, "We watch it.", "ann", IncidentStatus.MONITORING)), rules)
    assert decision is not None
    assert decision.wake_ms is None


def test_what_is_no_longer_watched_of_an_incident_is_not_in_trouble_any_more() -> None:
    names, more = ("shop", "blog"), {"group_by": ("site",), "group_wait_ms": MIN}
    checks = [check(name, name, failures=1, successes=1) for name in names]
    rules = policy(*checks, components=[component(name, [name], **more) for name in names])
    down: list[Event] = [Observed(observation("down", T0 + n, name)) for n, name in enumerate(names, 1)]
    state, _ = played([Configured(T0), *down], rules)
    left = policy(checks[1], components=[component("blog", ["blog"], **more)])
    decision = step(state, Configured(T0 + 10), left)
    assert decision is not None
    state.apply(decision)
    (incident,) = state.incidents.values()
    assert {a.component: a.status for a in incident.affected} == {"shop": Status.OPERATIONAL, "blog": Status.MAJOR}
    ended = step(state, Observed(observation("up", T0 + 20, "blog")), left)
    assert ended is not None
    assert [i.is_open for i in ended.incidents] == [False]


def test_a_component_without_checks_shows_what_somebody_says() -> None:
    def said(status: Status | None) -> Policy:
        return policy(components=[component(checks=()), component("api", (), opens_at=None, stated=status)])

    state, found = State(identity=b"k"), []
    for status in (Status.OPERATIONAL, Status.MAJOR, Status.MAJOR, None):
        decision = step(state, Configured(T0), said(status))
        if decision is not None:
            state.apply(decision)
            found += [(c.before, c.after, c.rule) for c in decision.changes]
            assert decision.incidents == ()
    assert found == [
        ("unknown", "operational", Rule.STATED),
        ("operational", "major", Rule.STATED),
        ("major", "unknown", Rule.FROM_CHECKS),
    ]


def test_history_names_the_failing_checks_whatever_is_shown() -> None:
    rules = policy(check(failures=1), windows=[window(T0 + MIN, T0 + 2 * MIN)])
    events: list[Event] = [Configured(T0), Observed(observation("down", T0 + 1)), Woke(T0 + MIN)]
    _, decisions = played(events, rules)
    changes = [c for d in decisions for c in d.changes if c.subject is Subject.COMPONENT]
    assert [(c.after, c.rule, c.detail) for c in changes] == [
        ("major", Rule.FROM_CHECKS, "shop"),
        ("maintenance", Rule.MAINTENANCE_WINDOW, "shop"),
    ]
