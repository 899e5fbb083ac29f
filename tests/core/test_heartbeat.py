"""How a job that reports by itself stands: a table of stories in minutes."""

import pytest

from prober.core.heartbeat import Heard, Rhythm, Signal, Standing, heard, returned, standing

MINUTE = 60_000
HOURLY = Rhythm(lambda since_ms: since_ms + 60 * MINUTE, 10 * MINUTE)


def told(*reports: tuple[int, str]) -> Heard | None:
    """What is known after these reports, each at a minute; a number is an exit status."""
    known = None
    for minute, word in reports:
        code = int(word) if word.isdigit() else None
        signal = Signal(word) if code is None else (Signal.FAIL if code else Signal.GOOD)
        known = heard(known, "backup", signal, minute * MINUTE, code)
    return known


@pytest.mark.parametrize(
    ("reports", "minute", "expected"),
    [
        ([], 0, Standing.NEW),
        ([(0, "log")], 5, Standing.NEW),
        ([(0, "good")], 60, Standing.GOOD),
        ([(0, "good")], 61, Standing.LATE),
        ([(0, "good")], 70, Standing.LATE),
        ([(0, "good")], 71, Standing.MISSED),
        ([(0, "good"), (50, "log")], 71, Standing.MISSED),
        ([(0, "good"), (71, "good")], 72, Standing.GOOD),
        ([(0, "fail")], 1, Standing.FAILED),
        ([(0, "good"), (5, "fail"), (6, "start"), (7, "log")], 900, Standing.FAILED),
        ([(0, "fail"), (5, "good")], 6, Standing.GOOD),
        ([(0, "3")], 1, Standing.FAILED),
        ([(0, "0")], 1, Standing.GOOD),
        ([(0, "start")], 10, Standing.GOOD),
        ([(0, "start")], 11, Standing.STUCK),
        ([(0, "good"), (75, "start")], 80, Standing.GOOD),
        ([(0, "good"), (20, "start")], 31, Standing.STUCK),
        ([(0, "start"), (30, "good")], 31, Standing.GOOD),
    ],
)
def test_how_a_job_stands(reports: list[tuple[int, str]], minute: int, expected: Standing) -> None:
    assert standing(told(*reports), HOURLY, minute * MINUTE) is expected


def test_a_run_that_was_announced_is_timed() -> None:
    assert told((0, "start"), (3, "good")) == Heard("backup", 3 * MINUTE, good_ms=3 * MINUTE, run_ms=3 * MINUTE)
    failed = told((0, "good"), (1, "start"), (3, "7"))
    assert failed == Heard("backup", 3 * MINUTE, 0, failed_ms=3 * MINUTE, code=7, run_ms=2 * MINUTE)


@pytest.mark.parametrize(
    ("reports", "away", "minute", "expected"),
    [
        ([(0, "good")], (20, 40), 71, Standing.MISSED),  # nothing was due
        ([(0, "good")], (55, 56), 71, Standing.AWAY),  # it may have come a little early
        ([(0, "good")], (55, 56), 116, Standing.AWAY),
        ([(0, "good")], (55, 56), 127, Standing.MISSED),  # the next time did not come either
        ([(0, "good")], (65, 500), 501, Standing.AWAY),
        ([(0, "good")], (71, 500), 501, Standing.MISSED),  # it had been missed before we left
        ([(0, "fail")], (20, 500), 501, Standing.FAILED),
        ([(0, "good"), (15, "start")], (20, 21), 40, Standing.AWAY),  # its end may have been told
        ([(0, "good"), (5, "start")], (20, 21), 40, Standing.STUCK),
    ],
)
def test_our_own_absence_is_never_the_jobs_fault(
    reports: list[tuple[int, str]], away: tuple[int, int], minute: int, expected: Standing
) -> None:
    known = told(*reports)
    assert known is not None
    from_ms, until_ms = (one * MINUTE for one in away)
    assert standing(returned(known, HOURLY, from_ms, until_ms), HOURLY, minute * MINUTE) is expected


def test_a_report_ends_the_doubt() -> None:
    known = returned(Heard("backup", 0, 0), HOURLY, 55 * MINUTE, 100 * MINUTE)
    after = heard(known, "backup", Signal.GOOD, 110 * MINUTE)
    assert standing(after, HOURLY, 111 * MINUTE) is Standing.GOOD
