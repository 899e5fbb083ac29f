"""A database that can't be read is kept, no other takes its place in silence, and the way back is told."""

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import StoreDamagedError
from prober.store import FILE, Store, verify
from prober.store.copies import copy
from prober.store.damage import looked_over
from tests.builders import T0
from tests.worlds import IDENTITY, answers, recording

pytestmark = pytest.mark.anyio


async def lived(directory: Path) -> None:
    async with recording(directory) as (recorder, _):
        recorder.observe(answers("down down"))
        await recorder.flush()


async def refused(directory: Path) -> str:
    with pytest.raises(StoreDamagedError) as found:
        async with Store.open(directory, IDENTITY, T0):
            pass
    return str(found.value)


def spoil(path: Path) -> None:
    """The first page stays, and everything it refers to is nonsense."""
    raw = path.read_bytes()
    path.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))


async def test_the_last_good_backup_is_offered_by_a_command_that_works(tmp_path: Path) -> None:
    state = tmp_path / "a state"
    await lived(state)
    good = copy(state, state / "backups", T0, 9).path
    copy(state, state / "backups", T0 + 86_400_000, 9).path.write_bytes(b"rotten")
    spoil(state / FILE)
    whole = (state / FILE).read_bytes()
    for said in (await refused(state), await refused(state)):
        assert "prober.db.damaged-1" in said
        assert str(good) in said
        assert not (state / FILE).exists()
        assert (state / "prober.db.damaged-1").read_bytes() == whole
    offered = re.search(r"by `prober (.*?)`", said)
    assert offered
    done = CliRunner().invoke(app, shlex.split(offered[1]), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert verify(state / FILE).links == 1
    async with Store.open(state, IDENTITY) as store:
        assert len((await store.load()).incidents) == 1


@pytest.mark.parametrize("raw", [b"this is no database, it only looks like a file" * 99, b"\0" * 8192])
async def test_without_a_backup_nothing_is_made_anew_until_it_is_moved_away(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / FILE).write_bytes(raw)
    assert "there is no good backup in" in await refused(tmp_path)
    assert "to begin anew, move prober.db.damaged-1 elsewhere" in await refused(tmp_path)
    (tmp_path / "prober.db.damaged-1").rename(tmp_path / "kept")
    async with Store.open(tmp_path, IDENTITY):
        pass


async def test_a_page_that_no_start_reads_is_looked_at_all_the_same(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, _):
        recorder.observe(answers(["up"] * 5_000))
        await recorder.flush()
    raw = bytearray((tmp_path / FILE).read_bytes())
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'observation'").fetchone()
    raw[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    (tmp_path / FILE).write_bytes(raw)
    assert "prober.db.damaged-1" in await refused(tmp_path)


async def test_the_look_at_the_start_ends_in_time_however_long_the_history(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "long")) as connection:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n"
        connection.execute(f"CREATE TABLE observation AS {numbers}")
        assert not looked_over(connection, 0.001)
        assert looked_over(connection, 3600)


async def test_a_schema_whose_words_are_no_text_any_more_is_damage_like_any_other(tmp_path: Path) -> None:
    await lived(tmp_path)
    raw = (tmp_path / FILE).read_bytes()
    assert raw.count(b"CREATE TABLE incident ") == 1
    (tmp_path / FILE).write_bytes(raw.replace(b"CREATE TABLE incident ", b"CREATE \xd4ABLE incident "))
    with pytest.raises(StoreDamagedError, match="expected a database that can be read, found: "):
        verify(tmp_path / FILE)
    with pytest.raises(StoreDamagedError, match="expected a database that can be read, found: "):
        copy(tmp_path, tmp_path / "backups", T0, 9)
    assert "it is kept as prober.db.damaged-1" in await refused(tmp_path)
