"""One-off windows: which moments are planned, which boundaries have passed."""

import pytest

from prober.core.maintenance import is_planned, next_boundary_ms, passed, status_at
from prober.core.model import MaintenanceStatus
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
