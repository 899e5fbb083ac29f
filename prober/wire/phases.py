"""How long each phase of a probe took, and which one is running."""

from collections.abc import Callable

from prober.core.model import Phase


class Stopwatch:
    """Charges every moment of a probe to exactly one phase, so that the phases add up to the whole.

    A phase that is entered again (after a redirect) goes on counting, and becomes the last one again.
    """

    __slots__ = ("_entered_ns", "_now_ns", "_spent_ns", "_started_ns", "_stopped_ns", "running")

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._started_ns = self._entered_ns = now_ns()
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
        if self.running is not None:
            self._spent_ns[self.running] += now_ns - self._entered_ns
        self._entered_ns = now_ns

    @property
    def took_us(self) -> int:
        """Microseconds from the start to the stop."""
        return (self._stopped_ns - self._started_ns) // 1_000

    def phases_us(self) -> tuple[tuple[Phase, int], ...]:
        """Microseconds of each phase that was entered, in the order they were last entered."""
        return tuple((phase, spent_ns // 1_000) for phase, spent_ns in self._spent_ns.items())
