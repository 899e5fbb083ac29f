"""Files that are there whole or not at all: written beside their place, synced, and then given their name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from prober.errors import StoreError

_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite puts beside a database


@contextmanager
def complete(target: Path, *, may_replace: bool) -> Iterator[Path]:
    """An empty file beside the target, for its owner alone, that takes the target's name at the end of the block.

    Whatever is raised in the block removes it. Raises StoreError if the target is there already and may not be
    replaced, or if the folder does not take it.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if not may_replace and target.exists():
            raise _is_there(target)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        try:
            yield part
            _publish(part, target, may_replace=may_replace)
        finally:
            for path in (part, *_beside(part)):
                path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{target}: expected a place for a file, found: {error.strerror or error}") from error


def _is_there(target: Path) -> StoreError:
    return StoreError(f"{target}: expected no file there, found one; --force replaces it")


def _publish(part: Path, target: Path, *, may_replace: bool) -> None:
    _sync(part)
    if may_replace:
        part.replace(target)
    else:
        try:
            os.link(part, target)  # unlike a rename it replaces nothing
        except FileExistsError:
            raise _is_there(target) from None
    _sync(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and what is missing above it, so that a power loss does not take it away: what
    is synced in it is worth nothing before its own name is. Raises OSError.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in missing:
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kept_aside(path: Path, word: str = "old") -> Path:
    """Another name for that database, which keeps what it is once another one takes its place.

    Its log, if it has one, moves along: it must never be taken for the log of the other.
    """
    aside = next(name for n in count(1) if not (name := path.with_name(f"{path.name}.{word}-{n}")).exists())
    for beside in _beside(path):
        with suppress(FileNotFoundError):
            beside.rename(aside.with_name(aside.name + beside.name.removeprefix(path.name)))
    os.link(path, aside)
    return aside


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in _BESIDE]
