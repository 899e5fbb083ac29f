"""Cron lines in a zone's local time."""

from datetime import UTC, datetime

import pytest

from prober.wire.cron import checked, next_ms


def following(line: str, zone: str, after: str) -> str:
    after_ms = int(datetime.fromisoformat(after).timestamp() * 1000)
    return datetime.fromtimestamp(next_ms(line, zone, after_ms) / 1000, UTC).isoformat()


@pytest.mark.parametrize(
    ("line", "zone", "after", "expected"),
    [
        ("0 3 * * *", "UTC", "2026-03-01T02:59:59+00:00", "2026-03-01T03:00:00+00:00"),
        ("0 3 * * *", "UTC", "2026-03-01T03:00:00+00:00", "2026-03-02T03:00:00+00:00"),
        ("*/5 * * * *", "UTC", "2026-03-01T03:01:30+00:00", "2026-03-01T03:05:00+00:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-01-10T12:00:00+00:00", "2026-01-11T02:00:00+00:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-07-10T12:00:00+00:00", "2026-07-11T01:00:00+00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+00:00", "2026-03-29T01:00:00+00:00"),  # 02:30 is left out
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice
        ("0 9 * * MON", "UTC", "2026-03-03T00:00:00+00:00", "2026-03-09T09:00:00+00:00"),
        ("0 0 29 2 *", "UTC", "2026-03-03T00:00:00+00:00", "2028-02-29T00:00:00+00:00"),
    ],
)
def test_when_a_line_comes_next(line: str, zone: str, after: str, expected: str) -> None:
    assert following(line, zone, after) == expected


@pytest.mark.parametrize("line", ["", "* * * *", "60 * * * *", "0 0 31 2 *", "at three", "@daily x"])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        checked(line)


def test_a_line_that_is_one_is_left_as_it_is() -> None:
    assert checked("0 3 * * 1-5") == "0 3 * * 1-5"
