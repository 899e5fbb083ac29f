"""The checker sees what it is there to see: a daemon that is built wrong, and a database that was changed."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from prober.fault import VARIABLE
from tests.acceptance.scene import eventually
from tests.durability import checker
from tests.durability.mutants import Mutant, mutated
from tests.durability.town import ROOT, SUBSCRIPTIONS, Guard, Town, guard, town

pytestmark = pytest.mark.timeout(300)  # it waits for daemons, twice or more

PENDING = "SELECT count(*) FROM notice WHERE progress = 'pending'"


MUTANTS = {
    "it writes down that it has sent before it sends": Mutant(
        "prober/daemon/outbox.py",
        'fault.reach("send.before")',
        "await self._store.outbox.tried(Attempt(one.notice.id, number, at_ms, 0, 200, None, None))\n"
        '            fault.reach("send.before")',
        "send.before:1",
        "is delivered and never came",
    ),
    "it says something else each time it sends": Mutant(
        "prober/notifiers/up_format.py",
        '"documentation": ""',
        '"documentation": str(parcel.sent_ms)',
        "send.after:1",
        "came with 2 different bodies",
    ),
    "it owes nothing at an opening": Mutant(
        "prober/store/store.py",
        "enumerate(decision.notices)])",
        'enumerate(decision.notices) if n.reason != "opened"])',
        "incident.after:1",
        "expected 1 notice opened, found 0",
    ),
    "it owes notices in a transaction of their own": Mutant(
        "prober/store/store.py",
        "        queries.owe_notices(",
        "        if decision.incidents:\n"
        "            from prober import fault\n"
        "            connection.execute('COMMIT')\n"
        "            fault.reach('tried.before')\n"
        "            connection.execute('BEGIN IMMEDIATE')\n"
        "        queries.owe_notices(",
        "tried.before:1",
        "expected 1 notice opened, found 0",
    ),
}


def fails_and_is_killed(one: Guard, place: Town, fault: str) -> None:
    """One outage of the shop, a death in it, and the next life until nothing is owed."""
    one.start(**{VARIABLE: fault})
    eventually(lambda: place.answers["shop"][0], "a first answer", one.log)
    place.down.add("shop")
    eventually(lambda: one.is_dead, f"its end at {fault}", one.log)
    one.start()
    eventually(lambda: place.answers["shop"][1], "an answer", one.log)
    eventually(lambda: checker.incidents(one.database), "an incident")
    eventually(lambda: checker.asked(one.database, PENDING) == [(0,)], "the last of what is owed")
    one.kill()


def wrong(one: Guard, place: Town) -> list[str]:
    found = checker.faults(one.database, SUBSCRIPTIONS)
    return [*found, *checker.delivery_faults(one.database, place.received, is_settled=True)]


@contextmanager
def lived(folder: Path, fault: str, code: Path = ROOT) -> Iterator[tuple[Guard, Town]]:
    with town() as place, guard(folder, place, ("shop",), code=code) as one:
        fails_and_is_killed(one, place, fault)
        yield one, place


@pytest.mark.parametrize("name", MUTANTS)
def test_a_daemon_that_is_built_wrong_is_found_out(name: str, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    with lived(tmp_path, mutant.fault, mutated(tmp_path / "code", mutant)) as (one, place):
        assert any(mutant.found in fault for fault in wrong(one, place)), wrong(one, place)


def test_a_bit_that_flips_in_what_was_told_is_found(tmp_path: Path) -> None:
    draw = random.Random(1)
    with lived(tmp_path, "incident.after:1") as (one, place):
        assert wrong(one, place) == []
        with closing(sqlite3.connect(one.database)) as connection:
            connection.execute("VACUUM")  # nobody misses a bit of what was let go
        assert checker.verified(one.state_dir) == []
        whole = one.database.read_bytes()
        for words in (b"We are investigating", place.received[0][0].encode()):
            for byte in places(whole, words):
                flipped = bytearray(whole)
                flipped[byte] ^= 1 << draw.randrange(7)
                one.database.write_bytes(flipped)
                assert checker.verified(one.state_dir), f"expected byte {byte}, in {words!r}, to be missed"


def places(whole: bytes, words: bytes) -> list[int]:
    """A byte within each copy of these words."""
    found, at = [], whole.find(words)
    while at >= 0:
        found.append(at + len(words) // 2)
        at = whole.find(words, at + 1)
    assert found
    return found
