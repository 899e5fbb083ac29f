"""The outside checker: reads the database and the receivers' notes with eyes of its own, and knows what must be true.

It shares no code with the daemon. A state directory holds true if
- each cause has at most one open incident, and its incidents do not overlap;
- each incident was told as opened once and, if it has ended, as resolved once, to each subscription;
- what was received is what is owed: nothing that is not in the outbox, everything that is (once all is delivered),
  and what came twice has the same id and the same bytes;
- each check changed as the answers it was given tell it to, but for one change that was under way when it was killed;
- SQLite and the chain find no fault.
"""

import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

Rows = list[tuple[Any, ...]]
UNDER_WAY = 1  # changes of a check that may be under way, told by its target and not written, when it is killed


def asked(path: Path, question: str) -> Rows:
    """Rows of a database that a daemon may be writing; none as long as it has not made it."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as connection:
        made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'installation'").fetchall()
        return connection.execute(question).fetchall() if made or question.startswith("PRAGMA") else []


def incidents(path: Path) -> list[tuple[str, list[str]]]:
    """Cause and timeline of each incident, in order, without what differs from run to run."""
    timelines: dict[int, list[str]] = defaultdict(list)
    for num, status in asked(path, "SELECT num, status FROM incident_update ORDER BY num, item"):
        timelines[num].append(status)
    return [(cause, timelines[num]) for num, cause in asked(path, "SELECT num, cause FROM incident ORDER BY num")]


def faults(path: Path, subscriptions: Sequence[str]) -> list[str]:
    """What is wrong with the incidents and what is owed for them."""
    return [*_incident_faults(path), *_notice_faults(path, subscriptions)]


def _incident_faults(path: Path) -> Iterable[str]:
    ends: dict[str, int | None] = {}
    found = asked(path, "SELECT num, cause, opened_ms, resolved_ms, status FROM incident ORDER BY num")
    if [num for num, *_ in found] != list(range(1, len(found) + 1)):
        yield f"expected incidents numbered without gaps, found {[num for num, *_ in found]}"
    for num, cause, opened_ms, resolved_ms, status in found:
        if cause in ends and (ends[cause] is None or opened_ms < (ends[cause] or 0)):
            yield f"incident {num} of {cause} opened while the one before was open"
        if (resolved_ms is None) != (status != "resolved"):
            yield f"incident {num} is {status} and ended at {resolved_ms}"
        ends[cause] = resolved_ms


def _notice_faults(path: Path, subscriptions: Sequence[str]) -> Iterable[str]:
    found = asked(path, "SELECT stream, subscription, reason FROM notice WHERE stream LIKE 'incident:%'")
    owed = Counter(found)
    for num, resolved_ms in asked(path, "SELECT num, resolved_ms FROM incident"):
        for subscription in subscriptions:
            for reason, expected in (("opened", 1), ("resolved", int(resolved_ms is not None))):
                count = owed.pop((f"incident:{num}", subscription, reason), 0)
                if count != expected:
                    yield f"incident {num}, {subscription}: expected {expected} notice {reason}, found {count}"
    if owed:
        yield f"expected no other notices of incidents, found {owed}"


def delivery_faults(path: Path, received: Sequence[tuple[str, bytes]], *, is_settled: bool) -> list[str]:
    """What is wrong with what came. is_settled: everything owed must have come."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for id_, body in received:
        bodies[id_].add(body)
    owed: dict[str, str] = dict(asked(path, "SELECT id, progress FROM notice"))
    wrong = [f"notice {id_} came with {len(all_)} different bodies" for id_, all_ in bodies.items() if len(all_) > 1]
    wrong += [f"notice {id_} came and is in no outbox" for id_ in bodies if id_ not in owed]
    wrong += [
        f"notice {id_} is {was} and never came" for id_, was in owed.items() if was == "delivered" and id_ not in bodies
    ]
    if is_settled:
        wrong += [f"notice {id_} is still {was}" for id_, was in owed.items() if was != "delivered"]
    return wrong


def verdict_faults(path: Path, check: str, lives: Sequence[Sequence[bool]]) -> list[str]:
    """What is wrong with the changes of a check that believes each answer at once.

    lives: per start of the daemon, what the check was answered. The last change of a life may not have been written;
    all before it must have been, each once.
    """
    found: dict[int, list[str]] = defaultdict(list)
    question = "SELECT epoch, after FROM transition WHERE subject = 'check' AND id = '{}' ORDER BY seq, item"
    for epoch, after in asked(path, question.format(check)):
        found[epoch].append(after)
    verdict, wrong = "", []
    for epoch, answers in enumerate(lives, 1):
        expected, before = [], verdict
        for is_up in answers:
            if (word := "up" if is_up else "down") != verdict:
                expected.append(word)
                verdict = word
        if found[epoch] not in (expected, expected[:-UNDER_WAY]):
            wrong.append(f"{check}, life {epoch}: expected changes {expected}, found {found[epoch]}")
        verdict = found[epoch][-1] if found[epoch] else before
    return wrong


def verified(state_dir: Path, code: Path | None = None) -> list[str]:
    """What `prober verify` and SQLite find wrong. code: the folder of the program; None = where we are."""
    wrong = [str(row) for row in asked(state_dir / "prober.db", "PRAGMA integrity_check") if row != ("ok",)]
    command = [sys.executable, "-m", "prober", "verify", str(state_dir / "prober.db")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=code)
    return wrong if found.returncode == 0 else [*wrong, found.stderr]
