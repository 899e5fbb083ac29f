"""The state of the first version goes through all migrations, and its incident and its notice go on."""

import json
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from prober.cli.main import app
from prober.store.migrate import migrations
from tests.acceptance.scene import Daemon, alive, eventually, served

FIRST = (Path(__file__).parent / "schema_2.sql").read_text()
SLUG, NOTICE = "z4neb6zo3sia", "msg_xl5i2dtzoezpmgynjbbv"
MOMENT = re.compile(r"\b1795700\d{6}\b")


def of_a_minute_ago(text: str) -> str:
    """The same, with moments of the last minute: what has waited for days is given up."""
    later_ms = int(time.time() * 1000) - 60_000 - 1_795_700_356_175
    return MOMENT.sub(lambda found: str(int(found[0]) + later_ms), text)


def test_a_state_of_the_first_version_goes_on(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with closing(sqlite3.connect(tmp_path / "state" / "prober.db")) as connection:
        connection.executescript(of_a_minute_ago(FIRST))
    with served() as target, served() as receiver:
        target.status = 500
        with alive(Daemon(tmp_path, target.server_address[1], receiver.server_address[1])) as one:
            eventually(lambda: receiver.posts, "the notice that was owed", one.log)
            assert receiver.posts[0][0]["webhook-id"] == NOTICE
            assert [found["id"] for found in one.summary()["incidents"]] == [SLUG]
            target.status = 200
            eventually(lambda: not one.summary()["incidents"], "the end of the incident", one.log)
            eventually(lambda: len(receiver.posts) == 2, "its notice", one.log)
            assert [found["id"] for found in json.loads(one.get("/api/v2/incidents.json"))["incidents"]] == [SLUG]
            assert one.stop() == 0
    (saved,) = (tmp_path / "state" / "backups").glob("before-schema-3-*.db")
    with closing(sqlite3.connect(saved)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT id, progress FROM notice").fetchall() == [(NOTICE, "pending")]
    with closing(sqlite3.connect(tmp_path / "state" / "prober.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
        assert connection.execute("SELECT attempt FROM delivery WHERE notice = ?", (NOTICE,)).fetchall()[:3] == [
            (1,),
            (2,),
            (3,),
        ]
    proved = CliRunner().invoke(app, ["verify", "--state-dir", str(tmp_path / "state")])
    assert proved.exit_code == 0, proved.output
