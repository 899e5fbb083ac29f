"""Whatever pydantic says is said in the house's words."""

from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError

from prober.config.document import Document
from prober.config.report import Report
from prober.config.words import hidden_keys, quiet, secret_keys, tell
from prober.options import Options, Secret


class Table(Options):
    text: str = Field(default="ab", min_length=2, max_length=3)
    number: int = Field(default=1, ge=1)
    share: float = Field(default=0.5, gt=0, lt=1)
    flag: bool = False
    words: list[str] = Field(default=[], min_length=1, max_length=2)
    table: dict[str, int] = Field(default={})
    choice: Literal["one", "two"] = "one"
    day: date | None = None
    pin: Secret | None = None
    url: str = Field(default="", repr=False)


def said(key: str, value: Any) -> str:
    """What is said of a table in which that key has that value."""
    report = Report(Document("file", Path(), ""))
    with pytest.raises(ValidationError) as raised:
        Table.model_validate({key: value})
    tell(report, raised.value, (), {key: value}, Table)
    (line,) = report.lines(str, ())
    return line.removeprefix("file:1: ").partition(", found")[0]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("text", 5, "text: expected a text"),
        ("text", "a", "text: expected a text of at least 2 characters"),
        ("text", "abcd", "text: expected a text of at most 3 characters"),
        ("number", 0, "number: expected a number from 1"),
        ("number", 1.5, "number: expected a whole number"),
        ("share", 0.0, "share: expected a number above 0.0"),
        ("share", 1.0, "share: expected a number below 1.0"),
        ("flag", 1, "flag: expected true or false"),
        ("words", "a", "words: expected a list"),
        ("words", [], "words: expected at least 1 entry"),
        ("words", ["a", "b", "c"], "words: expected at most 2 entries"),
        ("words", ["a", 5], "words[1]: expected a text"),
        ("table", [], "table: expected a table"),
        ("table", {"a": "b"}, "table.a: expected a whole number"),
        ("choice", "on", "choice: expected one of one, two"),
        ("day", "today", "day: expected a valid date"),
        ("pin", "", 'pin: expected a text, "${NAME}", {file = "..."} or {credential = "..."}'),
        ("ulr", "", "ulr: expected one of the keys"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_house(key: str, value: Any, sentence: str) -> None:
    assert said(key, value) == sentence


def test_secrets_are_known_by_their_type_and_what_may_hold_one_by_its_mark() -> None:
    assert secret_keys(Table) == {"pin"}
    assert hidden_keys(Table) == {"pin", "url"}


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://a.test/x", "https://a.test/x"),
        ("https://a.test/?token=s3cret", "https://a.test/?token=***"),
        ("https://a.test/?a=1&b=&c", "https://a.test/?a=***&b=&***"),
        ("https://a.test/?s3cret", "https://a.test/?***"),
        ("https://a.test/?token=${TOKEN}&b=2", "https://a.test/?token=${TOKEN}&b=***"),
        ("a.test:25", "a.test:25"),
    ],
)
def test_the_values_of_a_query_are_not_shown(target: str, told: str) -> None:
    assert quiet(target) == told
