"""A job that reports by itself: what has been heard of it, and how it stands at a moment.

1. A job that was never heard of is *new*: nothing is known of it.
2. After a good report the next one is due by the job's rhythm; then it is *late*, and after the grace *missed*.
3. A report of failure stands until a good report, however long that takes.
4. A run that was announced and has not ended when the grace is over is *missed*, too.
5. What we were not there to hear may have been said. A job whose report was due while we were away, or that was running
   then, is counted anew from our return, and is *away* until it reports or misses the next time: not up, and not down.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class Signal(StrEnum):
    """What a report says."""

    GOOD = "good"
    START = "start"
    FAIL = "fail"
    LOG = "log"


class Heard(NamedTuple):
    """What is known of one job's reports; moments in ms since the epoch, None = not yet.

    since_ms: from when its next report is counted. good_ms: its latest good report. started_ms: of a run that has not
    ended. failed_ms: of the failure that stands. code: exit status of the latest end, if it was told. run_ms: how long
    the latest run took that was announced. is_doubtful: a report may have been lost while we were away.
    """

    check: str
    since_ms: int
    good_ms: int | None = None
    started_ms: int | None = None
    failed_ms: int | None = None
    code: int | None = None
    run_ms: int | None = None
    is_doubtful: bool = False


class Rhythm(NamedTuple):
    """When a job's next report is due after a moment, and how much later it may come; ms."""

    due_after: Callable[[int], int]
    grace_ms: int


class Standing(StrEnum):
    """How a job stands."""

    NEW = "new"
    GOOD = "good"
    LATE = "late"
    MISSED = "missed"
    STUCK = "stuck"
    FAILED = "failed"
    AWAY = "away"


def heard(before: Heard | None, check: str, signal: Signal, at_ms: int, code: int | None = None) -> Heard | None:
    """What is known after a report. before: None of a job that was never heard of, and so it stays after a mere log."""
    if signal is Signal.LOG:
        return before
    if signal is Signal.START:
        known = before or Heard(check, at_ms)
        return known._replace(started_ms=at_ms)
    started_ms = before.started_ms if before is not None else None
    run_ms = None if started_ms is None else max(at_ms - started_ms, 0)
    if signal is Signal.GOOD:
        return Heard(check, at_ms, good_ms=at_ms, code=code, run_ms=run_ms)
    good_ms = before.good_ms if before is not None else None
    return Heard(check, at_ms, good_ms=good_ms, failed_ms=at_ms, code=code, run_ms=run_ms)


def standing(known: Heard | None, rhythm: Rhythm, now_ms: int) -> Standing:
    """How the job stands at that moment."""
    if known is None:
        return Standing.NEW
    if known.failed_ms is not None:
        return Standing.FAILED
    if known.started_ms is not None:
        # A run under way is measured by itself: that it began shows that the job's schedule lives.
        return Standing.STUCK if now_ms > known.started_ms + rhythm.grace_ms else Standing.GOOD
    due_ms = rhythm.due_after(known.since_ms)
    if now_ms > due_ms + rhythm.grace_ms:
        return Standing.MISSED
    if known.is_doubtful:
        return Standing.AWAY
    return Standing.GOOD if now_ms <= due_ms else Standing.LATE


def returned(known: Heard, rhythm: Rhythm, from_ms: int, until_ms: int) -> Heard:
    """What is known after we were away from one moment until another."""
    if known.failed_ms is not None:
        return known
    if known.started_ms is not None:
        may_be_lost = standing(known, rhythm, from_ms) is not Standing.STUCK
    else:
        due_ms = rhythm.due_after(known.since_ms)
        may_be_lost = from_ms <= due_ms + rhythm.grace_ms and due_ms - rhythm.grace_ms < until_ms
    if not may_be_lost:
        return known
    return known._replace(since_ms=until_ms, started_ms=None, is_doubtful=True)
