"""A small disk of one's own, that can be filled and made read-only; it takes the right to mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import go_no_further

FILL = "fill"


class Disk:
    """A file system in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        """To the last byte."""
        for size in (4096, 1):
            with (self.path / FILL).open("ab", 0) as file:
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def clear(self) -> None:
        (self.path / FILL).unlink()

    def remount(self, how: str) -> None:
        """how: "ro" or "rw"."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.path)], check=True, capture_output=True)


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Disk]:
    """size: as mount has it. Skips the test where nothing may be mounted, and fails it in CI."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        go_no_further(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
