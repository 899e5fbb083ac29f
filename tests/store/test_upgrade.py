"""What a start would do to a state of an older schema is done without one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store import FILE, Store, verify
from prober.store.lock import owned
from prober.store.migrate import migrate, migrations
from prober.store.upgrade import upgrade
from tests.builders import T0
from tests.worlds import IDENTITY

pytestmark = pytest.mark.anyio


def of_schema(number: int, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, number)
        connection.execute("INSERT INTO transition VALUES (1, 0, 1, 'check', 'a', 'up', 'down', 5, 5, 'rule', '')")


async def test_it_is_saved_migrated_and_chained_and_starts(tmp_path: Path) -> None:
    of_schema(8, tmp_path / FILE)
    done = upgrade(tmp_path, T0)
    assert (done.before, done.after) == (8, len(migrations()))
    assert done.saved
    with closing(sqlite3.connect(done.saved.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (8,)
    assert verify(tmp_path / FILE).rows == 1
    async with Store.open(tmp_path, IDENTITY):
        pass
    again = upgrade(tmp_path, T0)
    assert (again.before, again.saved) == (again.after, None)


def test_a_state_that_is_owned_newer_or_broken_is_left_as_it_is(tmp_path: Path) -> None:
    of_schema(8, tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    with owned(tmp_path), pytest.raises(StoreError, match="found another prober"):
        upgrade(tmp_path, T0)
    (tmp_path / "backups").write_text("")
    with pytest.raises(StoreError, match="expected a directory for backups"):
        upgrade(tmp_path, T0)
    assert (tmp_path / FILE).read_bytes() == before
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="found 999: made by a newer prober"):
        upgrade(tmp_path, T0)
    (tmp_path / FILE).write_bytes(b"spoilt" * 2_000)
    with pytest.raises(StoreError, match="expected a database that can be read"):
        upgrade(tmp_path, T0)
    assert (tmp_path / FILE).read_bytes() == b"spoilt" * 2_000
