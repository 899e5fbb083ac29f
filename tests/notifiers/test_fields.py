"""What formats are made of is written as JavaScript would write it, and stays the same."""

import pytest

from prober.notifiers.fields import is_backfilled, moment, moment_or_none, stringify
from tests.builders import T0
from tests.notifiers.parcels import MINUTE, OPEN


def test_texts_are_escaped_as_javascript_escapes_them() -> None:
    text = 'ü€😀 \u2028 \x7f "q" \\ / \b\f\n\r\t\x00\x1f \ud800'
    wanted = '"ü€😀 \u2028 \x7f \\"q\\" \\\\ / \\b\\f\\n\\r\\t\\u0000\\u001f \\ud800"'
    assert stringify(text) == wanted.encode()


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [(T0, "2023-11-14T22:13:20.000Z"), (T0 + 1_678, "2023-11-14T22:13:21.678Z"), (0, "1970-01-01T00:00:00.000Z")],
)
def test_moments_have_milliseconds_and_a_z(at_ms: int, text: str) -> None:
    assert moment(at_ms) == text


def test_a_moment_that_has_not_come_is_none() -> None:
    assert (moment_or_none(None), moment_or_none(0)) == (None, moment(0))


@pytest.mark.parametrize(("late_ms", "late"), [(5 * MINUTE, False), (5 * MINUTE + 1, True)])
def test_an_incident_told_of_long_after_it_began_is_backfilled(late_ms: int, late: bool) -> None:
    assert is_backfilled(OPEN._replace(opened_ms=OPEN.started_ms + late_ms)) is late
