"""How long answers took, summed up: a mergeable sketch that tells any quantile to within 1 per cent.

After Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees",
PVLDB 12(12), 2019 (arXiv:1908.10693). A value is counted in the bucket of its logarithm; a bucket's upper bound is
(1 + ERROR) / (1 - ERROR) times its lower one, so that one value in it stands for all of them. Zero has a bucket of its
own. The sum of two sketches is the sketch of all their values, in whatever order and parts they came.

There are at most BUCKETS buckets: from a microsecond on they reach further than any probe may take. Beyond
that the lowest are counted in the lowest that is kept: high quantiles stay true, low ones come out too high.
"""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from math import ceil, floor, log

ERROR = 0.01
BUCKETS = 2048

_GAMMA = (1 + ERROR) / (1 - ERROR)
_PER_LOG = 1 / log(_GAMMA)


class Sketch:
    """Values that are not negative (microseconds, here), each known to within ERROR of itself.

    zeros: how many were 0. counts: how many are in each bucket, by its number.
    """

    __slots__ = ("counts", "zeros")

    def __init__(self, zeros: int = 0, counts: dict[int, int] | None = None) -> None:
        self.zeros = zeros
        self.counts: dict[int, int] = {} if counts is None else counts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and (self.zeros, self.counts) == (other.zeros, other.counts)

    __hash__ = None  # type: ignore[assignment]  # it grows

    @classmethod
    def of(cls, values: Iterable[float]) -> "Sketch":
        """The sketch of these values."""
        found = cls()
        for value in values:
            found.add(value)
        return found

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.zeros + sum(self.counts.values())

    def add(self, value: float) -> None:
        """Count one value more; 0 or more."""
        if value <= 0:
            self.zeros += 1
            return
        bucket = ceil(log(value) * _PER_LOG)
        if bucket in self.counts:
            self.counts[bucket] += 1
            return
        self.counts[bucket] = 1
        self._bound()

    def copy(self) -> "Sketch":
        """One that grows by itself."""
        return Sketch(self.zeros, self.counts.copy())

    def merge(self, other: "Sketch") -> None:
        """Count all the values of another sketch, which stays as it is."""
        self.zeros += other.zeros
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self._bound()

    def quantile(self, share: float) -> float | None:
        """The value that so much of all values, from 0 to 1, is not above; None if there are none.

        Of n values in order, counted from 0, it is the one at share * (n - 1), rounded down.
        """
        if not (self.zeros or self.counts):
            return None
        buckets = sorted(self.counts)
        ranks = accumulate((self.counts[bucket] for bucket in buckets), initial=self.zeros)
        at = bisect_right(list(ranks), floor(share * (self.count - 1)))
        return 2 * _GAMMA ** buckets[at - 1] / (_GAMMA + 1) if at else 0.0

    def encoded(self) -> bytes:
        """As few bytes as will do: zeros, then each bucket's distance from the one before and its count, as varints."""
        numbers = [self.zeros]
        before = 0
        for bucket in sorted(self.counts):
            # Only the first distance can be negative: the sign goes into the lowest bit of it.
            step = bucket - before if len(numbers) > 1 else 2 * bucket if bucket >= 0 else -2 * bucket - 1
            numbers += step, self.counts[bucket]
            before = bucket
        return b"".join(map(_varint, numbers))

    @classmethod
    def decoded(cls, encoded: bytes) -> "Sketch":
        """The sketch that was encoded; an empty one of no bytes."""
        zeros, *rest = _numbers(encoded) or [0]
        counts: dict[int, int] = {}
        bucket = 0
        for step, count in zip(rest[::2], rest[1::2], strict=True):
            bucket += step if counts else -(step // 2) - 1 if step % 2 else step // 2
            counts[bucket] = count
        return cls(zeros, counts)

    def _bound(self) -> None:
        """Count what is in the lowest buckets in the lowest that is kept, if there are too many."""
        lowest = max(self.counts, default=0) - BUCKETS + 1
        if not self.counts or min(self.counts) >= lowest:
            return
        beyond = [bucket for bucket in self.counts if bucket < lowest]
        for bucket in beyond:
            self.counts[lowest] = self.counts.get(lowest, 0) + self.counts.pop(bucket)


@lru_cache(4096)  # most are small, and come again
def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth bit says that more follow."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def _numbers(encoded: bytes) -> list[int]:
    found, number, shift = [], 0, 0
    for byte in encoded:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(number)
            number, shift = 0, 0
    return found
