"""What people ask for of planned work, and what may be asked; sequences are in tests/stories/maintenance.txt."""

import pytest

from prober.core import work as life
from prober.core.agenda import known, may
from prober.core.orders import CancelMaintenance, EndMaintenance, ExtendMaintenance, OfMaintenance, StartMaintenance
from tests.builders import policy, window

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
