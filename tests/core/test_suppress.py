"""What is withheld, and by which rule."""

from prober.core.events import Rule
from prober.core.model import Status
from prober.core.suppress import shown
from prober.core.work import seen
from tests.builders import window


def test_planned_work_hides_trouble_and_says_so() -> None:
    works = [seen(window(100, 200), "upgrade", 0)]
    assert shown(works, "shop", Status.MAJOR, 150) == (Status.MAINTENANCE, Rule.MAINTENANCE_WINDOW)
    assert shown(works, "shop", Status.MAJOR, 200) == (Status.MAJOR, Rule.FROM_CHECKS)
