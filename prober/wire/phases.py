"""How long each phase of a probe took, and which one is running."""

from collections.abc import Callable

from prober.core.model import Phase
from prober.wire.standstill import Standstill


class Stopwatch:
    """Charges every moment of a probe to exactly one phase, so that the phases add up to the whole.

    A phase that is entered again (after a redirect) goes on counting, and becomes the last one again.
    While `still` says that we stood still ourselves, no phase is charged: that time is told apart.
    """

    __slots__ = (
        "_base_ns", "_entered_ns", "_now_ns", "_spent_ns", "_started_ns", "_still", "_stood_ns", "_stopped_ns",
        "running",
    )  # fmt: skip

    def __init__(self, now_ns: Callable[[], int], still: Standstill | None = None) -> None:
        self._now_ns = now_ns
        self._still = still
        self._started_ns = self._entered_ns = now_ns()
        self._base_ns = self._stood_ns = still.look(self._started_ns) if still is not None else 0
        self._stopped_ns = 0
        self._spent_ns: dict[Phase, int] = {}
        self.running: Phase | None = None
        """The phase that is running, or was when the watch was stopped; None before the first."""

    def enter(self, phase: Phase) -> None:
        """The running phase ends, this one begins."""
        self._charge(self._now_ns())
        self._spent_ns[phase] = self._spent_ns.pop(phase, 0)
        self.running = phase

    def stop(self) -> None:
        """The probe is over. What comes after the first stop is not counted."""
        if not self._stopped_ns:
            self._stopped_ns = self._now_ns()
            self._charge(self._stopped_ns)

    def _charge(self, now_ns: int) -> None:
        stood_ns = self._still.look(now_ns) if self._still is not None else 0
        if self.running is not None:
            self._spent_ns[self.running] += now_ns - self._entered_ns - (stood_ns - self._stood_ns)
        self._entered_ns, self._stood_ns = now_ns, stood_ns

    def look(self) -> int:
        """Nanoseconds that we have stood still since the start, up to now or the stop."""
        if self._still is None or self._stopped_ns:
            return self._stood_ns - self._base_ns
        return self._still.look(self._now_ns()) - self._base_ns

    @property
    def started_ns(self) -> int:
        """When it was started, by the clock that it was given."""
        return self._started_ns

    @property
    def took_us(self) -> int:
        """Microseconds from the start to the stop, without those in which we stood still."""
        return (self._stopped_ns - self._started_ns - (self._stood_ns - self._base_ns)) // 1_000

    @property
    def stalled_us(self) -> int:
        """Microseconds from the start to the stop in which we stood still."""
        return (self._stood_ns - self._base_ns) // 1_000

    def phases_us(self) -> tuple[tuple[Phase, int], ...]:
        """Microseconds of each phase that was entered, in the order they were last entered."""
        return tuple((phase, spent_ns // 1_000) for phase, spent_ns in self._spent_ns.items())
