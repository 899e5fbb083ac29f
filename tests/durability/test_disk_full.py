"""With no byte left the daemon answers and judges, starts if it must, loses nothing that was acknowledged, and goes on
by itself once there is room.
"""

import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.scene import eventually
from tests.durability import checker
from tests.durability.small_disk import Disk, small_disk
from tests.durability.town import SUBSCRIPTIONS, Guard, Town, guard, town

ACKNOWLEDGED = (
    "SELECT seq, item, id, after, at_ms FROM transition",
    "SELECT num, uid, cause, opened_ms FROM incident",
    "SELECT id, seq, subscription, reason FROM notice",
)
PENDING = "SELECT count(*) FROM notice WHERE progress = 'pending'"
CHANGES = "SELECT count(*) FROM transition WHERE subject = 'check'"


def fetched(one: Guard, path: str) -> tuple[int, str]:
    """What the daemon answers; 0 if it does not."""
    found = re.search(r'public = "(.*)"', (one.folder / "config.toml").read_text())
    assert found
    try:
        with urllib.request.urlopen(f"http://{found[1]}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def rows(one: Guard) -> set[tuple[object, ...]]:
    return {row for question in ACKNOWLEDGED for row in checker.asked(one.database, question)}


def serves(one: Guard) -> None:
    for path in ("/", "/metrics", "/api/prober/v1/sites/main/incidents"):
        assert fetched(one, path)[0] in (200, 404), f"{path}: {one.log()}"


def in_trouble(one: Guard) -> bool:
    status, said = fetched(one, "/-/ready")
    return status == 503 and "full" in said


def turned(one: Guard, place: Town) -> None:
    """The shop changes; no more than one change, which may be lost if it is killed before it could be written."""
    count = len(place.lives("shop")[-1])
    place.down ^= {"shop"}
    eventually(lambda: len(place.lives("shop")[-1]) > count + 2, "answers", one.log)


def cycle(one: Guard, place: Town, disk: Disk, *, is_killed: bool) -> None:
    acknowledged, changes = rows(one), checker.asked(one.database, CHANGES)
    disk.fill()
    turned(one, place)  # what it has of its log may hold that
    eventually(lambda: in_trouble(one) or checker.asked(one.database, CHANGES) > changes, "a word of the disk")
    serves(one)
    if is_killed:
        one.kill()
        disk.fill()
        one.start()
        eventually(lambda: fetched(one, "/")[0] == 200 or one.is_dead, "an answer")
        assert not one.is_dead, one.log()
        serves(one)
    disk.clear()
    eventually(lambda: fetched(one, "/-/ready")[0] == 200, "recovery", one.log)
    eventually(lambda: checker.asked(one.database, PENDING) == [(0,)], "all that is owed", one.log)
    assert acknowledged <= rows(one)
    serves(one)


def held(folder: Path, cycles: int) -> str:
    with small_disk(folder / "state", "3m") as disk, town() as place, guard(folder, place, ("shop",)) as one:
        one.start()
        eventually(lambda: place.answered(0), "a first verdict", one.log)
        for n in range(cycles):
            cycle(one, place, disk, is_killed=n % 2 == 1)
        place.down.clear()
        open_ = "SELECT count(*) FROM incident WHERE resolved_ms IS NULL"
        eventually(lambda: checker.asked(one.database, open_) == [(0,)], "the end of the last incident")
        eventually(lambda: checker.asked(one.database, PENDING) == [(0,)], "all that is owed")
        one.kill()
        found = [
            *checker.faults(one.database, SUBSCRIPTIONS),
            *checker.delivery_faults(one.database, place.received, is_settled=True),
            *checker.verdict_faults(one.database, "shop", place.lives("shop")),
            *checker.verified(one.state_dir),
        ]
        assert found == []
        incidents = len(checker.incidents(one.database))
        return f"{cycles} full disks, {place.life} starts on one, {incidents} incidents, 0 acknowledged rows lost"


@pytest.mark.timeout(180)
def test_a_full_disk_loses_nothing_and_a_start_on_one_serves(tmp_path: Path) -> None:
    print(held(tmp_path, 2))  # noqa: T201 - the figure is what pytest -rP shows


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_100_full_disks_lose_nothing(tmp_path: Path) -> None:
    print(held(tmp_path, 100))  # noqa: T201 - the figure is what scripts/soak shows
