"""What may be expected of the values found in one place."""

import pytest
from pydantic_core import PydanticCustomError

from prober.probes.expectations import COMPARISONS, unmet_by_any, unmet_by_every, unmet_json, wanted


@pytest.mark.parametrize(
    ("written", "good", "bad"),
    [
        ("ok", ["ok"], ["OK", 1, None, ["ok"]]),
        (1, [1, 1.0], [2, "1", True]),
        (True, [True], [False, 1, "true"]),
        ({"is": "ok"}, ["ok"], ["no"]),
        ({"is_not": "bad"}, ["ok", 1], ["bad"]),
        ({"matches": "^v[0-9]+"}, ["v1", "v23"], ["xv1", 1, None]),
        ({"above": 1}, [1.5, 2], [1, "2", True]),
        ({"at_least": 1}, [1, 2], [0.9]),
        ({"at_most": 1}, [1, -1], [1.1, None]),
        ({"below": 1}, [0.9], [1]),
        ({"at_least": 1, "at_most": 5}, [1, 5], [0, 6]),
        ({"exists": True}, [None, 1, []], []),
    ],
)
def test_values_are_compared(written: object, good: list[object], bad: list[object]) -> None:
    want = wanted(written, "x", COMPARISONS)
    assert [value for value in good if not want.holds(value)] == []
    assert [value for value in bad if want.holds(value)] == []


@pytest.mark.parametrize(
    ("written", "said", "found"),
    [
        (
            {"like": "x"},
            "comparisons such as is, is_not, matches, above, at_least, at_most, below, exists for x",
            "like",
        ),
        ({}, "comparisons such as", "an empty table"),
        ({"above": "1"}, "a number for above of x", "a str"),
        ({"above": True}, "a number for above of x", "a bool"),
        ({"is": [1]}, "a text, a number, true or false for is of x", "a list"),
        ([1], "a text, a number, true or false for is of x", "a list"),
        ({"matches": 1}, "a regular expression for matches of x", "a int"),
        ({"matches": "(a"}, "a regular expression for matches of x", '"(a": missing ): (a'),
        ({"exists": 1}, "exists = true, or exists = false alone, for x", "exists"),
        ({"exists": False, "is": 1}, "exists = true, or exists = false alone, for x", "exists, is"),
    ],
)
def test_what_is_no_comparison_is_told_so(written: object, said: str, found: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        wanted(written, "x", COMPARISONS)
    assert caught.value.context is not None
    assert caught.value.context["expected"].startswith(said)
    assert caught.value.context["found"] == found


def test_of_several_lines_of_a_header_one_must_do() -> None:
    want = wanted("a", "x", COMPARISONS)
    assert unmet_by_any(want, ["b", "a"]) is None
    assert unmet_by_any(want, ["b"]) == 'expected "a", found something else'
    assert unmet_by_any(want, []) == 'expected "a", found none'
    assert unmet_by_any(wanted({"exists": False}, "x", COMPARISONS), ["a"]) == "expected none, found one"
    assert unmet_by_any(wanted({"exists": False}, "x", COMPARISONS), []) is None


def test_of_several_values_all_must_do_and_there_must_be_one() -> None:
    want = wanted({"at_least": 1, "at_most": 5}, "x", COMPARISONS)
    assert unmet_by_every(want, [1, 5]) is None
    assert unmet_by_every(want, [1, 6]) == "expected at least 1 and at most 5, found 6"
    assert unmet_by_every(want, [{}]) == "expected at least 1 and at most 5, found an object"
    assert unmet_by_every(want, ["x" * 99]).endswith(f'found "{"x" * 59}...')  # type: ignore[union-attr]
    assert unmet_by_every(want, []) == "expected at least 1 and at most 5, found none"
    assert unmet_by_every(wanted({"exists": True}, "x", COMPARISONS), []) == "expected a value, found none"
    assert unmet_by_every(wanted({"exists": False}, "x", COMPARISONS), [[]]) == "expected none, found a list"
    assert unmet_by_every(wanted({"exists": False}, "x", COMPARISONS), []) is None


def test_json_is_judged_path_by_path() -> None:
    wants = {path: wanted(value, path, COMPARISONS) for path, value in {"$.a": "ok", "$.b[*]": {"below": 3}}.items()}
    assert unmet_json(b'{"a": "ok", "b": [1, 2]}', wants) is None
    assert unmet_json(b'{"a": "ok", "b": [1, 3]}', wants) == "$.b[*]: expected below 3, found 3"
    assert unmet_json(b'{"b": [1]}', wants) == '$.a: expected "ok", found none'
    assert unmet_json(b"<html>", wants) == "the body is no JSON: Expecting value at character 0"
    many = b'{"a": "ok", "b": [' + b"1," * 10_000 + b"1]}"
    assert unmet_json(many, wants) == "$.b[*]: the path finds more than 10000 values"
