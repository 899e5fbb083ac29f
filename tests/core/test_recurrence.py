"""When planned work comes again: local times, and what the clocks do to them."""

from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from prober.core.recurrence import Recurrence, checked, starts

YEAR_MS = 366 * 86_400_000


def recurring(rule: str, first: str, zone: str = "UTC") -> Recurrence:
    return Recurrence(rule, zone, datetime.fromisoformat(first), 3_600_000)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def local(recurrence: Recurrence, from_: str, count: int) -> list[str]:
    zone = ZoneInfo(recurrence.zone)
    found = islice(starts(recurrence, ms(from_)), count)
    return [datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).strftime("%m-%d %H:%M %z") for at in found]


# The clocks are put forward at 02:00 in Berlin and New York, and at 01:00 in London; back at 03:00, 02:00 and 02:00.
DST = [
    ("Europe/Berlin", "01:30", "2026-03-29", "03-29 01:30 +0100"),
    ("Europe/Berlin", "02:30", "2026-03-29", "03-29 03:30 +0200"),
    ("Europe/Berlin", "03:30", "2026-03-29", "03-29 03:30 +0200"),
    ("Europe/Berlin", "01:30", "2026-10-25", "10-25 01:30 +0200"),
    ("Europe/Berlin", "02:30", "2026-10-25", "10-25 02:30 +0200"),
    ("Europe/Berlin", "03:30", "2026-10-25", "10-25 03:30 +0100"),
    ("America/New_York", "01:30", "2026-03-08", "03-08 01:30 -0500"),
    ("America/New_York", "02:30", "2026-03-08", "03-08 03:30 -0400"),
    ("America/New_York", "03:30", "2026-03-08", "03-08 03:30 -0400"),
    ("America/New_York", "01:30", "2026-11-01", "11-01 01:30 -0400"),
    ("America/New_York", "02:30", "2026-11-01", "11-01 02:30 -0500"),
    ("America/New_York", "03:30", "2026-11-01", "11-01 03:30 -0500"),
    ("Europe/London", "01:30", "2026-03-29", "03-29 02:30 +0100"),
    ("Europe/London", "02:30", "2026-03-29", "03-29 02:30 +0100"),
    ("Europe/London", "03:30", "2026-03-29", "03-29 03:30 +0100"),
    ("Europe/London", "01:30", "2026-10-25", "10-25 01:30 +0100"),
    ("Europe/London", "02:30", "2026-10-25", "10-25 02:30 +0000"),
    ("Europe/London", "03:30", "2026-10-25", "10-25 03:30 +0000"),
]


@pytest.mark.parametrize(("zone", "at", "day", "expected"), DST)
def test_local_time_is_kept_when_the_clocks_change(zone: str, at: str, day: str, expected: str) -> None:
    daily = recurring("FREQ=DAILY", f"2026-01-01T{at}", zone)
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    before, after = local(daily, midnight.isoformat(), 2)
    assert before == expected
    assert after.split()[1] == at


@pytest.mark.parametrize(
    ("rule", "first", "from_", "expected"),
    [
        ("FREQ=DAILY", "2026-01-01T12:00", "2026-01-05T12:00:00+00:00", ["01-05 12:00 +0000", "01-06 12:00 +0000"]),
        ("FREQ=DAILY", "2026-01-01T12:00", "2025-01-05T12:00:00+00:00", ["01-01 12:00 +0000", "01-02 12:00 +0000"]),
        ("FREQ=WEEKLY;BYDAY=SU", "2026-01-01T02:00", "2026-01-01T00:00:00+00:00", ["01-04 02:00 +0000"]),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-01T02:00", "2026-02-01T00:00:00+00:00", ["02-10 02:00 +0000"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-01T02:00", "2026-02-01T00:00:00+00:00", ["02-28 02:00 +0000"]),
        ("FREQ=YEARLY", "2024-02-29T02:00", "2024-03-01T00:00:00+00:00", ["02-29 02:00 +0000"]),
        ("FREQ=DAILY;COUNT=2", "2026-01-01T12:00", "2026-01-02T00:00:00+00:00", ["01-02 12:00 +0000"]),
        ("FREQ=DAILY;UNTIL=20260102T235959", "2026-01-01T12:00", "2026-01-03T00:00:00+00:00", []),
    ],
)
def test_rules_are_those_of_rfc_5545(rule: str, first: str, from_: str, expected: list[str]) -> None:
    found = local(recurring(rule, first), from_, len(expected) or 1)
    assert found == expected


def test_starts_go_on_without_gaps_and_without_end() -> None:
    daily = recurring("FREQ=DAILY", "2026-01-01T02:30", "America/New_York")
    found = list(islice(starts(daily, ms("2026-01-01T00:00:00+00:00")), 1000))
    steps = {after - before for before, after in pairwise(found)}
    assert steps <= {23 * 3_600_000, 24 * 3_600_000, 25 * 3_600_000}
    middle = found[500]
    assert next(starts(daily, middle)) == middle
    assert next(starts(daily, middle + 1)) == found[501]


def test_a_rule_that_ends_has_so_many_starts() -> None:
    assert len(list(starts(recurring("FREQ=DAILY;COUNT=20", "2026-01-01T02:30"), 0))) == 20
    assert len(list(starts(recurring("FREQ=DAILY;COUNT=16", "2026-01-01T02:30"), 0))) == 16


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;UNTIL=20300101T000000Z",
        "FREQ=DAILY\nFREQ=DAILY",
        "RRULE:FREQ=DAILY",
        "FREQ=DAILY;DTSTART=20260101",
        "FREQ=DAILY;COUNT=x",
    ],
)
def test_what_cannot_be_used_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked(rule)


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,MO;INTERVAL=2", "FREQ=YEARLY;COUNT=3"])
def test_what_can_be_used_is_kept_as_it_is(rule: str) -> None:
    assert checked(rule) == rule
