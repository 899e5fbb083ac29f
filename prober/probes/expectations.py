"""What may be expected of the values found in one place of an answer: a header's lines, what a JSONPath finds.

Written as a plain value, which must be found there, or as a table of comparisons, which must all hold:
`{at_least = 1, below = 10}`. Values of different types are never equal, and true is no number.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from prober.options import mistake
from prober.wire.json_query import document, values
from prober.wire.pattern import pattern

_SHOWN = 60  # characters


class Rule(NamedTuple):
    """One comparison. told: in words, `at least 5`."""

    told: str
    holds: Callable[[object], bool]


class Wanted(NamedTuple):
    """What values must be like. is_absent: there must be none at all."""

    rules: tuple[Rule, ...]
    is_absent: bool = False

    @property
    def told(self) -> str:
        """All of it in words."""
        return " and ".join(rule.told for rule in self.rules) or ("none" if self.is_absent else "a value")

    def holds(self, value: object) -> bool:
        """Whether one value is like that."""
        return all(rule.holds(value) for rule in self.rules)


class _Comparison(NamedTuple):
    """takes: what may be written behind it. make: the rule, of what was written."""

    takes: str
    is_right: Callable[[object], bool]
    make: Callable[..., Callable[[object], bool]]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: object, other: object) -> bool:
    if _is_number(value) and _is_number(other):
        return value == other
    return type(value) is type(other) and value == other


def _number(holds: Callable[[float, float], bool]) -> _Comparison:
    def make(bound: float) -> Callable[[object], bool]:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and holds(value, bound)

    return _Comparison("a number", _is_number, make)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _matching(text: str) -> Callable[[object], bool]:
    found_in = pattern(text)
    return lambda value: isinstance(value, str) and found_in(value)


COMPARISONS: Mapping[str, _Comparison] = {
    "is": _Comparison("a text, a number, true or false", _is_scalar, lambda other: lambda value: _same(value, other)),
    "is_not": _Comparison(
        "a text, a number, true or false", _is_scalar, lambda other: lambda value: not _same(value, other)
    ),
    "matches": _Comparison("a regular expression", _is_text, _matching),
    "above": _number(lambda value, bound: value > bound),
    "at_least": _number(lambda value, bound: value >= bound),
    "at_most": _number(lambda value, bound: value <= bound),
    "below": _number(lambda value, bound: value < bound),
}
OF_TEXTS = ("is", "is_not", "matches")
"""The comparisons of texts."""
EXISTS = "exists"


def wanted(written: object, name: str, allowed: Iterable[str]) -> Wanted:
    """What is expected at that place, as it was written. Raises the mistake."""
    table = written if isinstance(written, Mapping) else {"is": written}
    words = [*allowed, EXISTS]
    if not table or not all(word in words for word in table):
        raise mistake(f"comparisons such as {', '.join(words)} for {name}", _found(table))
    rules = tuple(_rule(word, value, name) for word, value in table.items() if word != EXISTS)
    exists = table.get(EXISTS, True)
    if not isinstance(exists, bool) or (not exists and rules):
        raise mistake(f"exists = true, or exists = false alone, for {name}", _found(table))
    return Wanted(rules, is_absent=not exists)


def _rule(word: str, value: object, name: str) -> Rule:
    comparison = COMPARISONS[word]
    if not comparison.is_right(value):
        raise mistake(f"{comparison.takes} for {word} of {name}", f"a {type(value).__name__}")
    try:
        holds = comparison.make(value)
    except ValueError as error:
        raise mistake(f"{comparison.takes} for {word} of {name}", f"{_shown(value)}: {error}") from None
    told = _shown(value) if word == "is" else f"{word.replace('_', ' ')} {_shown(value)}"
    return Rule(told, holds)


def unmet_by_any(want: Wanted, found: Iterable[object]) -> str | None:
    """Why none of the values will do; None if one does."""
    values = list(found)
    if want.is_absent:
        return "expected none, found one" if values else None
    if any(want.holds(value) for value in values):
        return None
    return f"expected {want.told}, found {'something else' if values else 'none'}"


def unmet_by_every(want: Wanted, found: Iterable[object]) -> str | None:
    """Why not all of the values will do, of which there must be one; None if they do."""
    is_there = False
    for value in found:
        is_there = True
        if want.is_absent or not want.holds(value):
            return f"expected {want.told}, found {_shown(value)}"
    return None if is_there or want.is_absent else f"expected {want.told}, found none"


def unmet_json(content: bytes, wants: Mapping[str, Wanted]) -> str | None:
    """Why the JSON is not as it must be, by path; None if it is."""
    try:
        whole = document(content)
    except ValueError as error:
        return f"the body is no JSON: {error}"
    for path, want in wants.items():
        try:
            why = unmet_by_every(want, values(path, whole))
        except ValueError as error:
            why = str(error)
        if why is not None:
            return f"{path}: {why}"
    return None


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _found(table: Mapping[str, object]) -> str:
    return ", ".join(map(str, table)) or "an empty table"
