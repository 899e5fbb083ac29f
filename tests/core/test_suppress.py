"""What is withheld, and by which rule."""

from prober.core.events import Rule
from prober.core.model import Pin, Status
from prober.core.suppress import shown
from prober.core.work import seen
from tests.builders import window


def test_planned_work_hides_trouble_and_says_so() -> None:
    works = [seen(window(100, 200), "upgrade", 0)]
    assert shown(works, "shop", Status.MAJOR, None, 150) == (Status.MAINTENANCE, Rule.MAINTENANCE_WINDOW)
    assert shown(works, "shop", Status.MAJOR, None, 200) == (Status.MAJOR, Rule.FROM_CHECKS)


def test_a_pin_stands_before_the_checks_and_behind_planned_work() -> None:
    works, pin = [seen(window(100, 200), "upgrade", 0)], Pin(Status.DEGRADED, "ann")
    assert shown(works, "shop", Status.MAJOR, pin, 150) == (Status.MAINTENANCE, Rule.MAINTENANCE_WINDOW)
    assert shown(works, "shop", Status.MAJOR, pin, 200) == (Status.DEGRADED, Rule.PINNED)
