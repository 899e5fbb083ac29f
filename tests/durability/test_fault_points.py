"""Killed at each fault point, the daemon comes back with the same incidents, and everything owed arrives."""

from pathlib import Path

import pytest

from prober.fault import POINTS, VARIABLE
from tests.acceptance.scene import eventually
from tests.durability import checker
from tests.durability.town import SUBSCRIPTIONS, Guard, guard, town

pytestmark = pytest.mark.timeout(300)  # it waits for daemons, twice or more

OUTAGES = 2
UNDISTURBED = [("component:shop", ["investigating", "resolved"])] * OUTAGES
FAULTS = [
    *(f"{point}:1" for point in POINTS),
    *(
        pytest.param(f"{point}:{count}", marks=pytest.mark.slow)
        for point in POINTS
        for count in (2, 3)
        if "judged" not in point  # once the first verdicts are in, all that is decided is about an incident
    ),
]
AT_ONCE = len(SUBSCRIPTIONS)  # messages that may be under way when it is killed


def told(one: Guard, count: int) -> bool:
    """Whether so many messages have come and are known to have come; a daemon that was killed is started again."""
    if one.is_dead:
        one.start()
        return False
    if len({id_ for id_, _ in one.town.received}) < count:
        return False
    rows = checker.asked(one.database, "SELECT count(*) FROM notice WHERE progress = 'delivered'")
    return rows == [(count,)]


def is_known(one: Guard) -> bool:
    """Whether the shop's first verdict is on the disk."""
    return bool(checker.asked(one.database, "SELECT 1 FROM transition WHERE subject = 'check' AND id = 'shop'"))


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_killed_at_a_fault_point_it_tells_the_same_incidents(fault: str | None, tmp_path: Path) -> None:
    with town() as place, guard(tmp_path, place, ("shop",)) as one:
        one.start(**({VARIABLE: fault} if fault else {}))
        if fault and fault.startswith("observed"):  # reached only while nothing changes
            eventually(lambda: one.is_dead, f"its end at {fault}", one.log)
        # Else two changes could be under way at once where a commit takes longer than the time to the next probe.
        eventually(lambda: is_known(one) or one.is_dead, "a first verdict")
        for half in range(2 * OUTAGES):
            place.down ^= {"shop"}
            owed = (half + 1) * len(SUBSCRIPTIONS)
            eventually(lambda owed=owed: told(one, owed), f"{owed} messages", one.log)  # type: ignore[misc]
        assert place.life == (1 if fault else 0)
        one.kill()
        assert checker.incidents(one.database) == UNDISTURBED
        assert checker.faults(one.database, SUBSCRIPTIONS) == []
        assert checker.delivery_faults(one.database, place.received, is_settled=True) == []
        assert checker.verdict_faults(one.database, "shop", place.lives("shop")) == []
        assert checker.verified(one.state_dir) == []
        repeated = len(place.received) - 2 * OUTAGES * len(SUBSCRIPTIONS)
        assert repeated <= (AT_ONCE if fault else 0)
