"""What a decision says of itself."""

from prober.core.events import Decision, Observed
from prober.core.model import CheckState
from tests.builders import T0, observation


def test_an_observation_counts_from_when_its_answer_was_complete() -> None:
    assert Observed(observation(at_ms=T0, took_us=2_500_000)).at_ms == T0 + 2_500


def test_a_moved_streak_alone_is_not_visible() -> None:
    assert not Decision(1, T0, checks=(CheckState("shop"),)).is_visible
