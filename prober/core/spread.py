"""How long answers took, as a histogram of fixed bounds: what Prometheus adds up over checks and divides."""

from bisect import bisect_left
from itertools import accumulate

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_BOUNDS_US = [round(bound_s * 1_000_000) for bound_s in BOUNDS_S]


class Spread:
    """Counts of values in microseconds. counts: of each bucket, the last one without a bound. sum_us: of all values."""

    __slots__ = ("counts", "sum_us")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_us = 0

    def add(self, took_us: int) -> None:
        """Count one value more; one that is a bound is within it."""
        self.counts[bisect_left(_BOUNDS_US, took_us)] += 1
        self.sum_us += took_us

    def copy(self) -> "Spread":
        """The same, as it is now."""
        made = Spread.__new__(Spread)
        made.counts, made.sum_us = self.counts.copy(), self.sum_us
        return made

    def within(self) -> list[int]:
        """How many values are within each bound; the last number is that of all."""
        return list(accumulate(self.counts))
