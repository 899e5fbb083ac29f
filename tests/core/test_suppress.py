"""What is withheld, and by which rule."""

from prober.core.events import Rule
from prober.core.model import Status
from prober.core.suppress import shown
from tests.builders import policy, window


def test_planned_work_hides_trouble_and_says_so() -> None:
    rules = policy(windows=[window(100, 200)])
    assert shown(rules, "shop", Status.MAJOR, 150) == (Status.MAINTENANCE, Rule.MAINTENANCE_WINDOW)
    assert shown(rules, "shop", Status.MAJOR, 200) == (Status.MAJOR, Rule.FROM_CHECKS)
