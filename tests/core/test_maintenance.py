"""Which moments are planned, which boundaries have passed, which comes next."""

from datetime import datetime

from prober.core.maintenance import between, find, next_boundary_ms, upcoming
from prober.core.policy import Maintenance
from prober.core.recurrence import Recurrence
from tests.builders import policy, window

WINDOW = window(100, 200)


def test_the_next_boundary_is_the_first_later_one() -> None:
    assert next_boundary_ms([WINDOW], 0) == 100
    assert next_boundary_ms([WINDOW], 100) == 200
    assert next_boundary_ms([WINDOW], 200) is None


HOUR = 3_600_000
DAY = 24 * HOUR


def daily(hours: int = 2) -> Maintenance:
    """Every day at 12:00 UTC from the first day of 1970 on."""
    first = datetime(1970, 1, 1, 12)  # noqa: DTZ001 - local time, as the rule is
    recurrence = Recurrence("FREQ=DAILY", "UTC", first, hours * HOUR)
    return window(12 * HOUR, (12 + hours) * HOUR)._replace(recurrence=recurrence)


def test_each_time_is_a_window_of_its_own() -> None:
    first, second = upcoming(daily(), 13 * HOUR, 2)
    assert (first.start_ms, first.end_ms, first.recurrence) == (12 * HOUR, 14 * HOUR, None)
    assert second.start_ms == 36 * HOUR
    assert first.id != second.id
    assert upcoming(WINDOW, 0, 5) == [WINDOW]
    assert upcoming(WINDOW, 200, 5) == []


def test_a_rule_that_ends_leaves_nothing_to_come() -> None:
    recurrence = daily().recurrence
    assert recurrence is not None
    twice = daily()._replace(recurrence=recurrence._replace(rule="FREQ=DAILY;COUNT=2"))
    assert [w.start_ms // HOUR for w in upcoming(twice, 0, 5)] == [12, 36]
    assert next_boundary_ms([twice], 38 * HOUR) is None


def test_one_time_is_found_by_its_id() -> None:
    rules = policy(windows=[daily(), window(100, 200, id_="once")])
    second = upcoming(daily(), 13 * HOUR, 2)[1]
    assert find(rules, second.id) == second
    assert find(rules, "once") == rules.maintenances["once"]
    for id_ in ("upgrade", "once@100", "upgrade@x", "upgrade@7", "ghost"):
        assert find(rules, id_) is None


def test_windows_that_touch_a_span_are_found_in_order() -> None:
    found = between([daily(), window(0, DAY, id_="all day")], 13 * HOUR, 60 * HOUR)
    assert [w.start_ms // HOUR for w in found] == [0, 12, 36, 60]


def test_the_next_boundary_may_be_a_start_within_longer_windows() -> None:
    assert next_boundary_ms([daily()], 11 * HOUR) == 12 * HOUR
    assert next_boundary_ms([daily()], 12 * HOUR) == 14 * HOUR
    assert next_boundary_ms([daily(hours=60)], 40 * HOUR) == 60 * HOUR
    assert next_boundary_ms([daily(hours=60)], 60 * HOUR) == 72 * HOUR
