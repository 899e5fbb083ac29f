"""Moments on the wire."""

import pytest

from statusapi.dialects.wire import moment, moment_or_none


@pytest.mark.parametrize(
    ("at_ms", "said"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
        (4_102_444_800_001, "2100-01-01T00:00:00.001Z"),
    ],
)
def test_a_moment_is_iso_8601_in_utc_with_milliseconds(at_ms: int, said: str) -> None:
    assert moment(at_ms) == moment_or_none(at_ms) == said


def test_no_moment_is_none() -> None:
    assert moment_or_none(None) is None
