"""The clock that everybody is handed."""

from prober.clock import JUMP_MS, Clock

SECOND = 10**9


class Hands:
    """A wall clock and a monotonic one that a test moves."""

    wall_ns = 1_700_000_000 * SECOND
    monotonic_ns = 5 * SECOND


def test_time_runs_with_the_monotonic_clock_until_it_is_resynced() -> None:
    hands = Hands()
    clock = Clock(lambda: hands.wall_ns, lambda: hands.monotonic_ns)
    hands.wall_ns += 3600 * SECOND
    hands.monotonic_ns += SECOND
    assert clock.now_ms() == 1_700_000_001_000
    assert clock.resync() == 3_599_000
    assert clock.now_ms() == 1_700_003_600_000


def test_drift_is_followed_without_a_word() -> None:
    hands = Hands()
    clock = Clock(lambda: hands.wall_ns, lambda: hands.monotonic_ns)
    hands.wall_ns += JUMP_MS * 1_000_000
    assert clock.resync() == 0
    assert clock.now_ms() == 1_700_000_000_000 + JUMP_MS
