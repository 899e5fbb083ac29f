"""Whatever is changed, added or taken away of what is chained is found, and named."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from prober.core.events import Ordered
from prober.core.model import Status
from prober.core.orders import SetPin
from prober.errors import StoreError
from prober.store import FILE, Attempt, Store, back_up, restore, verify
from prober.store.chain import CHAINED
from prober.store.migrate import migrate, migrations
from prober.store.named import queries
from tests.builders import T0
from tests.worlds import IDENTITY, answers, recording

pytestmark = pytest.mark.anyio


async def lived(directory: Path) -> Path:
    """A database with rows in every chained table."""
    async with recording(directory) as (recorder, store):
        recorder.observe(answers("up down down up up down down"))
        await recorder.flush()
        await recorder.record(Ordered(T0 + 9_000, SetPin("shop", Status.MAJOR, "ann")))
        first, second, *_ = await store.outbox.pending("hook", 9)
        await store.outbox.tried(Attempt(first.notice.id, 1, T0, 12, 500, "»500«", T0 + 1))
        await store.outbox.tried(Attempt(first.notice.id, 2, T0 + 9, 12, 200, None, None))
        await store.outbox.tried(Attempt(second.notice.id, 1, T0, 12, 200, None, None))
    return directory / FILE


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return connection


def columns(path: Path) -> list[tuple[str, str, str]]:
    """table, column and type of all that is chained, and of the chain."""
    with closing(opened(path)) as connection:
        return [
            (table, row[1], row[2])
            for table in (*CHAINED, "link", "link_row", "chain")
            for row in connection.execute(f"PRAGMA table_info({table})")
            if (table, row[1]) != ("chain", "only_row")
        ]


def spoilt(path: Path) -> Iterator[tuple[str, str]]:
    """(table, column) that is spoilt in its last row, while it is."""
    whole = path.read_bytes()
    for table, column, kind in columns(path):
        with closing(opened(path)) as connection:
            old = f"hex({column}) || '00'" if kind == "BLOB" else column
            new = {"INTEGER": f"ifnull({column}, 0) + 1000000", "TEXT": f"ifnull({column}, '') || 'x'"}.get(
                kind, "x'00'"
            )
            last = f"SELECT {', '.join(key(table))} FROM {table} ORDER BY {', '.join(f'{k} DESC' for k in key(table))}"
            where = f"({', '.join(key(table))}) = ({last} LIMIT 1)"
            before = connection.execute(f"SELECT {old} FROM {table} WHERE {where}").fetchone()
            assert before is not None, table
            assert connection.execute(f"UPDATE {table} SET {column} = {new} WHERE {where}").rowcount == 1
        yield table, column
        path.write_bytes(whole)


def chained(path: Path) -> list[object]:
    with closing(opened(path)) as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in CHAINED]


def key(table: str) -> tuple[str, ...]:
    return {"link": ("num",), "link_row": ("link", "item"), "chain": ("only_row",)}.get(table) or CHAINED[table]


async def test_what_was_written_is_proved_while_the_store_is_open_and_after(tmp_path: Path) -> None:
    path = await lived(tmp_path)
    async with recording(tmp_path) as (recorder, _):
        before = verify(path)
        recorder.observe(answers("up up", T0 + 60_000))
        await recorder.flush()
        after = verify(path)
    assert (before.first, before.links, before.rows) == (1, 8, 23)
    assert after.links == before.links + 1
    assert after == verify(path)


async def test_a_change_of_any_chained_value_is_found_and_its_table_named(tmp_path: Path) -> None:
    path = await lived(tmp_path)
    found = 0
    for table, column in spoilt(path):
        with pytest.raises(StoreError) as refused:
            verify(path)
        named = {"link": "link", "link_row": "link", "chain": "link"}.get(table, table)
        assert f"table {named}" in str(refused.value) or column in key(table) or table == "chain", (table, column)
        found += 1
    assert found > 60
    assert verify(path).rows == 23


async def test_flipped_bytes_of_a_chained_row_are_found_in_the_file_itself(tmp_path: Path) -> None:
    path = await lived(tmp_path)
    whole = path.read_bytes()
    for word in (b"Shop is down", b"investigating", b"component", "»500«".encode()):
        at = whole.index(word)
        for bit in range(8):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            with pytest.raises(StoreError, match="expected "):
                verify(path)


async def test_any_flipped_bit_is_found_or_leaves_all_chained_rows_as_they_were(tmp_path: Path) -> None:
    path = await lived(tmp_path)
    whole, before, draw = path.read_bytes(), chained(path), random.Random(7)
    outcomes = set()
    for _ in range(150):
        at = draw.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :])
        try:
            verify(path)
        except StoreError:
            outcomes.add("found")
        else:
            assert chained(path) == before, at
            outcomes.add("harmless")
    assert outcomes == {"found", "harmless"}


@pytest.mark.parametrize("table", CHAINED)
async def test_a_row_that_is_taken_away_or_added_is_found(tmp_path: Path, table: str) -> None:
    path = await lived(tmp_path)
    whole = path.read_bytes()
    with closing(opened(path)) as connection:
        assert connection.execute(f"DELETE FROM {table}").rowcount
    with pytest.raises(
        StoreError, match=rf"table {table}, row \[.*\]: expected the row of link 1, found none|found none"
    ):
        verify(path)
    path.write_bytes(whole)
    with closing(opened(path)) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        first = {"notice": "id || 'x'", "delivery": "notice"}.get(table, f"{names[0]} + 1000")
        others = [
            {"item": "item + 1000", "uid": "'u'", "slug": "'s'", "attempt": "9", "resolved_ms": "1"}.get(n, n)
            for n in names[1:]
        ]
        connection.execute(f"INSERT INTO {table} SELECT {first}, {', '.join(others)} FROM {table} LIMIT 1")
    with pytest.raises(StoreError, match=f"table {table}, row .* of which this one is in no link"):
        verify(path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM link WHERE num = 2", "table link: expected link 2, found 3"),
        ("DELETE FROM link WHERE num = (SELECT max(num) FROM link)", "expected the latest link to be 8"),
        ("DELETE FROM link_row WHERE link = 2", "table link_row, link 2: expected "),
        ("INSERT INTO link_row VALUES (99, 0, 'incident', '[1]', x'00')", "table link_row: expected "),
        ("UPDATE link_row SET tbl = 'sqlite_schema' WHERE link = 1", "expected a row of a chained table"),
        ("DELETE FROM chain", "table chain: expected the row that says where the chain ends"),
        ("UPDATE incident SET link = NULL", r"table incident, row \[1\]: expected link 2 or a later one, found None"),
    ],
)
async def test_a_chain_that_is_broken_is_told(tmp_path: Path, damage: str, said: str) -> None:
    path = await lived(tmp_path)
    with closing(opened(path)) as connection:
        connection.execute(damage)
    with pytest.raises(StoreError, match=said):
        verify(path)


EMPTIED = "".join(f"DELETE FROM {table};" for table in ("delivery", "notice", "incident_affected", "incident_update",
    "incident", "transition", "audit", "link_row", "link"))  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        (EMPTIED, "table chain: expected the latest link to be 8"),
        (EMPTIED + "DELETE FROM chain", "table chain: expected the row that says where the chain ends, found none"),
        (
            EMPTIED
            + "UPDATE chain SET head_num = 0, base_num = 0, head_digest = zeroblob(32), base_digest = zeroblob(32)",
            "as the installation says, found 0",
        ),
    ],
)
async def test_rows_that_are_taken_away_with_their_links_are_missed_for_ever(
    taken: str, said: str, tmp_path: Path
) -> None:
    path = await lived(tmp_path)
    with closing(opened(path)) as connection:
        connection.executescript(taken)
    with pytest.raises(StoreError, match=said):
        verify(path)
    with pytest.raises(StoreError, match="table "):
        back_up(tmp_path, tmp_path / "saved.db", may_replace=False)
    async with recording(tmp_path) as (recorder, _):  # no later link covers it up
        recorder.observe(answers("up up down down up up", T0 + 900_000))
        await recorder.flush()
    with pytest.raises(StoreError, match="table "):
        verify(path)


async def test_the_latest_link_that_is_taken_away_with_its_rows_is_missed(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, _):
        for outcomes in ("up", "down down"):  # what the second changes is all new
            recorder.observe(answers(outcomes))
            await recorder.flush()
    path = tmp_path / FILE
    latest = verify(path).head.num
    with closing(opened(path)) as connection:
        for table in reversed(CHAINED):
            connection.execute(f"DELETE FROM {table} WHERE link = ?", (latest,))
        connection.execute("DELETE FROM link_row WHERE link = ?", (latest,))
        connection.execute("DELETE FROM link WHERE num = ?", (latest,))
        connection.execute(
            "UPDATE chain SET (head_num, head_digest) = (SELECT num, digest FROM link ORDER BY num DESC)"
        )
    with pytest.raises(StoreError, match=rf"expected the latest link to be {latest} .* as the installation says"):
        verify(path)
    with closing(opened(path)) as connection:
        connection.execute(
            "UPDATE installation SET (chain_num, chain_digest) = (SELECT head_num, head_digest FROM chain)"
        )
    assert verify(path).head.num == latest - 1, "nothing else tells of it"


async def test_links_that_are_taken_away_under_a_daemon_are_missed(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        for minute in range(3):
            recorder.observe(answers("down down up up", T0 + minute * 60_000))
            await recorder.flush()
        with closing(opened(store.path)) as connection:
            connection.executescript(EMPTIED + "DELETE FROM chain;")
        assert await store.drop_notices(T0 + 1_000_000, T0 + 1_000_000, 50) == 0
        for minute in range(3, 6):
            recorder.observe(answers("down down up up", T0 + minute * 60_000))
            await recorder.flush()
    with pytest.raises(
        StoreError, match="expected link 6 to be followed by the next, found that it was not the latest"
    ):
        verify(tmp_path / FILE)


async def test_a_head_that_was_kept_elsewhere_finds_a_chain_that_was_made_anew(tmp_path: Path) -> None:
    path = await lived(tmp_path / "state")
    heads = [str(verify(path).head)]
    async with recording(tmp_path / "state") as (recorder, _):
        recorder.observe(answers("up up", T0 + 60_000))
        await recorder.flush()
    heads.append(str(verify(path, heads[0]).head))
    assert verify(path, heads[1]).head.num == 9
    other = await lived(tmp_path / "other")
    with pytest.raises(StoreError, match=r"table chain: expected link 9 in it, found 1 to 8"):
        verify(other, heads[1])
    with closing(opened(other)) as connection:
        connection.execute("UPDATE incident SET name = 'Nothing happened', link = NULL")
        connection.execute("UPDATE transition SET link = NULL")
        connection.executescript("DELETE FROM chain; DELETE FROM link; DELETE FROM link_row;")
        for table in CHAINED:
            connection.execute(f"UPDATE {table} SET link = NULL")
        connection.execute("UPDATE installation SET chain_num = 0, chain_digest = NULL")
    async with Store.open(tmp_path / "other", IDENTITY):
        pass
    assert verify(other).head.num < 8, "who can write the file can forge it all"
    with pytest.raises(StoreError, match="table chain: expected link 8 in it"):
        verify(other, heads[0])
    with pytest.raises(StoreError, match="expected a head as `prober verify` tells it, NUMBER:DIGEST, found 'x'"):
        verify(other, "x")


async def test_a_backup_and_what_is_restored_from_it_are_proved(tmp_path: Path) -> None:
    path = await lived(tmp_path / "state")
    saved = back_up(tmp_path / "state", tmp_path / "saved.db", may_replace=False)
    assert verify(saved.path) == verify(path)
    assert verify(restore(tmp_path / "new", saved.path, may_replace=False).path) == verify(path)
    for spoilt in (path, saved.path):
        with closing(opened(spoilt)) as connection:
            connection.execute("UPDATE incident SET name = 'Nothing happened' WHERE num = 1")
    with pytest.raises(StoreError, match=r"table incident, row \[1\]: expected digest"):
        back_up(tmp_path / "state", tmp_path / "other.db", may_replace=False)
    with pytest.raises(StoreError, match=r"table incident, row \[1\]: expected digest"):
        restore(tmp_path / "new", saved.path, may_replace=True)
    assert not (tmp_path / "other.db").exists()


async def test_rows_of_before_the_chain_are_in_its_first_link(tmp_path: Path) -> None:
    before = next(number for number, file in migrations() if file.name.endswith("_chain.sql")) - 1
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        migrate(connection, before)
        row = "INSERT INTO transition VALUES (?, 0, 1, 'check', 'a', 'up', 'down', 5, 5, 'rule', '')"
        connection.execute("BEGIN")
        connection.executemany(row, [(n,) for n in range(1, 2_501)])
        connection.execute("COMMIT")
    with pytest.raises(StoreError, match=f"found one of schema {before}, which has none yet"):
        verify(tmp_path / FILE)
    async with Store.open(tmp_path, IDENTITY):
        pass
    assert verify(tmp_path / FILE)[1:3] == (3, 2_500)
    with closing(opened(tmp_path / FILE)) as connection:
        connection.execute("UPDATE transition SET after = 'up'")
    with pytest.raises(StoreError, match=r"table transition, row \[1,0\]: expected digest"):
        verify(tmp_path / FILE)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected a database, found none"):
        verify(tmp_path / FILE)


async def test_retention_takes_settled_notices_and_leaves_a_chain_that_can_be_verified(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        for minute in range(6):
            recorder.observe(answers("down down up up", T0 + minute * 60_000))
            await recorder.flush()
        owed = [one.notice for one in await store.outbox.pending("hook", 99)]
        for notice in owed[:-1]:
            await store.outbox.tried(Attempt(notice.id, 1, T0 + 900_000, 9, 500, "no", T0 + 900_001))
            await store.outbox.tried(Attempt(notice.id, 2, T0 + 900_002, 9, 200, None, None))
        before, state = verify(store.path), await store.load()
        gone = 0
        while went := await store.drop_notices(T0 + 1_000_000, T0 + 2_000_000, 5):
            gone += went
            assert verify(store.path).rows <= before.rows
        after = verify(store.path)
        assert await store.outbox.counts() == {("hook", "pending"): 1}
        assert [one.notice for one in await store.outbox.pending("hook", 99)] == owed[-1:]
        assert await store.load() == state
        assert before.rows - after.rows == 3 * (len(owed) - 1)
        assert (after.first > before.first, gone) == (True, after.first - 1)
    with closing(opened(tmp_path / FILE)) as connection:
        connection.execute("UPDATE incident_update SET body = 'never' WHERE num = 1")
    with pytest.raises(StoreError, match=r"table incident_update, row \[1,0\]: expected digest"):
        verify(tmp_path / FILE)


async def test_what_is_carried_again_and_again_does_not_come_together_in_one_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prober.store.chain.CARRIED_AT_ONCE", 20)
    async with recording(tmp_path) as (recorder, store):
        for minute in range(30):
            recorder.observe(answers("down down up up", T0 + minute * 60_000))
            await recorder.flush()
        for period in range(1, 5):
            now_ms = T0 + period * 10_000_000
            while await store.drop_notices(now_ms - 1, now_ms, 50):
                pass
        found = await store._writer.call(lambda connection: list(queries().links(connection)))
        assert len(found) > 10
        assert max(link["rows"] for link in found) <= 20
    assert verify(tmp_path / FILE).rows > 200


async def test_retention_takes_nothing_from_a_chain_that_is_broken(tmp_path: Path) -> None:
    path = await lived(tmp_path)
    with closing(opened(path)) as connection:
        connection.execute("UPDATE transition SET after = 'operational' WHERE seq = 3")
    async with Store.open(tmp_path, IDENTITY) as store:
        with pytest.raises(StoreError, match=r"table transition, row .*: expected digest"):
            await store.drop_notices(T0 + 1_000_000, T0 + 1_000_000, 50)
        assert sum((await store.outbox.counts()).values()) == 3
