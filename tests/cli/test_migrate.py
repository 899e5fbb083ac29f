"""The verb that migrates without starting."""

import sqlite3
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import StoreError
from prober.store.migrate import migrate, migrations


def test_it_says_from_where_to_where_and_what_was_saved(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "prober.db", isolation_level=None)) as connection:
        migrate(connection, 9)
    command = ["migrate", "--state-dir", str(tmp_path), "--backups", str(tmp_path / "saved")]
    done = CliRunner().invoke(app, command)
    (saved,) = (tmp_path / "saved").iterdir()
    newest = len(migrations())
    assert done.output == f"{tmp_path}: brought from schema 9 to {newest}; it was saved before as {saved}.\n"
    done = CliRunner().invoke(app, command)
    assert done.output == f"{tmp_path}: of schema {newest}, as this version has it; nothing to do.\n"
    assert list((tmp_path / "saved").iterdir()) == [saved]


def test_where_there_is_no_state_none_is_made(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["migrate", "--state-dir", str(tmp_path)])
    assert isinstance(done.exception, StoreError)
    assert "expected a state to migrate, found none" in str(done.exception)
    assert list(tmp_path.iterdir()) == []
