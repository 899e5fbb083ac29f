"""Values are shown in the manner of TOML, in a line, and not more of them than helps."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.config.report import LONGEST_FOUND, kind_of, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (5, "5"),
        (1.5, "1.5"),
        (None, "none"),
        ('a"b\\', '"a\\"b\\\\"'),
        ("a\x1b[31m\u202e\n", '"a\\x1b[31m\\u202e\\n"'),
        ([1, "a", {"b": False}], '[1, "a", {b = false}]'),
        (date(2030, 1, 2), "2030-01-02"),
        (datetime(2030, 1, 2, 3, 4, tzinfo=UTC), "2030-01-02T03:04:00+00:00"),
        ("https://user:pass@host/", '"https://***@host/"'),
        ("x" * 100, '"' + "x" * 56 + "..."),
    ],
)
def test_a_value_is_shown_as_it_would_be_written(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_number_that_cannot_be_written_is_described() -> None:
    assert shown(16**5000) == "a number of many digits"


@given(st.recursive(st.text() | st.integers() | st.floats() | st.booleans(), lambda some: st.lists(some, max_size=3)))
def test_every_value_fits_on_a_line(value: Any) -> None:
    assert len(shown(value)) <= LONGEST_FOUND
    assert shown(value).isprintable()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("hunter2", "a text that is not shown here"),
        (True, "true or false"),
        (5, "a number"),
        ([5], "a list"),
        ({"a": 5}, "a table"),
        (date(2030, 1, 2), "a date or time"),
        (None, "none"),
    ],
)
def test_a_hidden_value_is_told_by_its_sort(value: Any, words: str) -> None:
    assert kind_of(value) == words
