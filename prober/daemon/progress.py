"""Which parts of the daemon made progress, and when: what the watchdog asks."""

import time


class Progress:
    """Each part ticks when it has made a turn. A part that never ticked is not asked for."""

    def __init__(self) -> None:
        self._ticked_s: dict[str, float] = {}

    def tick(self, part: str, busy_s: float = 0) -> None:
        """The part has made a turn. busy_s: the next one may begin so much later, for it is about to wait."""
        self._ticked_s[part] = time.monotonic() + busy_s

    def forget(self, part: str) -> None:
        """The part has ended: it is not asked for any more."""
        self._ticked_s.pop(part, None)

    def stuck(self, within_s: float) -> list[str]:
        """The parts that made no turn within the last within_s seconds."""
        since_s = time.monotonic() - within_s
        return [part for part, ticked_s in self._ticked_s.items() if ticked_s < since_s]
