"""Killed again and again while its targets change, the daemon loses nothing and says nothing new twice."""

import random
import time
from pathlib import Path

import pytest

from tests.acceptance.scene import eventually
from tests.durability import checker
from tests.durability.nursery import Nursery, nursery
from tests.durability.town import ROOT, SUBSCRIPTIONS, Guard, Town, guard, town

CHECKS = ("shop", "mail", "wiki", "blog", "news", "maps", "jobs", "docs", "chat", "feed", "help", "code")
INTERVAL_MS = 2_000  # and so the timeout: an answer that comes too late would count as another one
FLAPS_AFTER = 1  # answer: twelve checks change six times a second
EXECUTED_EACH = 10  # lives
KILLED_EARLY = 1 / 5
OPEN = "SELECT count(*) FROM incident WHERE resolved_ms IS NULL"
PENDING = "SELECT count(*) FROM notice WHERE progress = 'pending'"


def killed_again_and_again(one: Guard, place: Town, kills: int, seed: int, forked: Nursery) -> None:
    """Kill it at random moments of its life: most within half a second after its first answer, some while it starts.

    Most lives are forked, which takes a moment; some are started as systemd would. Then let all be well.
    """
    draw = random.Random(seed)
    for number in range(kills):
        one.nursery = None if number % EXECUTED_EACH == 0 else forked
        if draw.random() < KILLED_EARLY:
            one.start()
            time.sleep(draw.random() / 2)
        else:
            begin(one, place)
            time.sleep(draw.random() / 2)
        one.kill()
        # A life that ended before it had written that it began is none: nothing was asked in it.
        epochs = checker.asked(one.database, "SELECT epoch FROM installation")
        place.life = epochs[0][0] - 1 if epochs else -1
    place.flaps_after = 0
    place.down.clear()
    begin(one, place)
    for question in (OPEN, PENDING):
        eventually(lambda ask=question: checker.asked(one.database, ask) == [(0,)], question)  # type: ignore[misc]
    one.kill()


def begin(one: Guard, place: Town) -> None:
    one.start()
    eventually(lambda: place.answered(place.life) or one.is_dead, "an answer")
    assert not one.is_dead, one.log()


def faults(one: Guard, place: Town) -> list[str]:
    return [
        *checker.faults(one.database, SUBSCRIPTIONS),
        *checker.delivery_faults(one.database, place.received, is_settled=True),
        *(wrong for check in CHECKS for wrong in checker.verdict_faults(one.database, check, place.lives(check))),
        *checker.verified(one.state_dir),
    ]


def held(folder: Path, kills: int, seed: int) -> str:
    """What came of so many kills, in one sentence; fails with all that is wrong."""
    with town(FLAPS_AFTER) as place, nursery(ROOT) as forked, guard(folder, place, CHECKS, INTERVAL_MS) as one:
        killed_again_and_again(one, place, kills, seed, forked)
        found = faults(one, place)
        assert found == [], "\n".join([f"seed {seed}:", *found])
        count = len(checker.incidents(one.database))
        assert count >= kills / 2, "expected a town that has incidents"
        repeated = len(place.received) - len({id_ for id_, _ in place.received})
        messages = f"{len(place.received)} messages, {repeated} of them repeated"
        return f"seed {seed}: {kills} kills, {count} incidents, {messages}"


@pytest.mark.timeout(300)
def test_50_kills_lose_nothing(tmp_path: Path) -> None:
    print(held(tmp_path, 50, 1))  # noqa: T201 - the figure is what pytest -rP shows


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10, 20))
def test_100_kills_lose_nothing(seed: int, tmp_path: Path) -> None:
    print(held(tmp_path, 100, seed))  # noqa: T201 - the figure is what scripts/soak shows
