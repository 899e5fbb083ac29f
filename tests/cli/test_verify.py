"""The verb that proves the state."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import StoreError
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


async def test_it_counts_what_it_has_proved_and_names_what_is_bad(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, _):
        recorder.observe(answers("down down"))
        await recorder.flush()
        done = CliRunner().invoke(app, ["verify", "--state-dir", str(tmp_path)])
    said, head = done.output.splitlines()
    assert done.exit_code == 0
    assert said == f"{tmp_path / 'prober.db'}: 1 links from number 1 on, 6 rows, all as they were written."
    told = head.removeprefix("Its head is ")
    assert re.fullmatch("1:[0-9a-f]{64}", told)
    done = CliRunner().invoke(app, ["verify", "--state-dir", str(tmp_path), "--head", told])
    assert done.exit_code == 0
    done = CliRunner().invoke(app, ["verify", "--state-dir", str(tmp_path), "--head", f"1:{'0' * 64}"])
    assert "table link, row 1: expected the head 1 (0000000000000000), found 1 (" in str(done.exception)
    with closing(sqlite3.connect(tmp_path / "prober.db", isolation_level=None)) as connection:
        connection.execute("UPDATE incident SET name = 'x'")
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "prober.db")])
    assert done.exit_code == 1
    assert isinstance(done.exception, StoreError)
    assert "prober.db: table incident, row [1]: expected digest" in str(done.exception)
