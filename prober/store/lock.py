"""One daemon for one state directory: a lock that dies with its process."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prober.errors import StoreError
from prober.store.files import make_folder


@contextmanager
def owned(directory: Path) -> Iterator[None]:
    """Own the directory (made if missing) until the end of the block. Raises StoreError if another process does."""
    try:
        make_folder(directory)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{directory}: expected a directory to keep the state in, found: {error.strerror}") from error
    try:
        _take(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def owner(directory: Path) -> int | None:
    """The process that owns the directory; None if none does. Raises StoreError if that can't be told."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{directory / 'lock'}: expected a readable file, found: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        if not holder.isdigit():
            raise StoreError(f"{directory / 'lock'}: expected the number of a process, found none") from None
        return int(holder)
    finally:
        os.close(descriptor)
    return None


def _take(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise StoreError(f"{directory}: expected a file system that can lock, found: {error.strerror}") from error
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        raise StoreError(
            f"{directory}: expected to be alone, found another prober (process {holder or '?'})"
        ) from error
    with suppress(OSError):  # a full disk must not keep us from starting
        written = os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)  # in place: it needs no room but at first
        os.ftruncate(descriptor, written)
