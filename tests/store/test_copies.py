"""Backups that are made by themselves, and before each migration."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store import FILE, Store, verify
from prober.store.copies import all_copies, copy, copy_before_migration, latest_ms
from prober.store.migrate import migrate, migrations
from tests.builders import T0
from tests.worlds import IDENTITY, answers, recording

pytestmark = pytest.mark.anyio

DAY_MS = 86_400_000


async def lived(directory: Path) -> None:
    async with recording(directory) as (recorder, _):
        recorder.observe(answers("down down"))
        await recorder.flush()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_so_many_are_kept_and_each_is_sound(tmp_path: Path) -> None:
    await lived(tmp_path)
    folder = tmp_path / "a" / "backups"
    assert (all_copies(folder), latest_ms(folder)) == ([], None)
    for day in range(4):
        saved = copy(tmp_path, folder, T0 + day * DAY_MS, 2)
    (folder / "notes.txt").write_text("mine")
    (folder / "prober-99999999T999999Z.db.txt").write_text("mine")
    assert sorted(path.name for path in folder.glob("*.db")) == [
        "prober-000003-20231116T221320Z.db",
        "prober-000004-20231117T221320Z.db",
    ]
    assert all_copies(folder)[0] == saved.path
    assert latest_ms(folder) == T0 + 3 * DAY_MS
    assert verify(saved.path).links == 1


@pytest.mark.parametrize("jump_ms", [365 * DAY_MS, -365 * DAY_MS, 0])
async def test_the_latest_stay_whatever_the_clock_said(jump_ms: int, tmp_path: Path) -> None:
    await lived(tmp_path)
    folder = tmp_path / "backups"
    made = [
        copy(tmp_path, folder, at_ms, 2).path for at_ms in (T0, T0 + DAY_MS + jump_ms, T0 + DAY_MS, T0 + 2 * DAY_MS)
    ]
    assert all_copies(folder) == [made[3], made[2]]
    assert latest_ms(folder) == T0 + 2 * DAY_MS
    copy(tmp_path, folder, T0 + jump_ms, 1)
    assert latest_ms(folder) == T0 + jump_ms


async def test_those_that_were_made_before_there_were_numbers_are_older(tmp_path: Path) -> None:
    await lived(tmp_path)
    folder = tmp_path / "backups"
    for name in ("prober-20301114T221320Z.db", "prober-20221114T221320Z.db"):
        copy(tmp_path, folder, T0, 9).path.rename(folder / name)
    copy(tmp_path, folder, T0, 2)
    assert names(folder) == ["prober-000001-20231114T221320Z.db", "prober-20301114T221320Z.db"]
    assert latest_ms(folder) == T0


async def test_one_that_fails_takes_no_older_one_with_it(tmp_path: Path) -> None:
    await lived(tmp_path)
    folder = tmp_path / "backups"
    copy(tmp_path, folder, T0, 1)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        connection.execute("UPDATE incident SET name = 'x'")
    with pytest.raises(StoreError, match="table incident"):
        copy(tmp_path, folder, T0 + DAY_MS, 1)
    assert names(folder) == ["prober-000001-20231114T221320Z.db"]
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="expected a directory for backups, found"):
        copy(tmp_path, tmp_path / "file", T0, 1)


async def test_a_state_of_an_older_schema_is_saved_before_it_is_changed(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        migrate(connection, 1)
    async with Store.open(tmp_path, IDENTITY, T0):
        pass
    (saved,) = names(folder)
    assert saved == "before-schema-2-000001-20231114T221320Z.db"
    with closing(sqlite3.connect(folder / saved)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert copy_before_migration(tmp_path, folder, T0) is None
    assert all_copies(folder) == [folder / saved]


def test_who_is_killed_at_each_start_does_not_fill_the_disk(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        migrate(connection, 1)
    for start in range(5):
        assert copy_before_migration(tmp_path, tmp_path / "backups", T0 + start * 60_000)
    kept = [f"before-schema-2-00000{number}-20231114T22{number + 12}20Z.db" for number in (3, 4, 5)]
    assert names(tmp_path / "backups") == kept


async def test_nothing_is_changed_if_it_cannot_be_saved_first(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        migrate(connection, 1)
    (tmp_path / "backups").write_text("")
    with pytest.raises(StoreError, match="expected a directory for backups"):
        async with Store.open(tmp_path, IDENTITY, T0):
            pass
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.parametrize("reached", [number for number, _ in migrations()])
async def test_a_migration_that_was_cut_short_goes_on_at_the_next_start(reached: int, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        migrate(connection, 1)
        connection.execute("INSERT INTO transition VALUES (1, 0, 1, 'check', 'a', 'up', 'down', 5, 5, 'rule', '')")
        migrate(connection, reached)
    async with Store.open(tmp_path, IDENTITY, T0):
        pass
    assert verify(tmp_path / FILE).rows == 1


async def test_a_database_whose_making_was_cut_short_is_made_at_the_next_start(tmp_path: Path) -> None:
    making = tmp_path / "making"
    making.mkdir()
    with closing(sqlite3.connect(making / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute("PRAGMA user_version = 99")
        shutil.copytree(making, tmp_path / "cut")
    assert (tmp_path / "cut" / f"{FILE}-journal").stat().st_size
    async with Store.open(tmp_path / "cut", IDENTITY, T0):
        pass
    assert verify(tmp_path / "cut" / FILE).rows == 0
