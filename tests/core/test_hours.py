"""Hours of service in local time, over changes of the clocks too."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.hours import LONGEST, begin_ms, has_come, holds, parsed, quiet_ms, within

HOUR, DAY = 3_600_000, 86_400_000
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "zone", "start", "end", "expected"),
    [
        # 2026-03-02 is a Monday.
        ("Mo-Fr 08:00-18:00", "UTC", "2026-03-02T00:00Z", "2026-03-09T00:00Z", [10] * 5),
        ("Mo-Fr 08:00-18:00, Sa 09:00-13:00", "UTC", "2026-03-02T00:00Z", "2026-03-09T00:00Z", [10] * 5 + [4]),
        ("Mo 08:00-18:00", "UTC", "2026-03-02T12:00Z", "2026-03-02T15:00Z", [3]),
        ("Mo 22:00-06:00", "UTC", "2026-03-03T00:00Z", "2026-03-04T00:00Z", [6]),
        ("Sa-Mo 10:00-11:00", "UTC", "2026-03-02T00:00Z", "2026-03-09T00:00Z", [1, 1, 1]),
        ("Mo-Su 00:00-24:00", "UTC", "2026-03-02T00:00Z", "2026-03-04T12:00Z", [60]),
        ("Mo 08:00-12:00, Mo 10:00-14:00, Mo 14:00-15:00", "UTC", "2026-03-02T00:00Z", "2026-03-03T00:00Z", [7]),
        ("Tu 08:00-12:00", "UTC", "2026-03-02T00:00Z", "2026-03-03T00:00Z", []),
        # Berlin: 2026-03-29 has 23 hours, 2026-10-25 has 25.
        ("Su 00:00-24:00", "Europe/Berlin", "2026-03-28T00:00Z", "2026-03-31T00:00Z", [23]),
        ("Su 00:00-24:00", "Europe/Berlin", "2026-10-24T00:00Z", "2026-10-27T00:00Z", [25]),
        ("Su 01:00-04:00", "Europe/Berlin", "2026-03-28T00:00Z", "2026-03-31T00:00Z", [2]),
        ("Su 01:00-04:00", "Europe/Berlin", "2026-10-24T00:00Z", "2026-10-27T00:00Z", [4]),
        ("Su 08:00-18:00", "Europe/Berlin", "2026-03-28T00:00Z", "2026-03-31T00:00Z", [10]),
        ("Su 02:30-04:00", "Europe/Berlin", "2026-03-28T00:00Z", "2026-03-31T00:00Z", [0.5]),
        ("Su 00:00-02:30", "Europe/Berlin", "2026-10-24T00:00Z", "2026-10-27T00:00Z", [2.5]),
    ],
)
def test_hours_are_those_of_local_clocks(hours: str, zone: str, start: str, end: str, expected: list[float]) -> None:
    found = within(parsed(hours, zone), ms(start), ms(end))
    assert [(ends_ms - begins_ms) / HOUR for begins_ms, ends_ms in found] == expected


@pytest.mark.parametrize("zone", ZONES)
@given(start_ms=st.integers(0, 2_000_000_000_000), lasts_ms=st.integers(1, 20 * DAY))
def test_all_hours_are_all_the_time(zone: str, start_ms: int, lasts_ms: int) -> None:
    end_ms = start_ms + lasts_ms
    assert within(parsed("Mo-Su 00:00-24:00", zone), start_ms, end_ms) == [(start_ms, end_ms)]


@pytest.mark.parametrize("zone", ZONES)
@given(start_ms=st.integers(0, 2_000_000_000_000), lengths_ms=st.lists(st.integers(1, 3 * DAY), max_size=4))
def test_adjacent_times_add_up(zone: str, start_ms: int, lengths_ms: list[int]) -> None:
    hours = parsed("Mo-Fr 08:00-18:00, Sa 22:00-03:30", zone)
    parts, at_ms = 0, start_ms
    for length_ms in lengths_ms:
        parts += sum(b - a for a, b in within(hours, at_ms, at_ms + length_ms))
        at_ms += length_ms
    assert parts == sum(b - a for a, b in within(hours, start_ms, at_ms))


@pytest.mark.parametrize(
    "text", ["", "Mo", "08:00-18:00", "mo 08:00-18:00", "Mo 8-18", "Mo 08:00-25:00", "Mo 24:00-24:00", "Mo 08:60-09:00",
             "Mo 08:00-08:00", "Mo 08:00-18:00,", "Mo-Fr 24:00-08:00", "Mo 08:00-24:30",
             ", ".join(["Mo 08:00-18:00"] * LONGEST)]
)  # fmt: skip
def test_what_is_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - it is told where the text was asked for
        parsed(text, "UTC")


OFFICE = parsed("Mo-Fr 08:00-12:00, Mo-Fr 12:00-18:00", "Europe/Berlin")
SKIPPED = parsed("Su 02:30-03:00", "Europe/Berlin")  # which the clocks skip on 2026-03-29


@pytest.mark.parametrize(
    ("at", "is_in"),
    [
        ("2026-03-06T06:59:59.999Z", False),  # Friday
        ("2026-03-06T07:00Z", True),
        ("2026-03-06T11:00Z", True),
        ("2026-03-06T17:00Z", False),
        ("2026-03-07T11:00Z", False),
    ],
)
def test_a_moment_is_in_the_hours_or_not(at: str, is_in: bool) -> None:
    assert holds(OFFICE, ms(at)) is is_in


def test_hours_begin_after_they_were_over() -> None:
    monday = ms("2026-03-09T07:00Z")
    for at in ("2026-03-06T07:00Z", "2026-03-06T12:00Z", "2026-03-08T00:00Z", "2026-03-09T06:59:59.999Z"):
        assert begin_ms(OFFICE, ms(at)) == monday
    assert quiet_ms(OFFICE, monday) == ms("2026-03-06T17:00Z")
    assert begin_ms(OFFICE, monday) == monday + DAY
    assert begin_ms(parsed("Mo-Su 00:00-24:00", "UTC"), monday) is None


def test_hours_that_the_clocks_skip_begin_a_week_later() -> None:
    assert begin_ms(SKIPPED, ms("2026-03-23T00:00Z")) == ms("2026-04-05T00:30Z")
    assert quiet_ms(SKIPPED, ms("2026-04-05T00:30Z")) == ms("2026-03-22T02:00Z")


def test_whether_hours_have_come_is_seen_over_any_time() -> None:
    night, morning = ms("2026-03-09T02:00Z"), ms("2026-03-09T07:00Z")
    assert not has_come(OFFICE, night, morning)
    assert has_come(OFFICE, night, morning + 1)
    assert has_come(OFFICE, 0, night)


def test_what_has_no_hour_at_all_was_quiet_all_the_time() -> None:
    assert quiet_ms(OFFICE._replace(slots=()), ms("2026-03-09T07:00Z")) == ms("2026-02-22T07:00Z")
