"""A disk that fails, is read-only or is held by somebody else: the daemon answers, and goes on by itself."""

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.scene import eventually
from tests.durability import checker
from tests.durability.small_disk import small_disk
from tests.durability.test_disk_full import PENDING, fetched, rows, serves, turned
from tests.durability.town import SUBSCRIPTIONS, Guard, Town, guard, town
from tests.services import needs_service

SOURCE = Path(__file__).with_name("broken_disk.c")


@contextmanager
def watched(folder: Path, **env: str) -> Iterator[tuple[Guard, Town]]:
    """A daemon at work; at the end all is well with what it has stored and told."""
    with town() as place, guard(folder, place, ("shop",)) as one:
        one.start(**env)
        eventually(lambda: place.answered(0) and fetched(one, "/-/ready")[0] == 200, "a start")
        yield one, place
        eventually(lambda: fetched(one, "/-/ready")[0] == 200, "recovery")
        eventually(lambda: checker.asked(one.database, PENDING) == [(0,)], "all that is owed")
        one.kill()
        assert checker.faults(one.database, SUBSCRIPTIONS) == []
        assert checker.delivery_faults(one.database, place.received, is_settled=True) == []
        assert checker.verdict_faults(one.database, "shop", place.lives("shop")) == []
        assert checker.verified(one.state_dir) == []
        assert "Traceback" not in one.log()


def stands(one: Guard, place: Town) -> None:
    """It is asked while it can write nothing, and judges."""
    turned(one, place)
    eventually(lambda: fetched(one, "/-/ready")[0] == 503, "its word that nothing can be written")
    serves(one)
    assert not one.is_dead, one.log()


@pytest.fixture(scope="session")
def broken_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = needs_service("gcc")
    made = tmp_path_factory.mktemp("shim") / "broken_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE), "-ldl"], check=True)
    return made


@pytest.mark.timeout(180)
@pytest.mark.parametrize("letter", ["E", "N", "R"])
def test_errors_of_the_disk_lose_nothing(letter: str, broken_disk: Path, tmp_path: Path) -> None:
    trigger = tmp_path / "trigger"
    env = {"LD_PRELOAD": str(broken_disk), "BROKEN_WHEN": str(trigger), "BROKEN_DIR": str(tmp_path / "state")}
    with watched(tmp_path, **env) as (one, place):
        acknowledged = rows(one)
        trigger.write_text(letter)
        stands(one, place)
        trigger.unlink()
        eventually(lambda: fetched(one, "/-/ready")[0] == 200, "recovery")
        assert acknowledged <= rows(one)


@pytest.mark.timeout(180)
def test_writes_that_end_half_way_are_made_whole(broken_disk: Path, tmp_path: Path) -> None:
    trigger = tmp_path / "trigger"
    env = {"LD_PRELOAD": str(broken_disk), "BROKEN_WHEN": str(trigger), "BROKEN_DIR": str(tmp_path / "state")}
    with watched(tmp_path, **env) as (one, place):
        trigger.write_text("S")
        for _ in range(2):
            turned(one, place)
        serves(one)
        trigger.unlink()


@pytest.mark.timeout(180)
def test_a_start_on_a_read_only_disk_is_refused_in_one_sentence_and_the_next_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state", "8m") as disk, watched(tmp_path) as (one, place):
        acknowledged = rows(one)
        one.kill()
        disk.remount("ro")
        one.start()
        eventually(lambda: one.is_dead, "its end")
        assert "Read-only file system" in one.log().splitlines()[-1]
        disk.remount("rw")
        one.start()
        eventually(lambda: place.answered(2) and fetched(one, "/-/ready")[0] == 200, "a start")
        assert acknowledged <= rows(one)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("held_s", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_a_lock_that_somebody_else_holds_is_waited_for(held_s: int, tmp_path: Path) -> None:
    with watched(tmp_path) as (one, place):
        with closing(sqlite3.connect(one.database, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            until_s = time.monotonic() + held_s
            place.down ^= {"shop"}
            while time.monotonic() < until_s:
                serves(one)
                time.sleep(0.2)
            other.execute("ROLLBACK")
        eventually(lambda: checker.incidents(one.database), "what was judged meanwhile")
