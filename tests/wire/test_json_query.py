"""JSON as strangers send it, and what a path finds in it."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.wire.json_query import LONGEST_PATH, MOST_VALUES, document, query, values

SHOP = {"status": "ok", "queues": [{"name": "a", "length": 1}, {"name": "b", "length": 5}], "a.b": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.status", ["ok"]),
        ("$['a.b']", [None]),
        ("$.queues[*].length", [1, 5]),
        ("$.queues[-1].name", ["b"]),
        ("$..length", [1, 5]),
        ("$.queues[?@.length > 2].name", ["b"]),
        ("$.queues[?@.name == '..$?']", []),
        ("$.nothing", []),
    ],
)
def test_a_path_finds_what_rfc_9535_says(path: str, found: list[Any]) -> None:
    assert list(values(path, SHOP)) == found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("status", "."),
        ("$.", "."),
        ("$[?match(@.a, 'x')]", "match"),
        ("$[?search(@.a, 'x')]", "search"),
        ("$..a..b", 'more than one ".."'),
        ("$.a[?@..b]", "within a filter"),
        ("$.a[?count($.b) > 1]", '"\\$" that is not at its beginning'),
        ("$." + "a" * LONGEST_PATH, "longer than"),
    ],
)
def test_a_path_that_is_none_or_could_be_slow_is_told_so(path: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        query(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Expecting value at character 0"),
        (b"<html>", "Expecting value"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"\xff\xfe1\0", "it is not UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"1" * 5_000, "."),
        (b"1 2", "Extra data at character 2"),
    ],
)
def test_what_is_no_json_is_told_so(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        document(content)


def test_a_mark_at_the_beginning_is_no_mistake() -> None:
    assert document(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_what_is_found_is_bounded_in_number_and_depth() -> None:
    with pytest.raises(ValueError, match=f"more than {MOST_VALUES} values"):
        list(values("$[*]", [0] * (MOST_VALUES + 1)))
    deep = document(b"[" * 500 + b"]" * 500)
    with pytest.raises(ValueError, match="nested too deeply"):
        list(values("$..a", deep))


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_comes_is_a_document_or_told_to_be_none(content: bytes) -> None:
    with suppress(ValueError):
        assert json.dumps(document(content))
