"""When the daemon was started lately and did not end as it was told: kept beside the database, not in it."""

from contextlib import suppress
from pathlib import Path

NAME = "starts"
WITHIN_MS = 10 * 60_000


class Starts:
    """The latest starts of a state directory that belongs to us."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def begin(self, now_ms: int) -> int:
        """Note a start; how many there were within the last ten minutes that did not end cleanly, this one included."""
        kept = [at_ms for at_ms in self._noted() if now_ms - WITHIN_MS < at_ms <= now_ms]
        self._note([*kept, now_ms])
        return len(kept) + 1

    def end(self) -> None:
        """This run has ended as it was told, or has lasted: none of the starts counts any more."""
        with suppress(OSError):
            self._path.unlink()

    def _noted(self) -> list[int]:
        try:
            return [int(line) for line in self._path.read_text("ascii", "replace").split() if line.isdigit()]
        except OSError:
            return []

    def _note(self, starts: list[int]) -> None:
        part = self._path.with_name(f".{NAME}.part")
        with suppress(OSError):  # a full disk must not keep us from starting
            part.write_text("".join(f"{at_ms}\n" for at_ms in starts), "ascii")
            part.replace(self._path)
