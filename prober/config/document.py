"""The file as text, as tables, and as lines: which line a key stands on.

tomllib reads the file. Only where there is a mistake to report is it read again, slower, with positions; and if it is
not TOML, as much of it as can be mended, so that one missing quote does not hide the other mistakes.
"""

import os
import tomllib
from collections.abc import Collection
from pathlib import Path as File
from typing import Any, NamedTuple

from prober.config.paths import Path
from prober.config.recovery import Syntax, mended
from prober.config.statements import lines_of, statements
from prober.errors import ConfigError

# Ten thousand checks with all their keys are about 3 MiB.
MAX_BYTES = 8 * 1024 * 1024
_NEEDED = "a TOML file with at least one table"


class Clash(NamedTuple):
    """A table that can't stand where it stands, beside what stands elsewhere."""

    document: "Document"
    path: Path
    expected: str
    found: str


class Document:
    """One configuration file.

    data: its tables; empty if it could not be mended. syntax: what is not TOML in it.
    spoiled: tables of which something was left out to mend the file. is_whole: nothing was given up.
    parts: what it includes. clashes: what of that does not fit together. unread: which of it can't be read, and why.
    """

    def __init__(self, name: str, folder: File, text: str) -> None:
        self.name = name
        self.folder = folder
        self.syntax: list[Syntax] = []
        self.spoiled: Collection[Path] = ()
        self.is_whole = True
        self._text = text
        self._lines: dict[Path, int] | None = None
        self.data: dict[str, Any] = {}
        self.parts: list[Document] = []
        self.clashes: list[Clash] = []
        self.unread: list[str] = []
        self._owners: dict[Path, Document] = {}
        try:
            self.data = tomllib.loads(text)
        except (ValueError, RecursionError):  # RecursionError: thousands of brackets
            self._mend()

    def _mend(self) -> None:
        repair = mended(self._text)
        self.syntax, self.spoiled, self.is_whole = (repair.mistakes, repair.spoiled, repair.is_whole)
        self._text = repair.text
        if repair.is_whole:
            self.data = tomllib.loads(repair.text)

    def at(self, path: Path) -> Any:
        """The value there as it was written; None if there is none."""
        value: Any = self.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def note(self, document: "Document", path: Path, expected: str, found: str) -> None:
        """Something there does not fit to the rest."""
        self.clashes.append(Clash(document, path, expected, found))

    def put(self, part: "Document", path: Path, value: Any) -> None:
        """Take a table of a part in, as if it stood here. path: its section and id, or a key alone."""
        *above, last = path
        self._owners[path] = part
        table = self.data
        for key in above:
            if key not in table:
                self._owners[(key,)] = part
            table = table.setdefault(str(key), {})
        table[str(last)] = value

    def home(self, path: Path) -> "Document":
        """The file that the path leads into, of all that belong together."""
        return next((owner for end in (2, 1) if (owner := self._owners.get(path[:end]))), self)

    @property
    def is_sound(self) -> bool:
        """Whether every file can be read, is TOML, and fits to the others."""
        return not (self.clashes or self.unread or any(one.syntax for one in (self, *self.parts)))

    def line(self, path: Path) -> int:
        """The line of the key that the path ends in; if there is no such key, of the table it is missing from."""
        if self._lines is None:
            self._lines = lines_of(statements(self._text))
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def read(path: File, folder: File | None = None, *, may_be_empty: bool = False) -> Document:
    """The document in the file; folder: see load. Raises ConfigError with one sentence if there is none."""
    text = _decoded(path, read_bytes(path))
    document = Document(str(path), folder or path.parent, text)
    if not document.data and not document.syntax and not may_be_empty:
        raise ConfigError([f"{path}: expected {_NEEDED}, found an empty file"])
    return document


def read_bytes(path: File, expected: str = _NEEDED) -> bytes:
    """All of a file of bounded size. Raises ConfigError; expected: what it should be, in words."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{path}: expected {expected}, found: {_trouble(error)}"]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([f"{path}: expected at most {MAX_BYTES} bytes, found more"])
    return raw


def _trouble(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "it cannot be read"


def _decoded(path: File, raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise ConfigError([f"{path}:1: expected plain UTF-8, found a byte order mark (save it without BOM)"])
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x}"
        raise ConfigError([f"{path}:{line}: expected UTF-8, found {found}"]) from error
    return text.replace("\r\n", "\n")
