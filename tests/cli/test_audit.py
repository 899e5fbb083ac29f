"""The verb that tells who asked for what."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
from typer.testing import CliRunner

from prober.cli.main import app
from prober.core.events import Ordered
from prober.core.model import Status
from prober.core.orders import SetPin, TakePin
from prober.errors import StoreError
from prober.store.migrate import migrate, migrations
from tests.builders import T0
from tests.worlds import recording


async def lived(directory: Path) -> None:
    async with recording(directory) as (recorder, _):
        await recorder.record(Ordered(T0 + 2, SetPin("shop", Status.MAJOR, "Zoë")))
        await recorder.record(Ordered(T0 + 3, TakePin("shop", "cid")))


def test_orders_are_printed_for_people_and_for_programs(tmp_path: Path) -> None:
    anyio.run(lived, tmp_path)
    done = CliRunner().invoke(app, ["audit", "--state-dir", str(tmp_path)])
    assert done.output.splitlines() == [
        '2023-11-14 22:13:20 UTC  cid  take_pin  {"component": "shop"}',
        '2023-11-14 22:13:20 UTC  Zoë  set_pin  {"component": "shop", "status": "major", "until_ms": null}',
    ]
    done = CliRunner().invoke(app, ["audit", "--state-dir", str(tmp_path), "--limit", "1", "--json"])
    (one,) = json.loads(done.output)["orders"]
    assert (one["author"], one["deed"], one["at_ms"]) == ("cid", "take_pin", T0 + 3)


def test_a_state_of_an_older_schema_is_left_to_whom_it_belongs(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "prober.db", isolation_level=None)) as connection:
        migrate(connection, 20)
    done = CliRunner().invoke(app, ["audit", "--state-dir", str(tmp_path)])
    assert f"{tmp_path / 'prober.db'}: expected a database of schema {len(migrations())}, found 20: " in str(
        done.exception
    )
    assert "`prober migrate` or a start brings it up to date" in str(done.exception)


def test_where_there_is_no_state_it_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["audit", "--state-dir", str(tmp_path)])
    assert isinstance(done.exception, StoreError)
    assert "expected a state, found none" in str(done.exception)
