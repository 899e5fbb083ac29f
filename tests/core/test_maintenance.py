"""Which moments are planned, which boundaries have passed, which comes next."""

from datetime import datetime

import pytest

from prober.core.maintenance import between, is_planned, next_boundary_ms, passed, status_at, upcoming
from prober.core.model import Maintenance, MaintenanceStatus
from prober.core.recurrence import Recurrence
from tests.builders import policy, window

WINDOW = window(100, 200)


@pytest.mark.parametrize(
    ("at_ms", "status", "planned"),
    [
        (99, MaintenanceStatus.PLANNING, False),
        (100, MaintenanceStatus.INPROGRESS, True),
        (199, MaintenanceStatus.INPROGRESS, True),
        (200, MaintenanceStatus.COMPLETED, False),
    ],
)
def test_a_window_holds_from_its_start_to_before_its_end(at_ms: int, status: MaintenanceStatus, planned: bool) -> None:
    assert status_at(WINDOW, at_ms) is status
    assert is_planned(policy(windows=[WINDOW]), "shop", at_ms) is planned
    assert not is_planned(policy(windows=[WINDOW]), "blog", at_ms)


@pytest.mark.parametrize(
    ("after_ms", "until_ms", "found"),
    [
        (0, 99, []),
        (99, 100, [(100, True)]),
        (100, 150, []),
        (150, 200, [(200, False)]),
        (0, 500, []),
    ],
)
def test_boundaries_are_told_once_and_a_window_that_is_over_unseen_is_no_news(
    after_ms: int, until_ms: int, found: list[tuple[int, bool]]
) -> None:
    assert [(b.at_ms, b.starts) for b in passed([WINDOW], after_ms, until_ms)] == found


def test_boundaries_come_in_order() -> None:
    windows = [window(150, 300, id_="b"), window(100, 150, id_="a")]
    assert [(b.window.id, b.starts) for b in passed(windows, 120, 160)] == [("a", False), ("b", True)]


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


@pytest.mark.parametrize(
    ("hour", "planned"), [(11, False), (12, True), (13, True), (14, False), (36, True), (38, False)]
)
def test_a_window_that_recurs_holds_each_time(hour: int, planned: bool) -> None:
    assert is_planned(policy(windows=[daily()]), "shop", hour * HOUR) is planned


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


def test_boundaries_of_each_time_are_told() -> None:
    found = [(b.at_ms // HOUR, b.starts) for b in passed([daily()], 13 * HOUR, 37 * HOUR)]
    assert found == [(14, False), (36, True)]


def test_windows_that_touch_a_span_are_found_in_order() -> None:
    found = between([daily(), window(0, DAY, id_="all day")], 13 * HOUR, 60 * HOUR)
    assert [w.start_ms // HOUR for w in found] == [0, 12, 36, 60]


def test_the_next_boundary_may_be_a_start_within_longer_windows() -> None:
    assert next_boundary_ms([daily()], 11 * HOUR) == 12 * HOUR
    assert next_boundary_ms([daily()], 12 * HOUR) == 14 * HOUR
    assert next_boundary_ms([daily(hours=60)], 40 * HOUR) == 60 * HOUR
    assert next_boundary_ms([daily(hours=60)], 60 * HOUR) == 72 * HOUR
