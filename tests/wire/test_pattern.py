"""Regular expressions that no text can make slow."""

import pytest

from prober.wire.pattern import pattern


@pytest.mark.parametrize(
    ("expression", "text", "is_found"),
    [
        ("b+", "abc", True),
        ("^b", "abc", False),
        ("(?i)HTML", "text/html", True),
        ("ü", "für", True),
        (r"^\d+$", "12x", False),
        ("a", "\ud800a", True),
    ],
)
def test_an_expression_is_found_anywhere_in_a_text(expression: str, text: str, is_found: bool) -> None:
    assert pattern(expression)(text) is is_found


def test_what_takes_other_engines_for_ever_takes_no_time() -> None:
    assert not pattern("(a+)+$")("a" * 100_000 + "b")


@pytest.mark.parametrize("expression", ["(a", "a{1000}{1000}", "(?=a)", r"\1", "*"])
def test_what_is_no_expression_is_told_so(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pattern(expression)
