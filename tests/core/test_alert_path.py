"""Whether people would be told, judged from how each channel stands."""

import pytest

from prober.core.alert_path import ALERTS, BROKEN_MS, DRILL_MS, Line, observation
from prober.core.events import Configured, Event, Observed
from prober.core.model import NoticeReason
from prober.core.own import OWN, with_own
from prober.core.state import State
from prober.core.step import step
from tests.builders import T0, policy, subscription

MINUTE = 60_000


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (Line("a"), ""),
        (Line("a", failing_ms=T0 - BROKEN_MS + 1, waiting_ms=T0 - BROKEN_MS + 1), ""),
        (Line("a", failing_ms=T0 - BROKEN_MS), "has taken nothing for 15 minutes"),
        (Line("a", waiting_ms=T0 - 40 * MINUTE), "has had a notice waiting for 40 minutes"),
        (Line("a", failing_ms=T0 - 90 * MINUTE, disabled_ms=T0), "is disabled"),
        (Line("a", drill="msg_1", drilled_ms=T0 - 10**10, arrived=True), ""),
        (Line("a", drill="msg_1", drilled_ms=T0 - 1, arrived=False), "has not passed its latest drill"),
        (Line("a", drill="msg_1", drilled_ms=T0 - DRILL_MS), ""),
        (Line("a", drill="msg_1", drilled_ms=T0 - DRILL_MS - 1), "has not passed its latest drill"),
    ],
)
def test_a_channel_is_broken_by_what_has_lasted(line: Line, why: str) -> None:
    assert line.broken(T0) == why


@pytest.mark.parametrize(
    ("line", "is_due"),
    [
        (Line("a"), True),
        (Line("a", disabled_ms=1), False),
        (Line("a", drill="m", drilled_ms=T0 - 10**10), False),
        (Line("a", drill="m", drilled_ms=T0 - MINUTE, arrived=True), True),
        (Line("a", drill="m", drilled_ms=T0 - MINUTE + 1, arrived=False), False),
        (Line("a", drill="m", drilled_ms=T0 + MINUTE, arrived=True), True),  # the clock was set back
    ],
)
def test_a_drill_is_due_when_none_was_begun_for_so_long_and_none_is_under_way(line: Line, is_due: bool) -> None:
    assert line.drill_is_due(T0, MINUTE) is is_due


def test_some_that_are_broken_degrade_it_and_all_of_them_are_an_outage() -> None:
    well, gone = Line("a"), [Line(f"c{n}", disabled_ms=T0) for n in range(7)]
    assert observation([], T0).outcome == observation([well], T0).outcome == "up"
    seen = observation([well, gone[0]], T0)
    assert (seen.outcome, seen.reason, seen.detail) == ("degraded", "self_alerts", "channel c0 is disabled")
    seen = observation(gone, T0)
    assert seen.outcome == "down"
    assert seen.detail.endswith("c4 is disabled, and 2 more")


def test_one_incident_names_the_channel_and_ends_with_the_trouble() -> None:
    rules = with_own(policy(subscriptions=[subscription(), subscription("main", sites=frozenset({"main"}))]))
    state, told = State(identity=b"k"), []
    lines = [[Line("a", disabled_ms=T0), Line("b")]] * 3 + [[Line("a"), Line("b")]] * 2
    looks = [observation(found, T0 + n * 10_000) for n, found in enumerate(lines)]
    events: list[Event] = [Configured(T0), *map(Observed, looks)]
    for event in events:
        decision = step(state, event, rules)
        if decision is not None:
            state.apply(decision)
            told += [(n.subscription, n.reason, n.incident.updates[0].body) for n in decision.notices if n.incident]
    body = (
        "Alert path is degraded: not everybody would be told of trouble (channel a is disabled). We are investigating."
    )
    assert told[0] == ("ops", NoticeReason.OPENED, body)
    assert [(who, reason) for who, reason, _ in told[1:]] == [("ops", NoticeReason.RESOLVED)]
    assert state.components[ALERTS].site == OWN
