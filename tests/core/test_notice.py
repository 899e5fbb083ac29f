"""Who is owed a message."""

from typing import Any

import pytest

from prober.core import notice
from prober.core.events import Configured, Event, Observed, Ordered, Woke
from prober.core.hours import parsed
from prober.core.incident import changed, opened, resolved
from prober.core.model import Headline, Impact, Indicator, Notice, NoticeReason, Status, StatusChange
from prober.core.orders import CancelMaintenance, EndMaintenance
from prober.core.state import State
from prober.core.step import step
from prober.core.work import seen, started
from tests.builders import T0, check, component, observation, policy, subscription, window

CALM = {"main": Headline(Indicator.NONE, "All Systems Operational")}
DOWN = opened(component(), Status.MAJOR, T0, T0, "", 1, b"")
SLOW = opened(component(), Status.DEGRADED, T0, T0, "", 1, b"")


def owed(occasion: notice.Occasion, **wishes: Any) -> tuple[Notice, ...]:
    parts = [component("shop", group="web"), component("blog", [])]
    rules = policy(check(), components=parts, subscriptions=[subscription(**wishes)])
    return notice.owed(rules, [occasion], CALM, 5, b"key")


@pytest.mark.parametrize(
    ("wishes", "is_owed"),
    [
        ({}, True),
        ({"topics": frozenset({"maintenance"})}, False),
        ({"sites": frozenset({"main"})}, True),
        ({"sites": frozenset({"other"})}, False),
        ({"groups": frozenset({"web"})}, True),
        ({"groups": frozenset({"db"})}, False),
        ({"components": frozenset({"shop"})}, True),
        ({"components": frozenset({"blog"})}, False),
        ({"groups": frozenset({"db"}), "components": frozenset({"shop"})}, True),
        ({"min_impact": Impact.CRITICAL}, True),
        ({"severities": frozenset({"high", "low"})}, False),
        ({"severities": frozenset({"normal"})}, True),
        ({"severities": frozenset({"normal"}), "groups": frozenset({"db"})}, False),
        ({"severities": frozenset({"normal"}), "components": frozenset({"shop"})}, True),
        ({"severities": frozenset({"high"}), "components": frozenset({"shop"})}, False),
        ({"hours": parsed("We 00:00-24:00", "UTC")}, False),
        ({"hours": parsed("We 00:00-24:00", "Pacific/Auckland")}, True),
    ],
)
def test_a_subscription_hears_what_it_asked_for(wishes: dict[str, object], is_owed: bool) -> None:
    assert bool(owed(notice.of_incident(NoticeReason.OPENED, DOWN, T0), **wishes)) is is_owed


@pytest.mark.parametrize(
    ("wishes", "key"),
    [
        ({}, None),
        ({"topics": frozenset({"maintenance"})}, "topics"),
        ({"sites": frozenset({"other"}), "components": frozenset({"blog"})}, "sites"),
        ({"groups": frozenset({"db"})}, "components"),
        ({"components": frozenset({"blog"}), "severities": frozenset({"high"})}, "components"),
        ({"components": frozenset({"shop"}), "severities": frozenset({"high"})}, "severity"),
        ({"escalate_after_ms": 60_000, "hours": parsed("We 00:00-24:00", "UTC")}, "escalate_after"),
        ({"hours": parsed("We 00:00-24:00", "UTC")}, "hours"),
    ],
)
def test_the_first_key_that_keeps_a_subscription_from_hearing_is_named(wishes: Any, key: str | None) -> None:
    found = notice.refusal(subscription(**wishes), policy(), notice.of_incident(NoticeReason.OPENED, DOWN, T0))
    assert found == key


def test_an_impact_that_is_too_mild_is_named() -> None:
    mild = notice.of_incident(NoticeReason.OPENED, SLOW, T0)
    assert notice.refusal(subscription(min_impact=Impact.MAJOR), policy(), mild) == "min_impact"


def test_below_its_impact_a_subscription_hears_nothing() -> None:
    assert owed(notice.of_incident(NoticeReason.OPENED, SLOW, T0), min_impact=Impact.MAJOR) == ()


def test_what_was_told_as_open_is_told_as_closed_however_mild_it_ended() -> None:
    mild = changed(changed(SLOW, component(), Status.MAJOR, T0), component(), Status.DEGRADED, T0)
    closed = notice.of_incident(NoticeReason.RESOLVED, resolved(mild, T0, "Over."), T0)
    assert len(owed(closed, min_impact=Impact.CRITICAL)) == 1


@pytest.mark.parametrize(
    "later",
    [
        {"severities": frozenset({"low"})},
        {"groups": frozenset({"db"})},
        {"components": frozenset({"blog"})},
        {"sites": frozenset({"other"})},
        {"topics": frozenset({"maintenance"})},
        {"hours": parsed("We 00:00-24:00", "UTC")},
        {"min_impact": Impact.CRITICAL},
    ],
    ids=lambda one: "".join(one),
)
@pytest.mark.parametrize("outcome", ["degraded", "down"])
def test_whoever_was_told_of_an_incident_is_told_of_its_end_whatever_he_asks_for_by_then(
    later: dict[str, Any], outcome: str
) -> None:
    state = State(identity=b"")
    told: list[tuple[str, NoticeReason]] = []

    def happens(event: Event, **wishes: Any) -> None:
        rules = policy(check(successes=1), subscriptions=[subscription(**wishes), subscription("late", **later)])
        decision = step(state, event, rules)
        if decision is not None:
            state.apply(decision)
            told.extend((n.subscription, n.reason) for n in decision.notices)

    happens(Configured(T0))
    for n in (1, 2):
        happens(Observed(observation(outcome, T0 + n * 1000)))
    happens(Configured(T0 + 3000), **later)
    happens(Observed(observation("up", T0 + 4000)), **later)
    hears_both = outcome == "down" and "min_impact" in later
    both = [NoticeReason.OPENED, NoticeReason.RESOLVED]
    assert [reason for id_, reason in told if id_ == "ops"] == both
    assert [reason for id_, reason in told if id_ == "late"] == (both if hears_both else [])


@pytest.mark.parametrize(
    "later",
    [
        {"severities": frozenset({"low"})},
        {"components": frozenset({"blog"})},
        {"sites": frozenset({"other"})},
        {"topics": frozenset({"incidents"})},
        {"hours": parsed("We 00:00-24:00", "UTC")},
    ],
    ids=lambda one: "".join(one),
)
@pytest.mark.parametrize("order", [EndMaintenance, CancelMaintenance])
def test_whoever_was_told_of_planned_work_is_told_of_its_end_whatever_he_asks_for_by_then(
    later: dict[str, Any], order: Any
) -> None:
    begins_ms = T0 + (1000 if order is EndMaintenance else 9000)
    works = [window(begins_ms, T0 + 20_000)]
    state = State(identity=b"")
    told: list[tuple[str, NoticeReason]] = []
    for at_ms, event in (
        (T0, Configured(T0)),
        (T0 + 1000, Woke(T0 + 1000)),
        (T0 + 2000, Configured(T0 + 2000)),
        (T0 + 3000, Ordered(T0 + 3000, order("upgrade", "ann"))),
    ):
        wishes = later if at_ms >= T0 + 2000 else {}
        both = [subscription(**wishes), subscription("late", **later)]
        decision = step(state, event, policy(windows=works, subscriptions=both))
        if decision is not None:
            state.apply(decision)
            told.extend((n.subscription, n.reason) for n in decision.notices)
    reasons = {
        EndMaintenance: ["scheduled", "started", "completed"],
        CancelMaintenance: ["scheduled", "cancelled"],
    }[order]
    assert told == [("ops", f"maintenance_{reason}") for reason in reasons]


@pytest.mark.parametrize("later", [None, "degraded"])
def test_hours_that_come_with_a_reload_tell_no_opening_again(later: str | None) -> None:
    state, wednesday_ms = State(identity=b""), T0 + 6_400_000
    told: list[NoticeReason] = []
    always: dict[str, Any] = {}
    in_hours = {"hours": parsed("We 00:00-24:00", "UTC")}
    news = [(in_hours, Observed(observation(later, T0 + n * 1000))) for n in (4, 5) if later]
    events: list[tuple[dict[str, Any], Event]] = [
        (always, Configured(T0)),
        (always, Observed(observation("down", T0 + 1000))),
        (always, Observed(observation("down", T0 + 2000))),
        (in_hours, Configured(T0 + 3000)),
        *news,
        (in_hours, Woke(wednesday_ms)),
    ]
    for wishes, event in events:
        decision = step(state, event, policy(check(), subscriptions=[subscription(**wishes)]))
        if decision is not None:
            state.apply(decision)
            told.extend(n.reason for n in decision.notices)
    assert told == [NoticeReason.OPENED, *([NoticeReason.CHANGED] if later else [])]


@pytest.mark.parametrize(("channels", "is_owed"), [(None, True), ({"hook", "other"}, True), ({"other"}, False)])
def test_what_is_told_to_some_channels_is_told_to_no_others(channels: set[str] | None, is_owed: bool) -> None:
    only = None if channels is None else frozenset(channels)
    occasion = notice.of_incident(NoticeReason.OPENED, DOWN, T0)._replace(channels=only)
    assert bool(owed(occasion)) is is_owed
    ended = notice.of_incident(NoticeReason.RESOLVED, DOWN._replace(told=("ops",)), T0)._replace(channels=only)
    assert len(owed(ended)) == 1


def test_each_kind_of_occasion_carries_its_thing_in_its_own_stream() -> None:
    change = StatusChange("shop", Status.OPERATIONAL, Status.MAJOR, T0)
    topics = notice.TOPICS
    (of_component,) = owed(notice.of_component("main", change), topics=topics)
    work = seen(window(1, 2), "upgrade", 0)
    (of_window,) = owed(notice.of_maintenance(NoticeReason.MAINTENANCE_STARTED, work, 1), topics=topics)
    (of_incident,) = owed(notice.of_incident(NoticeReason.OPENED, DOWN, T0), topics=topics)
    assert (of_component.change, of_window.maintenance, of_incident.incident) == (change, work, DOWN)
    assert len({of_component.stream, of_window.stream, of_incident.stream}) == 3


def test_an_id_is_the_same_for_the_same_decision_and_differs_for_others() -> None:
    rules = policy(subscriptions=[subscription("a"), subscription("b")])
    occasions = [notice.of_incident(NoticeReason.OPENED, DOWN, T0), notice.of_incident(NoticeReason.RESOLVED, DOWN, T0)]
    ids = [n.id for n in notice.owed(rules, occasions, CALM, 5, b"key")]
    assert ids == [n.id for n in notice.owed(rules, occasions, CALM, 5, b"key")]
    later = [n.id for n in notice.owed(rules, occasions, CALM, 6, b"key")]
    elsewhere = [n.id for n in notice.owed(rules, occasions, CALM, 5, b"other")]
    assert len({*ids, *later, *elsewhere}) == 12


def test_what_is_meant_for_one_subscription_reaches_no_other() -> None:
    reminder = notice.of_incident(NoticeReason.REMINDER, DOWN, T0, only="ops")
    assert len(owed(reminder)) == 1
    assert owed(reminder._replace(only="other")) == ()


def test_every_reason_has_a_topic() -> None:
    assert set(notice.TOPIC_OF) == set(NoticeReason) - {NoticeReason.DIGEST}  # which is told whatever it is about


def test_what_does_not_concern_a_subscription_is_not_escalated_to_it() -> None:
    rules = policy(subscriptions=[subscription(escalate_after_ms=60_000, components=frozenset({"other"}))])
    state = State(identity=b"")
    observed = [Observed(observation("down", T0 + n * 1000)) for n in (1, 2)]
    events: list[Event] = [Configured(T0), *observed, Woke(T0 + 120_000)]
    for event in events:
        decision = step(state, event, rules)
        assert decision is not None
        assert decision.notices == ()
        state.apply(decision)
    assert all(not incident.escalated for incident in state.incidents.values())


def test_what_is_about_no_component_is_of_normal_severity() -> None:
    whole = notice.of_incident(NoticeReason.OPENED, DOWN._replace(affected=()), T0)
    wishes: list[tuple[dict[str, Any], int]] = [
        ({"severities": frozenset({"normal"})}, 1),
        ({"severities": frozenset({"high"})}, 0),
        ({"severities": frozenset({"normal"}), "groups": frozenset({"web"})}, 0),
    ]
    assert [len(owed(whole, **wish)) for wish, _ in wishes] == [count for _, count in wishes]


def test_the_end_of_what_is_no_longer_configured_is_told_to_whoever_may_have_heard() -> None:
    gone = notice.of_incident(NoticeReason.RESOLVED, opened(component("gone"), Status.MAJOR, T0, T0, "", 1, b""), T0)
    wishes: list[tuple[dict[str, Any], int]] = [
        ({"severities": frozenset({"high"})}, 1),
        ({"groups": frozenset({"db"})}, 1),
        ({"components": frozenset({"gone"})}, 1),
        ({"components": frozenset({"shop"})}, 0),
    ]
    assert [len(owed(gone, **wish)) for wish, _ in wishes] == [count for _, count in wishes]


def test_outside_its_hours_a_subscription_hears_of_no_change_of_a_component() -> None:
    change = notice.of_component("main", StatusChange("shop", Status.MAJOR, Status.OPERATIONAL, T0))
    assert owed(change, topics=notice.TOPICS, hours=parsed("We 00:00-24:00", "UTC")) == ()


def test_without_hours_nothing_is_missed() -> None:
    assert list(notice.missed(subscription(), [DOWN], [], T0, T0 + 86_400_000)) == []


def test_hours_that_never_end_never_begin() -> None:
    always = subscription(hours=parsed("Mo-Su 00:00-24:00", "UTC"))
    assert list(notice.missed(always, [DOWN], [], T0, T0 + 86_400_000)) == []


def test_only_what_goes_on_has_been_missed() -> None:
    office = subscription(hours=parsed("We 08:00-18:00", "UTC"))
    begin_ms = 1_700_035_200_000  # Wednesday
    planned = seen(window(begin_ms + 1, begin_ms + 2), "upgrade", T0)
    begun = started(planned, T0)
    old = DOWN._replace(opened_ms=T0 - 30 * 86_400_000, updated_ms=T0 - 30 * 86_400_000)
    incidents = [DOWN, resolved(DOWN, T0, "Over."), old, old._replace(updated_ms=T0)]
    told = list(notice.missed(office, incidents, [planned, begun, started(planned, begin_ms)], T0, begin_ms))
    assert [(one.reason, one.at_ms, one.only) for one in told] == [
        (NoticeReason.OPENED, begin_ms, "ops"),
        (NoticeReason.CHANGED, begin_ms, "ops"),
        (NoticeReason.MAINTENANCE_STARTED, begin_ms, "ops"),
    ]
    assert list(notice.missed(office, incidents, [], T0, begin_ms - 1)) == []
