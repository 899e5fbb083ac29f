"""A database that can't be read any more: moved aside, never made anew in silence, and the way back is told.

As long as it is aside and nothing has been put in its place, no start makes a new one: that would be an installation
that has forgotten what it owes.
"""

import shlex
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

from prober.errors import StoreDamagedError, StoreError
from prober.store.backup import FILE, opened_to_read, prove_whole, refusing
from prober.store.copies import all_copies
from prober.store.files import kept_aside
from prober.store.migrate import check_known
from prober.store.named import queries

_WORD = "damaged"
LOOK_S = 2.0  # at the start, so that it does not grow with the history
_END_EVERY_S = 0.002


def looked_over(connection: sqlite3.Connection, limit_s: float = LOOK_S) -> bool:
    """Whether all tables could be looked through in that time. Raises StoreDamagedError if something is wrong.

    Rows are read and their pages compared, not what indexes say of them.
    """
    is_over = Event()

    def end() -> None:
        """Ends what runs when the time is over, and what begins later: between two tables nothing runs."""
        is_late = not is_over.wait(limit_s)
        while is_late and not is_over.wait(_END_EVERY_S):
            connection.interrupt()

    thread = Thread(target=end, daemon=True)
    thread.start()
    try:
        for (table,) in list(queries().tables_to_look_over(connection)):
            found = connection.execute(f"PRAGMA quick_check('{table}')").fetchone()[0]
            if found != "ok":
                raise StoreDamagedError(f"table {table}: {' '.join(str(found).split())}")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return False
    finally:
        is_over.set()
        thread.join()
    return True


def refuse_if_aside(directory: Path, backups: Path) -> None:
    """Raises StoreDamagedError if the state was moved aside and nothing was put in its place."""
    path = directory / FILE
    found = sorted(path for path in directory.glob(f"{FILE}.{_WORD}-*") if path.name.rpartition("-")[2].isdigit())
    if found and not path.exists():
        raise StoreDamagedError(
            f"{path}: expected the state, found only {found[-1].name}, which was damaged; "
            f"{_advice(directory, backups, found[-1])}"
        )


def put_aside(directory: Path, backups: Path, error: StoreDamagedError) -> StoreDamagedError:
    """Move the state that can't be read out of the way; what to tell of it."""
    path = directory / FILE
    if not path.exists():
        return error
    aside = kept_aside(path, _WORD)
    path.unlink()
    return StoreDamagedError(
        f"{path}: expected a database in order, found: {error}; it is kept as {aside.name}; "
        f"{_advice(directory, backups, aside)}"
    )


def _advice(directory: Path, backups: Path, aside: Path) -> str:
    good = next((path for path in all_copies(backups) if _is_good(path)), None)
    anew = f"to begin anew, move {aside.name} elsewhere"
    if good is None:
        return f"there is no good backup in {backups}: restore one by `prober restore`, or, {anew}"
    command = shlex.join(["prober", "restore", "--state-dir", str(directory), str(good)])
    return f"the last good backup is put back by `{command}`; {anew}"


def _is_good(path: Path) -> bool:
    try:
        with refusing(path), closing(opened_to_read(path)) as connection:
            check_known(connection)
            prove_whole(connection)
    except StoreError:
        return False
    return True
