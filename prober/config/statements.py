"""The file cut into statements: a header, or a key with its value, over as many lines as it has.

Each is short, so that it can be read by itself: for its positions, or to see whether it is TOML.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from spanned_toml import loads as spanned_loads

from prober.config.paths import Path

# What can only be the start of a statement, even after a bracket or a quote that nobody closed.
_START = r"[ \t]*(?:\[\[?[ \t]*(?!true|false|inf|nan)[A-Za-z_][^\]\n,]*\]|[\w.-]+[ \t]*=)"
_FRESH = re.compile(_START)
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    rf"|(?:\"\"\"|''').*?(?=\n{_START}|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n]"
    r"|[^\"'#\[\]{}\n]+"
    r"|.",
    re.DOTALL,
)
KEY = re.compile(r"\s*([A-Za-z0-9_-]+(?:[ \t]*\.[ \t]*[A-Za-z0-9_-]+)*)[ \t]*=[ \t]*([^\n]*)")


def statements(text: str) -> Iterator[str]:
    """The text cut where a statement ends; together again they are the text."""
    start = depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
        elif mark == "\n" and (depth <= 0 or _FRESH.match(text, token.end())):
            yield text[start : token.end()]
            start, depth = token.end(), 0
    yield text[start:]


def path_of(data: dict[str, Any]) -> Path:
    """The keys that lead into tables of one key each."""
    path: list[str] = []
    node: Any = data
    while isinstance(node, list | dict) and len(node) == 1:
        if isinstance(node, list):
            node = node[0]
        else:
            ((key, node),) = node.items()
            path.append(key)
    return tuple(path)


def key_of(piece: str) -> Path:
    """The bare key that a statement sets; empty if it sets none."""
    found = KEY.match(piece)
    return tuple(part.strip() for part in found[1].split(".")) if found else ()


def lines_of(pieces: Iterable[str]) -> dict[Path, int]:
    """The line of every key, and of every item of a list. Tables in a list ([[...]]) count as one."""
    lines: dict[Path, int] = {}
    table: Path = ()
    line = 1
    for piece in pieces:
        try:
            spans = spanned_loads(piece)
        except ValueError:
            spans = spanned_loads("")
        if piece.lstrip().startswith("["):
            table = path_of(spans.unspan())
            for end in range(1, len(table) + 1):
                lines.setdefault(table[:end], line)
        else:
            _note(lines, table, spans, piece, line)
        line += piece.count("\n")
    return lines


def _note(lines: dict[Path, int], path: Path, node: Any, piece: str, first: int) -> None:
    inner = node.inner()
    if isinstance(inner, dict):
        inside = [(key.inner(), key.span(), value) for key, value in inner.items()]
    elif isinstance(inner, list):
        inside = [(index, value.span(), value) for index, value in enumerate(inner)]
    else:
        return
    for part, span, value in inside:
        at = (*path, part)
        lines.setdefault(at, first + piece.count("\n", 0, span.start))
        _note(lines, at, value, piece, first)
