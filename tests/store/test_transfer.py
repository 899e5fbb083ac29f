"""What is exported is read back equal, row by row; what is not an export changes nothing."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from prober.core.events import Ordered
from prober.core.heartbeat import Heard
from prober.core.made import Made
from prober.core.model import Status
from prober.core.orders import SetPin
from prober.core.policy import Budget
from prober.errors import StoreError
from prober.store import Attempt, ChannelState, Store, exported, put_in
from prober.store.keys import KeyRow
from prober.store.made import Point
from prober.store.migrate import migrate, migrations
from prober.store.replies import Reply
from tests.builders import T0, check, policy, subscription, window
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


async def lived(directory: Path) -> None:
    """A state with a row in every table."""
    rules = policy(check(), check("blog", "blog"), subscriptions=[subscription(), subscription("few", channel="few")])
    works = {"upgrade": window(T0 + 10**9, T0 + 2 * 10**9)}
    rules = rules._replace(budgets={"few": Budget(1, 60_000)}, maintenances=works)
    async with recording(directory, rules) as (recorder, store):
        recorder.observe(answers("up down down up up down"))
        recorder.observe(answers("down down", check="blog"))
        recorder.hear(Heard("shop", T0, T0))
        await recorder.record(Ordered(T0 + 9_000, SetPin("blog", Status.MAJOR, "ann")))
        await recorder.flush()
        (first, *_) = await store.outbox.pending("hook", 9)
        await store.outbox.tried(Attempt(first.notice.id, 1, T0, 12, 500, "»500«", None))
        await store.rollups.roll(100)
        await store.outbox.put_channel(ChannelState("hook", T0, None, "»500«"))
        await store.made.change([Made("metrics", "load", {})], [], T0)
        await store.made.add_points("load", [Point(T0, 1.5)])
        await store.replies.add(b"id", Reply(b"request", 201, "{}"), T0)
        for _ in range(2):
            await store.subscribers.ask("main", "ann@mail.example", T0)
        await store.subscribers.has_it("msg", "subscriber", T0, is_refused=False)
        await store.keys.add(KeyRow("k1", "acme", "bot", "read", b"digest", T0))


def dump(directory: Path) -> list[str]:
    with closing(sqlite3.connect(directory / "prober.db")) as connection:
        return sorted(line for line in connection.iterdump() if not line.startswith("PRAGMA"))


async def test_what_was_exported_is_imported_equal(tmp_path: Path) -> None:
    await lived(tmp_path / "old")
    lines = list(exported(tmp_path / "old"))
    saved = put_in(tmp_path / "new", lines, may_replace=False)
    assert (saved.path, saved.aside) == (tmp_path / "new" / "prober.db", None)
    assert dump(tmp_path / "new") == dump(tmp_path / "old")
    assert list(exported(tmp_path / "new")) == lines
    async with Store.open(tmp_path / "new", b"another") as new, Store.open(tmp_path / "old", b"another") as old:
        assert await new.load() == await old.load()
        assert await new.outbox.pending("hook", 99) == await old.outbox.pending("hook", 99)
        assert new.epoch == old.epoch


async def test_every_table_has_its_rows_in_it(tmp_path: Path) -> None:
    await lived(tmp_path)
    first, *rows, last = map(json.loads, exported(tmp_path))
    assert first == {"prober": "export", "format": 1, "schema": len(migrations())}
    assert last == {"rows": len(rows)}
    with closing(sqlite3.connect(tmp_path / "prober.db")) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {row["table"] for row in rows} == tables
    assert [row["row"]["identity"].keys() for row in rows if row["table"] == "installation"] == [{"hex"}]


async def test_an_export_of_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    await lived(tmp_path / "old")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as first:
        migrate(first, 1)
        known = {row[0] for row in first.execute("SELECT name FROM sqlite_schema")}
        columns = {table: {row[1] for row in first.execute(f"PRAGMA table_info({table})")} for table in known}
    head, *rows, _ = [json.loads(line) for line in exported(tmp_path / "old")]
    rows = [line for line in rows if line["table"] in known]
    for line in rows:
        line["row"] = {key: value for key, value in line["row"].items() if key in columns[line["table"]]}
    lines = [head | {"schema": 1}, *rows, {"rows": len(rows)}]
    put_in(tmp_path / "new", map(json.dumps, lines), may_replace=False)
    async with Store.open(tmp_path / "new", b"") as new:
        assert [i.name for i in (await new.load()).incidents.values()] == ["Blog is down"]


def replaced(number: int, line: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:number], line, *lines[number:][1:]]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lines: [], "line 1: expected one JSON object, found something else"),
        (replaced(0, "{}"), "line 1: expected an export of prober in format 1, found something else"),
        (replaced(0, '{"prober":"export","format":1,"schema":99}'), "found 99: made by a newer prober"),
        (replaced(2, "{nonsense"), "line 3: expected one JSON object, found something else"),
        (replaced(2, '{"table":"sqlite_schema","row":{}}'), "line 3: expected a row of the state, found one that"),
        (replaced(2, '{"table":"incident","row":{"x\\") --":1}}'), "line 3: expected a row of the state, found one"),
        (replaced(2, '{"table":"incident","row":{"num":[1]}}'), "line 3: expected a row of the state, found: a list"),
        (replaced(2, '{"table":"incident","row":{"num":1}}'), "line 3: expected a row of the state, found: NOT NULL"),
        (lambda lines: [*lines[:2], *lines[3:]], "rows before it, found"),
        (lambda lines: lines[:-1], "expected a last line with the number of rows, found none after"),
        (lambda lines: [*lines, "{}"], "expected the end, found more"),
    ],
)
async def test_what_is_not_an_export_is_refused_in_one_sentence_and_changes_nothing(
    tmp_path: Path, spoil: Callable[[list[str]], list[str]], said: str
) -> None:
    await lived(tmp_path)
    before = dump(tmp_path)
    with pytest.raises(StoreError) as refused:
        put_in(tmp_path, spoil(list(exported(tmp_path))), may_replace=True)
    assert said in str(refused.value)
    assert dump(tmp_path) == before


async def test_a_row_that_belongs_to_none_is_refused(tmp_path: Path) -> None:
    await lived(tmp_path / "old")
    lines = [line for line in exported(tmp_path / "old") if '"table":"incident",' not in line]
    lines[-1] = json.dumps({"rows": len(lines) - 2})
    with pytest.raises(StoreError, match="found a row that belongs to none"):
        put_in(tmp_path / "new", lines, may_replace=False)
    assert not (tmp_path / "new" / "prober.db").exists()


async def test_a_state_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    await lived(tmp_path)
    lines = list(exported(tmp_path))
    with pytest.raises(StoreError, match="expected no file there"):
        put_in(tmp_path, lines, may_replace=False)
    assert put_in(tmp_path, lines, may_replace=True).aside == tmp_path / "prober.db.old-1"


def test_where_there_is_no_state_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected a state to export, found none"):
        list(exported(tmp_path))
