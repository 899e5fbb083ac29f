"""What an answer looked like with which a check's verdict changed: kept for a few changes of each check."""

import json
import sqlite3
from typing import Any, NamedTuple

from prober.core.events import Decision, Subject
from prober.core.model import Observation

KEPT = 20  # of each check


class Capsule(NamedTuple):
    """seq, at_ms: of the decision. seen: the answer, with what more there is to show of it."""

    seq: int
    at_ms: int
    seen: Observation


def capsules(decision: Decision, seen: Observation) -> list[Capsule]:
    """What is to be kept of an answer after what was decided by it."""
    is_changed = any(c.subject is Subject.CHECK and c.id == seen.check for c in decision.changes)
    return [Capsule(decision.seq, decision.at_ms, seen)] if is_changed else []


def put(connection: sqlite3.Connection, queries: Any, capsule: Capsule) -> None:
    """Write it, and let the oldest of its check go."""
    check = capsule.seen.check
    queries.add_capsule(connection, check=check, seq=capsule.seq, at_ms=capsule.at_ms, content=_content(capsule.seen))
    queries.drop_old_capsules(connection, check=check, kept=KEPT)


def read(
    connection: sqlite3.Connection, queries: Any, check: str, at_ms: int, limit: int = KEPT
) -> tuple[dict[str, Any], ...]:
    """The latest of a check by a moment, newest first.

    Each has at_ms, started_ms, outcome, reason, detail, phases_us, facts, and, as far as there are any, stalled_us,
    addresses, chain_sha256, headers and body.
    """
    found = queries.capsules_until(connection, check=check, at_ms=at_ms, limit=limit)
    return tuple({"at_ms": row["at_ms"], **json.loads(row["content"])} for row in found)


def _content(seen: Observation) -> str:
    told = {
        "started_ms": seen.started_ms,
        "outcome": seen.outcome,
        "reason": seen.reason,
        "detail": seen.detail,
        "phases_us": dict(seen.phases_us),
        "facts": dict(seen.facts),
        **({"stalled_us": seen.stalled_us} if seen.stalled_us else {}),
        **(seen.capsule or {}),
    }
    return json.dumps(told, ensure_ascii=False)
