"""Backups that are made by themselves, a number of them kept; and one before each migration.

Their names have a number that grows by one from each to the next, and their moment: the clock may have jumped between
them, and must not make a later one count as the older.
"""

import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prober.errors import StoreError
from prober.store.backup import FILE, Saved, back_up, opened_to_read, refusing
from prober.store.files import make_folder
from prober.store.migrate import check_known, migrations
from prober.store.named import queries

FOLDER = "backups"  # in the state directory, if none is named

KEPT_BEFORE = 3  # of one schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"(prober|before-schema-\d+)-(?:(\d{6,18})-)?(\d{8}T\d{6}Z)\.db")  # older ones have no number


def latest_ms(folder: Path) -> int | None:
    """When the latest of them was made, ms since the epoch; None if there is none."""
    made = [at_ms for path in _found(folder, "prober") if (at_ms := _made_ms(path.name)) is not None]
    return made[-1] if made else None


def copy(directory: Path, folder: Path, now_ms: int, keep: int) -> Saved:
    """Make one of the state in the directory, and let the oldest go that are too many.

    Raises StoreError, and lets none go, if it can't be made or what it is made of is not in order.
    """
    _make(folder)
    saved = back_up(directory, folder / _name("prober", folder, now_ms), may_replace=False)
    for path in _found(folder, "prober")[:-keep]:
        path.unlink(missing_ok=True)
    return saved


def copy_before_migration(directory: Path, folder: Path, now_ms: int) -> Saved | None:
    """Make one if the state is of an older schema, and so is about to be changed; None if it is not.

    The latest of each schema are kept until somebody deletes them: who is killed at each start must not fill the disk.
    Raises StoreError if it can't be made.
    """
    path = directory / FILE
    if not path.exists() or not path.stat().st_size:
        return None
    _roll_back(path)
    with refusing(path), closing(opened_to_read(path)) as connection:
        found = check_known(connection)
    if found in (0, migrations()[-1][0]):
        return None
    _make(folder)
    what = f"before-schema-{found + 1}"
    try:
        saved = back_up(directory, folder / _name(what, folder, now_ms), may_replace=False)
    except StoreError as error:
        raise type(error)(f"expected to save the state before it is migrated, found: {error}") from error
    for path in _found(folder, what)[:-KEPT_BEFORE]:
        path.unlink(missing_ok=True)
    return saved


def _roll_back(path: Path) -> None:
    """Undo what was begun and cut short before the database had its log: who can only read, could not even read it."""
    if path.with_name(f"{path.name}-journal").exists():
        with refusing(path), closing(sqlite3.connect(path)) as connection:
            queries().count_schema(connection)


def all_copies(folder: Path) -> list[Path]:
    """All of them, also those before migrations; latest first."""
    return _found(folder)[::-1]


def _make(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        raise StoreError(f"{folder}: expected a directory for backups, found: {error.strerror}") from error


def _inside(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []


def _found(folder: Path, what: str | None = None) -> list[Path]:
    """Oldest first. what: how their names begin; None = all of them."""
    named = [(found, path) for path in _inside(folder) if (found := _NAME.fullmatch(path.name))]
    return [path for found, path in sorted(named, key=lambda one: _order(one[0])) if what in (None, found[1])]


def _order(name: re.Match[str]) -> tuple[int, str]:
    return int(name[2] or 0), name[3]


def _name(what: str, folder: Path, now_ms: int) -> str:
    """Of the next one."""
    names = (_NAME.fullmatch(path.name) for path in _found(folder))
    number = max((_order(name)[0] for name in names if name), default=0) + 1
    return f"{what}-{number:06}-{_EPOCH + timedelta(milliseconds=now_ms):%Y%m%dT%H%M%SZ}.db"


def _made_ms(name: str) -> int | None:
    found = _NAME.fullmatch(name)
    with suppress(ValueError):
        if found:
            at = datetime.strptime(found[3], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return (at - _EPOCH) // timedelta(milliseconds=1)
    return None
