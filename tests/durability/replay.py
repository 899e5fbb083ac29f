"""Cuts the power at many moments of what was recorded, opens what is left by the real store, and says what is wrong.

`python -m tests.durability.replay PLAN` reads a plan (see Plan), and writes what it found beside it.

What is left must be, row for row, what was there after one of the commits, and none before the latest that had
returned; it must have each message and incident that was told of; and it must be sound to SQLite, the chain and the
outside checker. Before the first commit it may be new.
"""

import json
import os
import random
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import anyio

from prober.errors import StoreError
from prober.store import FILE, Store, verify
from tests.durability import checker
from tests.durability.disk import Disk, Event, Mode, Told
from tests.durability.marked import MARK, summed
from tests.durability.tracing import events

MEMORY = Path("/dev/shm")  # where a sync costs nothing: the disk is a model
NEW = b"new".ljust(32)  # the identity of a store that has found nothing
EVERYTHING = "SELECT id FROM notice UNION ALL SELECT uid FROM incident"


class Plan(NamedTuple):
    """traces: of one state directory, in order. moments: how many, each in all modes. checkers: processes."""

    traces: Sequence[str]
    state_dir: str
    subscriptions: Sequence[str]
    moments: int
    seed: int
    checkers: int = 2


class Past(NamedTuple):
    """What was recorded. commits: digest -> number of the last commit after which it was so. returned, told: per event
    that tells, the number of the commit that has returned, and the ids that were told of.
    """

    events: Sequence[Event]
    commits: dict[str, int]
    returned: dict[int, int]
    told: dict[int, set[str]]


class Left(NamedTuple):
    """What was found after one cut. digest: None = a new store. ids: of notices and incidents."""

    digest: str | None
    ids: frozenset[str]
    wrong: Sequence[str]


def recorded(plan: Plan) -> Past:
    happened: list[Event] = []
    for trace in plan.traces:
        happened.extend(events(Path(trace), Path(plan.state_dir), len(happened)))
    known = _ids_at_the_end(happened)
    any_of_them = re.compile(b"|".join(re.escape(id_.encode()) for id_ in sorted(known)) or rb"(?!)")
    commits: dict[str, int] = {}
    returned: dict[int, int] = {}
    told: dict[int, set[str]] = {}
    count = 0
    for number, event in enumerate(happened):
        if isinstance(event, Told) and event.content.startswith(MARK):
            count += 1
            commits[json.loads(event.content.removeprefix(MARK))["sum"]] = count
            returned[number] = count
        elif isinstance(event, Told) and (ids := {id_.decode() for id_ in any_of_them.findall(event.content)}):
            told[number] = ids
    return Past(happened, commits, returned, told)


def _ids_at_the_end(happened: Sequence[Event]) -> set[str]:
    disk = Disk()
    for number, event in enumerate(happened):
        disk.take(number, event)
    with tempfile.TemporaryDirectory() as folder:
        _put(Path(folder), disk.left(Mode.KEPT, random.Random(0)) or {})
        return {id_ for (id_,) in checker.asked(Path(folder) / FILE, EVERYTHING)}


def _put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


async def opened(files: dict[str, bytes] | None, subscriptions: Sequence[str], proved: set[str]) -> Left:
    """Open what is left by the real store, in a fresh folder, and look at it.

    proved: digests of what has been proved before, row by row; the pages are proved each time.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as fresh:
        folder = Path(fresh)
        _put(folder, files or {})
        try:
            async with Store.open(folder, NEW) as one:
                state = await one.load()
            with closing(sqlite3.connect(folder / FILE)) as connection:
                digest = None if state.identity == NEW else summed(connection)
                ids = frozenset(id_ for (id_,) in connection.execute(EVERYTHING))
                pages = [f"corrupt: {row[0]}" for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            if pages or digest in proved:
                return Left(digest, ids, pages)
            verify(folder / FILE)
        except (StoreError, sqlite3.Error) as error:
            return Left(None, frozenset(), [f"corrupt: {error}"])
        wrong = [f"half: {fault}" for fault in checker.faults(folder / FILE, subscriptions)]
        if digest and not wrong:
            proved.add(digest)
        return Left(digest, ids, wrong)


def faults(left: Left, past: Past, returned: int, told: set[str]) -> Iterator[str]:
    """What is wrong with what is left, if so many commits had returned and these ids were told of."""
    yield from left.wrong
    if left.wrong and left.digest is None:
        return
    if left.digest is None and returned:
        yield f"lost: expected what commit {returned} has written, found a new store"
    elif left.digest is not None and left.digest not in past.commits:
        yield "half: expected what was there after one of the commits, found something between"
    elif left.digest is not None and past.commits[left.digest] < returned:
        yield f"lost: expected what commit {returned} has written, found what commit {past.commits[left.digest]} has"
    if not told <= left.ids:
        yield f"lost: expected all that was told of, found none of {sorted(told - left.ids)}"


def moments(past: Past, count: int, draw: random.Random) -> set[int]:
    """Numbers of events after which the power is cut: half of them just after somebody was told something."""
    telling = sorted({*past.returned, *past.told})
    every = range(len(past.events))
    chosen = set(draw.sample(telling, min(len(telling), count // 2)))
    rest = [number for number in every if number not in chosen]
    return chosen | set(draw.sample(rest, min(len(rest), count - len(chosen))))


async def checked(plan: Plan, past: Past, share: int) -> tuple[Counter[str], list[str]]:
    """One checker's share of the moments: points of each mode, and what is wrong."""
    chosen = sorted(moments(past, plan.moments, random.Random(plan.seed)))
    mine = set(chosen[share :: plan.checkers])
    points: Counter[str] = Counter()
    wrong: list[str] = []
    proved: set[str] = set()
    disk, returned, told = Disk(), 0, set[str]()
    same: tuple[int, Left] | None = None  # what is dropped stays the same until the next sync
    for number, event in enumerate(past.events):
        disk.take(number, event)
        returned = past.returned.get(number, returned)
        told |= past.told.get(number, set())
        if number not in mine:
            continue
        for mode in Mode:
            draw = random.Random(f"{plan.seed} {number} {mode}")
            if mode is Mode.DROPPED and same is not None and same[0] == disk.synced:
                left = same[1]
            else:
                left = await opened(disk.left(mode, draw), plan.subscriptions, proved)
            if mode is Mode.DROPPED:
                same = (disk.synced, left)
            points[mode] += 1
            wrong += [f"{mode}, event {number}: {fault}" for fault in faults(left, past, returned, told)]
    return points, wrong


def check(plan: Plan, out: Path) -> None:
    """By so many processes at once; what they find is put together."""
    past = recorded(plan)
    children = {}
    for share in range(plan.checkers):
        pid = os.fork()
        if not pid:
            points, wrong = anyio.run(checked, plan, past, share)
            out.with_suffix(f".{share}").write_text(json.dumps([points, wrong]))
            os._exit(0)
        children[pid] = out.with_suffix(f".{share}")
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    if any(codes):
        sys.exit(f"a checker ended with {codes}")
    found = [json.loads(path.read_text()) for path in children.values()]
    figures = {
        "events": len(past.events),
        "commits": len(past.returned),
        "told": len(set().union(*past.told.values())),
        "points": dict(sum((Counter(points) for points, _ in found), Counter[str]())),
        "wrong": [fault for _, wrong in found for fault in wrong],
    }
    out.write_text(json.dumps(figures))


if __name__ == "__main__":
    plan_file = Path(sys.argv[1])
    check(Plan(**json.loads(plan_file.read_text())), plan_file.with_suffix(".found"))
