"""Bringing a state to this program's schema without a daemon: what its next start would do, done and told before it."""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from prober.errors import StoreError
from prober.store import chain, damage
from prober.store.backup import FILE, Saved, refusing
from prober.store.copies import FOLDER, copy_before_migration
from prober.store.engine import connecting
from prober.store.lock import owned
from prober.store.migrate import check_known, migrate


class Upgraded(NamedTuple):
    """Numbers of the schema before and after. saved: the copy made before; None if nothing was to be changed."""

    before: int
    after: int
    saved: Saved | None


def upgrade(directory: Path, now_ms: int, backups: Path | None = None) -> Upgraded:
    """Save the state of a directory to `backups` (None = beside it) if its schema is an older one, and migrate it.

    Raises StoreError, and changes nothing, if there is no state, if a daemon owns it, if it is of a newer schema, or if
    it can't be saved or migrated.
    """
    path, folder = directory / FILE, backups or directory / FOLDER
    if not path.exists():
        raise StoreError(f"{directory}: expected a state to migrate, found none")
    with owned(directory):
        damage.refuse_if_aside(directory, folder)
        saved = copy_before_migration(directory, folder, now_ms)
        with refusing(path), closing(connecting(path, may_write=True)()) as connection:
            before = check_known(connection)
            after = migrate(connection)
            connection.execute("BEGIN IMMEDIATE")
            chain.begin(connection)
            connection.execute("COMMIT")
    return Upgraded(before, after, saved)
