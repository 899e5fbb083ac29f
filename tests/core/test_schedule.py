"""The grid, its spread, and what happens after a pause."""

from hypothesis import given
from hypothesis import strategies as st

from prober.core.model import Due
from prober.core.schedule import BUCKET_MS, FIRST_LOOK_MS, Schedule, slot_from, spread
from tests.builders import T0

MINUTE = 60_000


def test_each_slot_comes_once_and_on_the_grid() -> None:
    schedule = Schedule({"shop": MINUTE}, T0)
    found = [due.scheduled_ms for now in range(T0, T0 + 10 * MINUTE, 500) for due in schedule.pop_due(now)]
    assert len(found) == 10
    assert {slot % MINUTE for slot in found} == {spread("shop", MINUTE)}
    assert schedule.missed == {}


def test_a_restart_keeps_the_grid() -> None:
    first = Schedule({"shop": MINUTE}, T0).pop_due(T0 + MINUTE)
    again = Schedule({"shop": MINUTE}, T0 + 7 * MINUTE + 123).pop_due(T0 + 9 * MINUTE)
    assert (again[0].scheduled_ms - first[0].scheduled_ms) % MINUTE == 0


def test_after_a_pause_the_latest_slot_is_answered_once_and_the_others_are_counted() -> None:
    schedule = Schedule({"shop": MINUTE}, T0)
    now = T0 + 10 * MINUTE
    (due,) = schedule.pop_due(now)
    assert now - MINUTE < due.scheduled_ms <= now
    assert schedule.missed == {"shop": 9}
    assert schedule.pop_due(now) == []


def test_a_check_that_never_answered_need_not_wait_for_its_slot() -> None:
    schedule = Schedule({"shop": 24 * 60 * MINUTE}, T0, never_answered={"shop"})
    (due,) = schedule.pop_due(T0 + FIRST_LOOK_MS + BUCKET_MS)
    assert due.scheduled_ms < T0 + FIRST_LOOK_MS
    (second,) = schedule.pop_due(T0 + 24 * 60 * MINUTE + BUCKET_MS)
    assert second.scheduled_ms == slot_from("shop", 24 * 60 * MINUTE, due.scheduled_ms + 1)


def test_a_probe_beside_the_grid_comes_once_and_leaves_the_grid_as_it_is() -> None:
    schedule, plain = Schedule({"shop": MINUTE}, T0), Schedule({"shop": MINUTE}, T0)
    beside = Due("shop", slot_from("shop", MINUTE, T0) + 5)
    for _ in range(2):
        schedule.add(beside)
    schedule.add(Due("who", T0))
    found = [due for now in range(T0, T0 + 5 * MINUTE, 500) for due in schedule.pop_due(now)]
    on_grid = [due for now in range(T0, T0 + 5 * MINUTE, 500) for due in plain.pop_due(now)]
    assert [due for due in found if due != beside] == on_grid
    assert found.count(beside) == 1
    assert (schedule.is_on_grid(beside), schedule.is_on_grid(on_grid[0]), schedule.missed) == (False, True, {})


def test_checks_spread_over_their_interval() -> None:
    schedule = Schedule({f"check-{n}": MINUTE for n in range(600)}, T0)
    per_second = [len(schedule.pop_due(now)) for now in range(T0 + 1_000, T0 + MINUTE + 1_000, 1_000)]
    assert sum(per_second) >= 590
    assert max(per_second) < 30


def test_nothing_to_watch_is_nothing_to_wait_for() -> None:
    schedule = Schedule({}, T0)
    assert schedule.next_ms() is None
    assert schedule.pop_due(T0) == []


def test_a_jump_of_the_clock_plans_anew() -> None:
    schedule = Schedule({"shop": MINUTE}, T0)
    schedule.restart(T0 - 60 * MINUTE)
    due_ms = schedule.next_ms()
    assert due_ms is not None
    assert due_ms <= T0 - 59 * MINUTE + BUCKET_MS


def planned(schedule: Schedule, from_ms: int, minutes: int) -> list[Due]:
    """What comes due within so many minutes, looked at every half second."""
    return [due for now in range(from_ms, from_ms + minutes * MINUTE, 500) for due in schedule.pop_due(now)]


def test_other_checks_leave_the_slots_of_those_that_stay_as_they_are() -> None:
    checks = {"shop": MINUTE, "blog": MINUTE, "old": MINUTE}
    schedule, plain = Schedule(checks, T0), Schedule(checks, T0)
    beside = Due("shop", slot_from("shop", MINUTE, T0) + 5)
    for one in (schedule, plain):
        one.add(beside)
        one.add(Due("old", T0 + 7))
    schedule.miss("old")
    schedule.follow({"new": 2 * MINUTE, "blog": 2 * MINUTE, "shop": MINUTE}, T0 + 100)
    found = planned(schedule, T0 + 100, 10)
    assert [due for due in found if due.check == "shop"] == [
        due for due in planned(plain, T0 + 100, 10) if due.check == "shop"
    ]
    assert beside in found
    assert [due for due in found if due.check == "old"] == []
    for id_ in ("new", "blog"):
        slots = [due.scheduled_ms for due in found if due.check == id_]
        assert slots == [slot_from(id_, 2 * MINUTE, T0 + 100) + 2 * n * MINUTE for n in range(5)]
    assert schedule.missed == {}


def test_what_is_new_or_probes_something_else_is_looked_at_soon() -> None:
    hour = 60 * MINUTE
    schedule = Schedule({"shop": hour, "fast": 1_000}, T0)
    schedule.follow({"shop": hour, "fast": 1_000, "new": hour}, T0, soon={"shop", "fast", "new"})
    found = planned(schedule, T0, 120)
    for id_ in ("shop", "new"):
        first, second, *_ = [due.scheduled_ms for due in found if due.check == id_]
        assert (first < T0 + FIRST_LOOK_MS, second) == (True, slot_from(id_, hour, first + 1))
    assert {due.scheduled_ms % 1_000 for due in found if due.check == "fast"} == {spread("fast", 1_000)}


def test_the_same_checks_change_nothing() -> None:
    schedule, plain = Schedule({"shop": MINUTE}, T0), Schedule({"shop": MINUTE}, T0)
    schedule.follow({"shop": MINUTE}, T0 + 12_345)
    assert planned(schedule, T0, 5) == planned(plain, T0, 5)


@given(
    interval=st.integers(1_000, 90_000),
    steps=st.lists(st.integers(1, 200_000), min_size=1, max_size=40),
)
def test_answered_and_missed_slots_are_all_slots(interval: int, steps: list[int]) -> None:
    schedule, now, answered = Schedule({"shop": interval}, T0), T0, []
    for ahead in steps:
        now += ahead
        answered += [due.scheduled_ms for due in schedule.pop_due(now)]
    # A bucket is due when it is wholly over; slots of the running one are still to come.
    until = answered[-1] if answered else T0 - 1
    slots = len(range(slot_from("shop", interval, T0), until + 1, interval))
    assert len(answered) + schedule.missed.get("shop", 0) == slots
    assert answered == sorted(set(answered))


def test_a_slot_can_be_counted_as_missed_from_outside() -> None:
    schedule = Schedule({"shop": MINUTE}, T0)
    schedule.miss("shop")
    schedule.miss("shop", 2)
    assert schedule.missed == {"shop": 3}
