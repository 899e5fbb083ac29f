"""YAML as typed tables: every value with its line and column, and every mistake told at once.

The rules:

1. A value is read as its place wants it, not as YAML guesses: `on` is a text where a text belongs, and `010` ten.
2. Unknown keys, keys that come twice and values of another type are mistakes.
3. Nothing is made but texts, numbers, lists and tables; what is deeper than the places go is never looked at.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

import yaml

from prober.config.report import did_you_mean

MOST_BYTES = 1024 * 1024
MOST_LISTED = 12

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_UNIT_MS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGTPE]?)(i?)B?", re.IGNORECASE)


class Found(NamedTuple):
    """A value and where it stands; line and column from 1."""

    value: Any
    line: int
    column: int


T = TypeVar("T")
Take = Callable[["Reader", yaml.Node, str], Any]
Shape = Mapping[str, Take]


class Reader:
    """Reads one document. mistakes: `line:column: path: expected ..., found ...`, in the order they were met."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def read(self, text: str, shape: Shape) -> dict[str, Found]:
        """The document's top table; empty if it is no YAML."""
        if len(text.encode()) > MOST_BYTES:
            self.mistakes.append(f"expected at most {MOST_BYTES} bytes, found more")
            return {}
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark, problem = error.problem_mark, error.problem or error.context or "something else"
            where = f"{mark.line + 1}:{mark.column + 1}: " if mark else ""
            self.mistakes.append(f"{where}expected YAML, found: {problem}")
            return {}
        except (yaml.YAMLError, RecursionError) as error:
            told = "hundreds of levels" if isinstance(error, RecursionError) else f"{error}".splitlines()[0]
            self.mistakes.append(f"expected YAML, found: {told}")
            return {}
        return {} if node is None else self.table(node, "", shape)

    def wrong(self, node: yaml.Node, path: str, expected: str, found: str) -> None:
        """Tell of a mistake."""
        mark = node.start_mark
        where = f"{path}: " if path else ""
        self.mistakes.append(f"{mark.line + 1}:{mark.column + 1}: {where}expected {expected}, found {found}")

    def entries(self, node: yaml.Node, path: str) -> Iterator[tuple[yaml.Node, str, yaml.Node]]:
        """The keys and values of a table, each key once; an empty value is a table without any."""
        if _is_nothing(node):
            return
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, path, "a table", _told(node))
            return
        seen = set()
        for key, value in _merged(node):
            if not isinstance(key, yaml.ScalarNode):
                self.wrong(key, path, "a text as a key", _told(key))
            elif key.value in seen:
                self.wrong(key, _below(path, key.value), "each key once", "it twice")
            else:
                seen.add(key.value)
                yield key, key.value, value

    def table(self, node: yaml.Node, path: str, shape: Shape) -> dict[str, Found]:
        """What a table has of these keys."""
        found = {}
        for key, name, value in self.entries(node, path):
            if name not in shape:
                near = next(iter(get_close_matches(name, shape, n=1)), None)
                listed_ = f"one of {', '.join(shape)}" if len(shape) <= MOST_LISTED else "a key of blackbox_exporter"
                self.wrong(key, _below(path, name), listed_, f"an unknown one{did_you_mean(near)}")
                continue
            taken = shape[name](self, value, _below(path, name))
            if taken is not None:
                found[name] = Found(taken, key.start_mark.line + 1, key.start_mark.column + 1)
        return found

    def scalar(self, node: yaml.Node, path: str, expected: str) -> str | None:
        """A text as it is written; None if it is none, which is a mistake unless there is nothing."""
        if isinstance(node, yaml.ScalarNode):
            return None if _is_nothing(node) else str(node.value)
        self.wrong(node, path, expected, _told(node))
        return None


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _told(node: yaml.Node) -> str:
    match node:
        case yaml.MappingNode():
            return "a table"
        case yaml.SequenceNode():
            return "a list"
        case _:
            return "a text"


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _merged(node: yaml.MappingNode, depth: int = 0) -> list[tuple[yaml.Node, yaml.Node]]:
    """With what `<<` brings in, which loses against what the table says itself."""
    own, merged = [], []
    for key, value in node.value:
        if key.tag != "tag:yaml.org,2002:merge":
            own.append((key, value))
            continue
        parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for part in parts if depth < 5 else []:
            merged += _merged(part, depth + 1) if isinstance(part, yaml.MappingNode) else []
    names = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
    for key, value in merged:
        if isinstance(key, yaml.ScalarNode) and key.value not in names:
            names.add(key.value)
            own.append((key, value))
    return own


# ------------------------------------------------------------ what may stand in a place


def text(reader: Reader, node: yaml.Node, path: str) -> str | None:
    """Any text."""
    return reader.scalar(node, path, "a text")


def flag(reader: Reader, node: yaml.Node, path: str) -> bool | None:
    """True or false."""
    return _parsed(reader, node, path, "true or false", lambda word: _FLAGS[word.lower()])


def whole(reader: Reader, node: yaml.Node, path: str) -> int | None:
    """A whole number."""
    return _parsed(reader, node, path, "a whole number", int)


def span_ms(reader: Reader, node: yaml.Node, path: str) -> int | None:
    """A duration as Go writes it, in milliseconds; at least 1."""
    return _parsed(reader, node, path, 'a duration such as "5s"', _span_ms)


def size(reader: Reader, node: yaml.Node, path: str) -> int | None:
    """Bytes: a number, or such as 10MB (powers of 1024, as Prometheus counts them)."""
    return _parsed(reader, node, path, 'a size such as "10MB"', _bytes)


def _parsed(reader: Reader, node: yaml.Node, path: str, expected: str, parse: Callable[[str], T]) -> T | None:
    found = reader.scalar(node, path, expected)
    if found is None:
        return None
    try:
        return parse(found)
    except (ValueError, KeyError, OverflowError):
        reader.wrong(node, path, expected, "something else")
        return None


def _span_ms(word: str) -> int:
    parts = list(_SPAN.finditer(word))
    if not parts or "".join(part.group() for part in parts) != word:
        raise ValueError(word)
    return max(1, round(sum(float(part[1]) * _UNIT_MS[part[2]] for part in parts)))


def _bytes(word: str) -> int:
    found = _SIZE.fullmatch(word)
    if found is None:
        raise ValueError(word)
    return int(float(found[1]) * 1024 ** ("KMGTPE".index(found[2].upper()) + 1 if found[2] else 0))


def listed(take: Take) -> Take:
    """A list of such values."""

    def taken(reader: Reader, node: yaml.Node, path: str) -> list[Found] | None:
        if _is_nothing(node):
            return None
        if not isinstance(node, yaml.SequenceNode):
            reader.wrong(node, path, "a list", _told(node))
            return None
        found = []
        for at, item in enumerate(node.value):
            value = take(reader, item, f"{path}[{at}]")
            if value is not None:
                found.append(Found(value, item.start_mark.line + 1, item.start_mark.column + 1))
        return found

    return taken


def table(shape: Shape) -> Take:
    """A table with these keys."""
    return lambda reader, node, path: None if _is_nothing(node) else reader.table(node, path, shape)


def named(take: Take) -> Take:
    """A table whose keys are names that people choose."""

    def taken(reader: Reader, node: yaml.Node, path: str) -> dict[str, Found]:
        found = {}
        for key, name, value in reader.entries(node, path):
            one = take(reader, value, _below(path, name))
            if one is not None:
                found[name] = Found(one, key.start_mark.line + 1, key.start_mark.column + 1)
        return found

    return taken
