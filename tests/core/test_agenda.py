"""What people ask for of planned work, and what may be asked; sequences are in tests/stories/maintenance.txt."""

import pytest

from prober.core import work as life
from prober.core.agenda import known, may
from prober.core.events import Configured, Woke
from prober.core.model import Ending, Maintenance
from prober.core.orders import CancelMaintenance, EndMaintenance, ExtendMaintenance, OfMaintenance, StartMaintenance
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


def test_one_that_is_declared_is_known_before_it_is_seen_and_not_once_it_is_over() -> None:
    rules = policy(windows=[window(100, 200)])
    assert known({}, rules, "upgrade", 0) == PLANNED
    assert known({}, rules, "upgrade", 200) is None
    assert known({"upgrade": UNDER_WAY}, rules, "upgrade", 0) == UNDER_WAY


@pytest.mark.parametrize(
    ("at_ms", "moved", "told"),
    [
        (50, window(100, 300, ("shop", "blog")), ["scheduled 300"]),
        (150, window(100, 300), ["extended 300"]),
        (150, window(100, 300, ("shop", "blog")), ["completed 200", "started 300"]),
        (150, window(160, 300), ["completed 200", "scheduled 300"]),
    ],
    ids=["planned", "under way", "of others", "later"],
)
def test_a_window_that_is_moved_in_the_file_is_told_with_its_new_times(
    at_ms: int, moved: Maintenance, told: list[str]
) -> None:
    rules = policy(windows=[window(100, 200)], subscriptions=[subscription()])
    state = State()
    then = rules._replace(maintenances={"upgrade": moved})
    for event, rule in ((Configured(10), rules), (Woke(min(at_ms, 100)), rules), (Configured(at_ms), then)):
        decision = step(state, event, rule)
        assert decision is not None
        state.apply(decision)
        notices = decision.notices
    works = [(n.reason.removeprefix("maintenance_"), n.maintenance) for n in notices if n.maintenance]
    assert [f"{reason} {work.end_ms}" for reason, work in works] == told
    assert state.maintenances["upgrade"].components == moved.components


def test_what_is_taken_out_of_the_file_and_declared_again_is_planned_anew() -> None:
    rules, told = policy(windows=[window(100, 200)], subscriptions=[subscription()]), []
    state, without = State(), rules._replace(maintenances={})
    for event, rule in ((Configured(10), rules), (Configured(20), without), (Configured(30), rules)):
        decision = step(state, event, rule)
        assert decision is not None
        state.apply(decision)
        told += [n.reason.removeprefix("maintenance_") for n in decision.notices]
    assert told == ["scheduled", "cancelled", "scheduled"]
    assert state.maintenances["upgrade"].is_live


def test_one_that_waits_for_what_is_no_longer_watched_waits_no_more() -> None:
    declared = window(100, 200)._replace(auto_end=Ending.WHEN_GREEN, extend_up_to_ms=100)
    verifying = life.verified(life.started(life.seen(declared, "upgrade", 0), 100), 200, str)
    state = State(maintenances={"upgrade": verifying}, handled_ms=200)
    decision = step(state, Configured(250), policy(windows=[declared], subscriptions=[subscription()]))
    assert decision is not None
    assert [(n.reason, n.at_ms) for n in decision.notices] == [("maintenance_completed", 250)]
