"""What is promised of every run, over random worlds in virtual time."""

import pytest

from prober.core.events import Decision, Event
from prober.core.policy import Policy
from prober.simulate.figures import figures
from prober.simulate.play import IDENTITY, play
from tests.core.promises import Promises
from tests.simulate.worlds import slow_world

# Worlds in which a promise was once broken.
KEPT: list[int] = []


def kept_over(seed: int, days: int) -> int:
    """How many events a world has. Each is judged again by a state that never restarts, and must be judged the same."""
    promises = Promises(IDENTITY)

    def listen(event: Event, decision: Decision | None, policy: Policy) -> None:
        assert promises.judge(event, policy) == decision, event

    world = slow_world(seed, days)
    run = play(world, listen)
    assert promises.broken == []
    assert promises.unclosed(world.policy.subscriptions) == []
    assert figures(run).false_pages == []
    return promises.steps


@pytest.mark.parametrize("seed", [*KEPT, *range(8)])
def test_every_promise_is_kept_over_a_random_world(seed: int) -> None:
    assert kept_over(seed, 10) > 5_000


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_every_promise_is_kept_over_ten_thousand_days() -> None:
    steps = sum(kept_over(1_000 + seed, 100) for seed in range(100))
    print(f"{steps} steps")  # noqa: T201 - what the soak shows
