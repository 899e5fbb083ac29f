"""What people ask for of planned work, and what may be asked; sequences are in tests/stories/maintenance.txt."""

import pytest

from prober.core import work as life
from prober.core.agenda import known, may
from prober.core.events import Configured, Event, Ordered, Woke
from prober.core.model import Ending, MaintenanceState, MaintenanceStatus
from prober.core.orders import (
    CancelMaintenance,
    EndMaintenance,
    ExtendMaintenance,
    MoveMaintenance,
    OfMaintenance,
    StartMaintenance,
)
from prober.core.policy import Maintenance, Policy
from prober.core.state import State
from prober.core.step import step
from tests.builders import policy, subscription, window

PLANNED = life.seen(window(100, 200), "upgrade", 0)
UNDER_WAY = life.started(PLANNED, 100)
OVER = life.completed(UNDER_WAY, 200, str)


@pytest.mark.parametrize(
    ("order", "planned", "under_way"),
    [
        (StartMaintenance("upgrade", "ann"), True, False),
        (CancelMaintenance("upgrade", "ann"), True, False),
        (EndMaintenance("upgrade", "ann"), False, True),
        (ExtendMaintenance("upgrade", "ann", 300), True, True),
        (ExtendMaintenance("upgrade", "ann", 200), False, False),
    ],
)
def test_what_may_be_asked_depends_on_where_it_stands(order: OfMaintenance, planned: bool, under_way: bool) -> None:
    assert (may(PLANNED, order), may(UNDER_WAY, order), may(OVER, order)) == (planned, under_way, False)


@pytest.mark.parametrize(
    ("work", "start_ms", "components", "is_allowed"),
    [
        (PLANNED, 300, ("blog",), True),
        (UNDER_WAY, 100, ("blog", "shop"), True),
        (UNDER_WAY, 300, ("shop",), False),
        (UNDER_WAY, 100, ("blog",), False),
        (OVER, 100, ("shop",), False),
    ],
)
def test_what_a_person_has_planned_may_be_moved_and_what_is_under_way_keeps_what_was_told_of_it(
    work: MaintenanceState, start_ms: int, components: tuple[str, ...], is_allowed: bool
) -> None:
    order = MoveMaintenance(work.id, "ann", start_ms, 400, components)
    assert may(work._replace(window=""), order) is is_allowed
    assert may(work, order) is False


def test_one_that_is_declared_is_known_before_it_is_seen_and_not_once_it_is_over() -> None:
    rules = policy(windows=[window(100, 200)])
    assert known({}, rules, "upgrade", 0) == PLANNED
    assert known({}, rules, "upgrade", 200) is None
    assert known({"upgrade": UNDER_WAY}, rules, "upgrade", 0) == UNDER_WAY


def told(*steps: tuple[Event, Policy], state: State | None = None) -> list[tuple[str, int]]:
    """The reasons of the notices that the last step owes, with the ends of what they are about."""
    state, last = state or State(), []
    for event, rules in steps:
        decision = step(state, event, rules)
        if decision is not None:
            state.apply(decision)
        notices = () if decision is None else decision.notices
        last = [(n.reason.value, n.maintenance.end_ms) for n in notices if n.maintenance]
    return last


def rules(*windows: Maintenance) -> Policy:
    return policy(windows=list(windows), subscriptions=[subscription()])


DECLARED = rules(window(100, 200))


def test_a_planned_window_takes_new_times_and_components_at_once() -> None:
    state = State()
    moved = rules(window(100, 300, ("shop", "blog")))
    assert told((Configured(10), DECLARED), (Configured(50), moved), state=state) == [("maintenance_scheduled", 300)]
    assert state.maintenances["upgrade"].components == ("shop", "blog")


def test_one_under_way_is_extended_by_a_later_end_and_kept_by_a_new_name() -> None:
    begun = ((Configured(10), DECLARED), (Woke(100), DECLARED))
    assert told(*begun, (Configured(150), rules(window(100, 300)))) == [("maintenance_extended", 300)]
    assert told(*begun, (Configured(150), rules(window(100, 200)._replace(name="Other")))) == []


def test_as_of_other_components_it_is_another_one() -> None:
    state = State()
    moved = rules(window(100, 300, ("shop", "blog")))
    begun = ((Configured(10), DECLARED), (Woke(100), DECLARED))
    assert told(*begun, (Configured(150), moved), state=state) == [
        ("maintenance_completed", 200),
        ("maintenance_started", 300),
    ]
    assert state.maintenances["upgrade"].components == ("shop", "blog")


def test_moved_into_the_future_while_under_way_it_is_completed_and_planned_anew() -> None:
    state = State()
    moved = rules(window(500, 600))
    begun = ((Configured(10), DECLARED), (Woke(100), DECLARED))
    assert told(*begun, (Configured(150), moved), state=state) == [
        ("maintenance_completed", 200),
        ("maintenance_scheduled", 600),
    ]
    work = state.maintenances["upgrade"]
    assert (work.status, work.start_ms, work.started_ms) == (MaintenanceStatus.PLANNING, 500, None)
    assert told((Woke(500), moved), state=state) == [("maintenance_started", 600)]


@pytest.mark.parametrize("removed_ms", [50, 150], ids=["planned", "under way"])
def test_removed_and_declared_again_it_is_planned_anew(removed_ms: int) -> None:
    state = State()
    end = "maintenance_cancelled" if removed_ms < 100 else "maintenance_completed"
    begun = ((Configured(10), DECLARED), (Woke(min(removed_ms, 100)), DECLARED))
    assert told(*begun, (Configured(removed_ms), rules()), state=state) == [(end, 200)]
    again = "maintenance_scheduled" if removed_ms < 100 else "maintenance_started"
    assert told((Configured(removed_ms + 10), DECLARED), state=state) == [(again, 200)]
    assert state.maintenances["upgrade"].is_live
    assert len(state.maintenances["upgrade"].updates) == (1 if removed_ms < 100 else 2)


def test_one_that_a_person_has_cancelled_is_not_planned_anew() -> None:
    state = State()
    order = Ordered(50, CancelMaintenance("upgrade", "ann"))
    assert told((Configured(10), DECLARED), (order, DECLARED), state=state) == [("maintenance_cancelled", 200)]
    assert told((Configured(60), DECLARED), (Woke(100), DECLARED), state=state) == []


def test_one_that_a_person_has_cancelled_is_planned_anew_for_another_time() -> None:
    state = State()
    order = Ordered(50, CancelMaintenance("upgrade", "ann"))
    moved = rules(window(150, 250))
    assert told((Configured(10), DECLARED), (order, DECLARED), (Configured(60), moved), state=state) == [
        ("maintenance_scheduled", 250)
    ]
    assert told((Woke(150), moved), state=state) == [("maintenance_started", 250)]


def test_one_that_is_started_early_goes_on() -> None:
    state = State()
    order = Ordered(50, StartMaintenance("upgrade", "ann"))
    assert told((Configured(10), DECLARED), (order, DECLARED), state=state) == [("maintenance_started", 200)]
    assert told((Woke(60), DECLARED), (Configured(70), DECLARED), state=state) == []
    assert told((Woke(200), DECLARED), state=state) == [("maintenance_completed", 200)]


def test_an_order_that_came_too_late_changes_nothing() -> None:
    order = Ordered(250, EndMaintenance("upgrade", "ann"))
    assert told((Configured(10), DECLARED), (Woke(100), DECLARED), (Woke(200), DECLARED), (order, DECLARED)) == []


def test_one_that_waits_for_what_is_no_longer_watched_waits_no_more() -> None:
    declared = window(100, 200)._replace(auto_end=Ending.WHEN_GREEN, extend_up_to_ms=100)
    verifying = life.verified(life.started(life.seen(declared, "upgrade", 0), 100), 200, str)
    state = State(maintenances={"upgrade": verifying}, handled_ms=200)
    decision = step(state, Configured(250), policy(windows=[declared], subscriptions=[subscription()]))
    assert decision is not None
    assert [(n.reason, n.at_ms) for n in decision.notices] == [("maintenance_completed", 250)]
