"""The only place that tells the time. Everyone else is handed a moment, or this clock."""

import time
from collections.abc import Callable

JUMP_MS = 1_000  # a wall clock that is off by more than this has jumped; less is drift and is followed


class Clock:
    """Wall time in milliseconds that runs with the monotonic clock, so that it never stands still or runs back
    by itself. `resync` is the one moment at which it may jump, and says by how much.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall_ns = wall_ns
        self.monotonic_ns = monotonic_ns
        self._offset_ns = wall_ns() - monotonic_ns()
        self._begun_ns = monotonic_ns()
        self._jump_ms = 0
        self._jumped_ns: int | None = None

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return (self.monotonic_ns() + self._offset_ns) // 1_000_000

    def resync(self) -> int:
        """Follow the system's wall clock; the jump in ms if it was larger than drift, else 0."""
        offset_ns = self._wall_ns() - self.monotonic_ns()
        moved_ms = (offset_ns - self._offset_ns) // 1_000_000
        self._offset_ns = offset_ns
        if abs(moved_ms) <= JUMP_MS:
            return 0
        self._jump_ms, self._jumped_ns = moved_ms, self.monotonic_ns()
        return moved_ms

    @property
    def has_jumped(self) -> bool:
        """Whether it ever did, since it was made."""
        return self._jumped_ns is not None

    def steady_ms(self) -> int:
        """For how long it has not jumped."""
        begun_ns = self._begun_ns if self._jumped_ns is None else self._jumped_ns
        return (self.monotonic_ns() - begun_ns) // 1_000_000

    def jumped_since(self, since_ns: int) -> int:
        """By how many ms the system's wall clock has jumped since that moment of the monotonic clock; 0 if it did not.

        A jump that `resync` has not followed yet counts as well.
        """
        moved_ms = (self._wall_ns() - self.monotonic_ns() - self._offset_ns) // 1_000_000
        if abs(moved_ms) > JUMP_MS:
            return moved_ms
        return self._jump_ms if self._jumped_ns is not None and self._jumped_ns >= since_ns else 0
