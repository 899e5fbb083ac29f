"""A backup is whole and sound or is not there; a restore gives back what was saved."""

import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from prober.core.events import Configured
from prober.core.model import Notice
from prober.core.state import State
from prober.errors import StoreError
from prober.store import Store, back_up, peeked, restore
from prober.store.backup import prove_sound
from tests.builders import T0, check, policy, subscription
from tests.worlds import IDENTITY, answers, recording

pytestmark = pytest.mark.anyio

RULES = policy(check(), check("blog", "blog"), subscriptions=[subscription()])


async def lived(directory: Path, outcomes: str = "down down") -> tuple[State, list[Notice]]:
    """A state in which something has happened, and what it owes."""
    async with recording(directory, RULES) as (recorder, store):
        recorder.observe(answers(outcomes))
        await recorder.flush()
        return await store.load(), [one.notice for one in await store.outbox.pending("hook", 99)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def found(directory: Path) -> tuple[State, list[Notice]]:
    """The same of a directory, but for whose it is: that a restore makes anew."""
    async with Store.open(directory, b"another identity") as store:
        return replace(await store.load(), identity=IDENTITY), [
            one.notice for one in await store.outbox.pending("hook", 99)
        ]


async def test_a_restored_backup_is_the_state_and_the_outbox_that_were_saved(tmp_path: Path) -> None:
    before = await lived(tmp_path / "state")
    saved = back_up(tmp_path / "state", tmp_path / "saved.db", may_replace=False)
    assert (saved.path.stat().st_size, saved.path.stat().st_mode & 0o777) == (saved.size, 0o600)
    restored = restore(tmp_path / "new", saved.path, may_replace=False)
    assert restored.aside is None
    assert await found(tmp_path / "new") == before
    assert names(tmp_path) == ["new", "saved.db", "state"]


async def test_what_happens_after_a_restore_has_no_id_that_was_given_before_it(tmp_path: Path) -> None:
    _, saved_owed = await lived(tmp_path, "down down")
    saved = back_up(tmp_path, tmp_path / "saved.db", may_replace=False)
    _, before = await lived(tmp_path, "up up")
    restore(tmp_path, saved.path, may_replace=True)
    _, after = await lived(tmp_path, "up up")
    told = [{n.id for n in notices} for notices in (before, after)]
    assert len(told[0]) == len(told[1]) == 2
    assert told[0] & told[1] == {n.id for n in saved_owed}


async def test_a_backup_under_load_is_one_moment_of_it(tmp_path: Path) -> None:
    async with recording(tmp_path / "state", RULES) as (recorder, _), anyio.create_task_group() as tasks:

        async def live() -> None:
            for n in range(10_000):
                recorder.observe(answers(("down down", "up up")[n % 2], T0 + n * 10_000))
                recorder.observe(answers(["up"] * 200, T0 + n * 10_000, "blog"))
                await recorder.flush()

        tasks.start_soon(live)
        for n in range(5):
            target = tmp_path / f"saved-{n}.db"
            await to_thread.run_sync(partial(back_up, tmp_path / "state", target, may_replace=False))
            restore(tmp_path / f"new-{n}", target, may_replace=False)
            state = await peeked(tmp_path / f"new-{n}")
            assert state is not None
            # One transaction opens an incident and counts it: nothing half of it may be there.
            assert len(state.ended) + len(state.incidents) in (0, 1)
            assert state.seq >= state.next_num - 1
            assert (await found(tmp_path / f"new-{n}"))[1] or state.seq < 2
        tasks.cancel_scope.cancel()


async def test_nothing_is_replaced_unasked_and_what_is_replaced_is_kept(tmp_path: Path) -> None:
    before = await lived(tmp_path / "state")
    target = tmp_path / "saved.db"
    target.write_text("precious")
    with pytest.raises(StoreError, match=r"saved.db: expected no file there, found one; --force replaces it"):
        back_up(tmp_path / "state", target, may_replace=False)
    assert target.read_text() == "precious"
    back_up(tmp_path / "state", target, may_replace=True)
    await lived(tmp_path / "state", "up up")
    with pytest.raises(StoreError, match=r"prober.db: expected no file there"):
        restore(tmp_path / "state", target, may_replace=False)
    for n in (1, 2):
        aside = restore(tmp_path / "state", target, may_replace=True).aside
        assert aside == tmp_path / "state" / f"prober.db.old-{n}"
    assert await found(tmp_path / "state") == before
    with sqlite3.connect(tmp_path / "state" / "prober.db.old-1") as old:
        assert old.execute("SELECT count(*) FROM incident WHERE resolved_ms IS NULL").fetchone() == (0,)
    old.close()


async def test_a_state_that_cannot_be_read_any_more_is_kept_with_its_log(tmp_path: Path) -> None:
    before = await lived(tmp_path / "state")
    back_up(tmp_path / "state", tmp_path / "saved.db", may_replace=False)
    (tmp_path / "state" / "prober.db").write_bytes(b"spoilt" * 100)
    (tmp_path / "state" / "prober.db-wal").write_bytes(b"log")
    restore(tmp_path / "state", tmp_path / "saved.db", may_replace=True)
    assert (tmp_path / "state" / "prober.db.old-1-wal").read_bytes() == b"log"
    assert await found(tmp_path / "state") == before


async def test_a_restore_is_refused_while_a_daemon_owns_the_state(tmp_path: Path) -> None:
    await lived(tmp_path / "saved")
    back_up(tmp_path / "saved", tmp_path / "saved.db", may_replace=False)
    async with recording(tmp_path / "state") as (recorder, _):
        with pytest.raises(StoreError, match="expected to be alone, found another prober"):
            restore(tmp_path / "state", tmp_path / "saved.db", may_replace=True)
        await recorder.record(Configured(T0 + 1))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: b"", "expected a database of prober, found an empty one"),
        (lambda raw: b"x" * 5000, "file is not a database"),
        (lambda raw: raw[: len(raw) // 2], "malformed|expected a database in order"),
        (lambda raw: raw[:8192] + b"\xff" * 4096 + raw[12288:], "malformed|expected a database in order"),
        (lambda raw: raw[:60] + (999).to_bytes(4, "big") + raw[64:], "found 999: made by a newer prober"),
        (lambda raw: raw[:68] + b"\0\0\0\1" + raw[72:], "found one of another program"),
    ],
)
async def test_a_spoilt_backup_is_refused_in_one_sentence_and_changes_nothing(
    tmp_path: Path, spoil: object, said: str
) -> None:
    assert callable(spoil)
    before = await lived(tmp_path / "state")
    saved = tmp_path / "saved.db"
    back_up(tmp_path / "state", saved, may_replace=False)
    saved.write_bytes(spoil(saved.read_bytes()))
    with pytest.raises(StoreError, match=said) as refused:
        restore(tmp_path / "state", saved, may_replace=True)
    assert str(refused.value).startswith(f"{saved}: expected ")
    assert "\n" not in str(refused.value)
    assert await found(tmp_path / "state") == before
    assert not [name for name in names(tmp_path / "state") if ".part" in name or ".old-" in name]


def test_what_is_not_there_and_what_is_the_state_itself_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected a state to save, found none"):
        back_up(tmp_path, tmp_path / "saved.db", may_replace=False)
    with pytest.raises(StoreError, match="expected a backup, found none"):
        restore(tmp_path, tmp_path / "saved.db", may_replace=False)
    (tmp_path / "prober.db").write_text("")
    with pytest.raises(StoreError, match="expected another file than the state itself"):
        back_up(tmp_path, tmp_path / "prober.db", may_replace=True)


def test_a_row_that_belongs_to_none_is_found() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE a (x PRIMARY KEY); CREATE TABLE b (x REFERENCES a); INSERT INTO b VALUES (1);"
    )
    with pytest.raises(StoreError, match="belongs to none"):
        prove_sound(connection)
    connection.close()
