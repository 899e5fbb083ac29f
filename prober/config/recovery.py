"""What can be saved of a file that is not TOML, so that all its mistakes are told at once.

1. The file is cut into statements: a header, or a key with its value, over as many lines as it has.
2. A statement that is not TOML by itself is left out; a header is mended if its name can be read.
3. A table that is declared twice goes on under a key of its own; a key that is set twice is left out.
4. What still does not fit together is left out statement by statement, a bounded number of times.

Lines never move: what is left out is replaced by its own line ends.
"""

import json
import re
import tomllib
from typing import Any, NamedTuple

from prober.config.paths import Path, dotted, marked
from prober.config.statements import KEY, key_of, path_of, statements

MAX_ROUNDS = 50
# A round reads the whole file again: a large file gets fewer of them.
_MAX_READ = 5_000_000

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_END = "the end of the line"
_VALUE = 'a value such as "text", 5, true or ["a", "b"]'
_EXPECTED = {
    "Invalid value": _VALUE,
    "Expected newline or end of document after a statement": "nothing more on this line",
    "Unterminated string": "a closing quote",
    "Illegal character": "a closing quote on the same line",
    "Expected \"'": "a closing quote",
    "Expected '=' after a key in a key/value pair": 'a "=" after the key',
    "Unclosed array": 'a "," or the closing "]" of the list',
    "Unclosed inline table": 'a "," or the closing "}" of the table',
    "Expected ']' at the end of a table declaration": 'a "]" after the name of the table',
    "Expected ']]' at the end of an array declaration": 'a "]]" after the name of the table',
    "Invalid initial character for a key part": "a key",
    "Invalid statement": "a key or a [table]",
    "Unescaped '\\' in a string": "a doubled backslash, or single quotes around the text",
    "Invalid hex value": "hexadecimal digits after \\u",
    "Escaped character is not a Unicode scalar value": "a character of Unicode after \\u",
    "Invalid date or datetime": "a date that exists",
    "Duplicate inline table key": "each key once in a table",
}
_NEVER_CLOSED = ("Unterminated string", "Expected \"'", "Unclosed array")


class Syntax(NamedTuple):
    """Something that is not TOML. raw: the value it found without quotes, "" if there is none."""

    line: int
    path: Path
    expected: str
    found: str
    raw: str = ""


class Mended(NamedTuple):
    """TOML that says what could be saved, and what it cost. Not is_whole: it could not be mended."""

    text: str
    mistakes: list[Syntax]
    spoiled: set[Path]
    is_whole: bool


def mended(text: str) -> Mended:
    """The file without what is not TOML."""
    mender = _Mender(text)
    is_whole = mender.settle()
    return Mended("".join(mender.pieces), mender.mistakes, mender.spoiled, is_whole)


def _blank(piece: str) -> str:
    return "\n" * piece.count("\n")


class _Mender:
    """Goes through the statements in order, and knows which table they stand in."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[Syntax] = []
        self.spoiled: set[Path] = set()
        self.pieces: list[str] = []
        self.starts: list[int] = []  # the line that each piece starts on
        self._table: Path = ()
        self._tables: list[Path] = []  # the table that each piece stands in
        self._scope: Path = ()  # the table, and for tables in a list: which of them
        self._seen: dict[Path, int] = {}
        line = 1
        for piece in statements(text):
            self.starts.append(line)
            self.pieces.append(self._mended(piece, line) if piece.strip() else piece)
            self._tables.append(self._table)
            line += piece.count("\n")

    def _mended(self, piece: str, line: int) -> str:
        try:
            data = tomllib.loads(piece)
        except (ValueError, RecursionError) as error:
            return self._broken(piece, line, error)
        if piece.lstrip().startswith("["):
            return self._header(piece, line, data)
        return self._key(piece, line)

    def _broken(self, piece: str, line: int, error: Exception) -> str:
        name = _HEADER.match(piece)
        is_header = piece.lstrip().startswith("[")
        path = tuple(part.strip() for part in name[1].split(".")) if name else ()
        if not is_header:
            path = self._table + key_of(piece)
        self.mistakes.append(_told(piece, line, path, error))
        if not is_header:
            self.spoiled.add(self._table)
            return _blank(piece)
        # Without a name the keys below belong to a table that nobody will ask for.
        path = path or (marked("", line),)
        self.spoiled.add(path)
        return self._header(f"[{_toml(path)}]{_blank(piece)}", line, None)

    def _header(self, piece: str, line: int, data: dict[str, Any] | None) -> str:
        path = path_of(tomllib.loads(piece) if data is None else data)
        is_list = piece.lstrip().startswith("[[")
        first = self._seen.setdefault(path, line)
        self._table = path
        self._scope = (*path, line) if is_list else path
        if is_list or first == line:
            return piece
        again = (*path[:-1], marked(str(path[-1]), line))
        found = f"[{dotted(path)}] again, first on line {first}"
        self.mistakes.append(Syntax(line, path, "each table once", found))
        self.spoiled |= {path, again}
        self._table = self._scope = again
        return f"[{_toml(again)}]{_blank(piece)}"

    def _key(self, piece: str, line: int) -> str:
        key = key_of(piece)
        if not key:
            return piece  # a comment, or a key in quotes: if it is there twice, settle() finds it
        at = (*self._scope, *key)
        first = self._seen.setdefault(at, line)
        if first == line:
            return piece
        found = f'"{dotted(key)}" again, first on line {first}'
        self.mistakes.append(Syntax(line, self._table + key, "each key once in a table", found))
        return _blank(piece)

    def settle(self) -> bool:
        """Leave out what does not fit together, until it is TOML; False if that takes too long."""
        size = sum(map(len, self.pieces))
        for _ in range(max(2, min(MAX_ROUNDS, _MAX_READ // (size + 1)))):
            try:
                tomllib.loads("".join(self.pieces))
            except (ValueError, RecursionError) as error:
                self._leave_out(error)
            else:
                return True
        return False

    def _leave_out(self, error: Exception) -> None:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else self.starts[-1]
        index = max(i for i, start in enumerate(self.starts) if start <= line)
        piece = self.pieces[index]
        is_header = piece.lstrip().startswith("[")
        table, name = self._tables[index], piece.partition("=")[0].strip().strip("\"'")
        path = table if is_header else table + (key_of(piece) or (name,))
        found = f"{dotted(path)} again"
        self.mistakes.append(Syntax(self.starts[index], path, "a name that is not taken", found))
        self.spoiled.add(table)
        self.pieces[index] = f"[{_toml((marked('', line),))}]{_blank(piece)}" if is_header else _blank(piece)


def _toml(path: Path) -> str:
    return ".".join(json.dumps(part, ensure_ascii=False) for part in path)


def _told(piece: str, line: int, path: Path, error: Exception) -> Syntax:
    """The parser's complaint about one statement, in the house's words and with the line in the file."""
    if isinstance(error, RecursionError):
        return Syntax(line, path, "lists and tables in a few levels", "hundreds")
    message = str(error)
    place = _PLACE.search(message)
    row = int(place[1]) if place and place[1] else piece.rstrip("\n").count("\n") + 1
    what = _PLACE.sub("", message)
    expected = next((words for start, words in _EXPECTED.items() if what.startswith(start)), "TOML")
    raw = _bare(piece)
    if raw:
        return Syntax(line, path, _VALUE, "", raw)
    # What is never closed is a mistake where it starts, not where the file ends.
    is_open = what.startswith(_NEVER_CLOSED)
    found = "a single one" if what.startswith("Unescaped") else _at(piece, place)
    return Syntax(line if is_open else line + row - 1, path, expected, found)


def _bare(piece: str) -> str:
    """What stands after the "=" if it is a text that lacks its quotes."""
    found = KEY.match(piece)
    raw = found[2].partition(" #")[0].strip() if found else ""
    return raw if raw and raw[0] not in "\"'[{#" else ""


def _at(piece: str, place: re.Match[str] | None) -> str:
    if place is None or place[1] is None:
        return _END if place else "something else"
    line = piece.split("\n")[int(place[1]) - 1]
    column = int(place[2]) - 1
    if not line[column:].strip():
        return _END
    return f"{line[column]!r} at column {column + 1}"
