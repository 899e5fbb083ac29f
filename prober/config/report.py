"""All the mistakes of one file, each as `file:line: path: expected ..., found ...`, in the order of the lines."""

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, NamedTuple

from prober.config.document import Document
from prober.config.paths import Path, dotted, plain, quoted
from prober.config.recovery import Syntax

LONGEST_FOUND = 60
LONGEST_LIST = 25
# Beyond these, looking for near misses takes longer than reading the mistakes.
_MOST_HINTS = 500
_MOST_CANDIDATES = 1_000

# User name and password of a URL.
_USERINFO = re.compile(r"(?<=://)\S*@")


class Mistake(NamedTuple):
    """One mistake, in words."""

    path: Path
    expected: str
    found: str
    hint: str = ""


class Report:
    """Collects mistakes. The first one told of a place stands; what follows from it is not told."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._mistakes: dict[Path, Mistake] = {}
        self._referenced: set[Path] = set()
        self._holding: set[Path] = set()  # what has a referenced value in it
        self._hints = 0

    def __bool__(self) -> bool:
        return bool(self._mistakes) or not self._document.is_sound

    def hide(self, path: Path) -> None:
        """The value there came by reference: it is never shown, nor is what a kind says of it."""
        self._referenced.add(path)
        self._holding.update(path[:end] for end in range(len(path) + 1))

    def is_hidden(self, path: Path) -> bool:
        """Whether the value there, or a part of it, came by reference."""
        return path in self._holding or any(path[:end] in self._referenced for end in range(len(path)))

    def text(self, path: Path, text: str) -> str:
        """The text, which tells of the value there; if that came by reference, the reference."""
        return shown(self._document.at(path)) if self.is_hidden(path) else text

    def is_written(self, path: Path) -> bool:
        """Whether the file says something there."""
        return self._document.at(path) is not None

    def is_spoiled(self, table: Path) -> bool:
        """Whether something of that table was left out, so that what is missing may be there."""
        return table in self._document.spoiled

    def add(self, path: Path, expected: str, found: str | None = None, *, hint: str = "") -> None:
        """A mistake at `path`. found None: the value is shown as it was written."""
        if found is None:
            found = shown(self._document.at(path))
        self._mistakes.setdefault(path, Mistake(path, expected, found, hint))

    def unknown(self, path: Path, what: str, word: object, known: Collection[str]) -> None:
        """A mistake at `path`: a word that is none of the known ones. what: "the keys", if that needs saying."""
        near = self.near(word, known) if isinstance(word, str) else None
        listed = ", ".join(known) if len(known) <= LONGEST_LIST and not (what and near) else ""
        expected = " ".join(["one of", *filter(None, (what, listed))])
        found = cut(quoted(plain(word))) if isinstance(word, str) else shown(word)
        self.add(path, expected, self.text(path, found), hint=did_you_mean(None if self.is_hidden(path) else near))

    def near(self, word: str, known: Collection[str]) -> str | None:
        """The known word that was probably meant."""
        self._hints += 1
        if self._hints > _MOST_HINTS:
            return None
        word = plain(word)
        alike = [k for k in known if abs(len(k) - len(word)) <= 3][:_MOST_CANDIDATES]
        return next(iter(get_close_matches(word, alike, n=1, cutoff=0.6)), None)

    def lines(self, mask: Callable[[str], str], hidden_keys: Collection[str]) -> list[str]:
        """Every mistake as a line of text. mask: takes secrets out; hidden_keys: keys whose values may be secrets."""
        main = self._document
        files = [main, *main.parts]
        told = [
            (file, s.line, s.path, f"expected {s.expected}, found {_bare(s, hidden_keys)}")
            for file in files
            for s in file.syntax
        ]
        told += [
            (c.document, c.document.line(c.path), c.path, f"expected {c.expected}, found {c.found}")
            for c in main.clashes
        ]
        for m in self._mistakes.values():
            home = main.home(m.path)
            told.append(
                (home, home.line(m.path), m.path, f"expected {mask(m.expected)}, found {mask(m.found)}{m.hint}")
            )
        lines = sorted((files.index(file), line, dotted(path), text) for file, line, path, text in told)
        places = ((f"{files[rank].name}:{line}", path, text) for rank, line, path, text in lines)
        return [*(": ".join(filter(None, place)) for place in places), *main.unread]


def did_you_mean(near: str | None) -> str:
    """The end of a sentence about a word that is probably misspelt."""
    return f', did you mean "{near}"?' if near else ""


def _bare(syntax: Syntax, hidden_keys: Collection[str]) -> str:
    """What stands without quotes where a value should be; nothing of it if it may be a secret."""
    if not syntax.raw:
        return syntax.found
    if any(part in hidden_keys for part in syntax.path):
        return "a text without quotes"
    raw = _USERINFO.sub("***@", syntax.raw)
    return cut("".join(c if c.isprintable() else "?" for c in raw))


def cut(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= LONGEST_FOUND else text[: LONGEST_FOUND - 3] + "..."


def shown(value: Any) -> str:
    """A value in the manner of TOML, on one line, cut where it gets long."""
    return cut(_toml(value))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(_USERINFO.sub("***@", value[:4096])[: LONGEST_FOUND + 1])
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value[:LONGEST_FOUND]) + "]"
    if isinstance(value, dict):
        pairs = list(value.items())[:LONGEST_FOUND]
        return "{" + ", ".join(f"{plain(key)} = {_toml(item)}" for key, item in pairs) + "}"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of many digits"  # Python refuses to write very large ones
    return "none" if value is None else str(value)


def kind_of(value: Any) -> str:
    """What sort of value it is, where the value itself must not be shown."""
    if isinstance(value, bool):
        return "true or false"
    for types, words in _SORTS:
        if isinstance(value, types):
            return words
    return "none"


_SORTS: tuple[tuple[Any, str], ...] = (
    (str, "a text that is not shown here"),
    (int | float, "a number"),
    (list, "a list"),
    (dict, "a table"),
    (datetime | date | time, "a date or time"),
)
