"""Space that is kept free by being taken: given up on the day the disk is full, so that writing can go on."""

import os
from contextlib import suppress
from pathlib import Path

NAME = "ballast"
MIB = 1024 * 1024
ROOM = 2  # it is taken only where that many times its size stays free


class Ballast:
    """A file of so many bytes in the state directory, that is there or not. size: 0 = there shall be none."""

    def __init__(self, directory: Path, size: int) -> None:
        self._path = directory / NAME
        self._size = size

    @property
    def is_held(self) -> bool:
        """Whether it is there, whole."""
        return self._path.is_file() and self._path.stat().st_size >= self._size > 0

    def hold(self) -> bool:
        """Take the space, if there is plenty of it; whether it is held now."""
        if not self._size:
            self._path.unlink(missing_ok=True)
        if not self._size or self.is_held:
            return self.is_held
        found = os.statvfs(self._path.parent)
        if found.f_bavail * found.f_frsize < (1 + ROOM) * self._size:
            return False
        try:
            self._take()
        except OSError:
            self.release()
        return self.is_held

    def _take(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> bool:
        """Give the space up; whether there was any."""
        with suppress(OSError):
            self._path.unlink()
            return True
        return False
