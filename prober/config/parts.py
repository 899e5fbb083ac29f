"""A configuration in several files: what `include` of [prober] names is read as if it stood in the main file.

1. Files are taken in the order of the patterns, and those of one pattern in the order of their names.
2. A table stands in one file only. [prober], [history] and [backup] stand in the main file, which alone includes.
3. Relative paths in a part begin where the main file is, as everywhere in it.
4. A mistake is told with the file and the line where it stands.
"""

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

from prober.config.document import Document, read
from prober.config.models import SINGLE
from prober.config.paths import Path, dotted, plain, quoted
from prober.errors import ConfigError

_NEEDED = 'a file, or a pattern such as "conf.d/*.toml"'
_MAGIC = frozenset("*?[")


def with_parts(main: Document) -> Document:
    """The document with all that it includes; mistakes of putting them together are noted in it."""
    for number, pattern in enumerate(_patterns(main)):
        files = _files(main.folder, pattern)
        if not files and not _MAGIC & set(pattern):
            main.note(main, ("prober", "include", number), _NEEDED, f"{quoted(pattern)}, which is none")
        for file in files:
            _take(main, file)
    return main


def _patterns(main: Document) -> list[str]:
    found = main.at(("prober", "include"))
    return [p for p in found if isinstance(p, str) and p] if isinstance(found, list) else []


def _files(folder: File, pattern: str) -> list[File]:
    path = folder / pattern
    try:
        found = File(path.anchor).glob(str(path.relative_to(path.anchor))) if path.anchor else folder.glob(pattern)
        return sorted(file for file in found if file.is_file())
    except (ValueError, NotImplementedError, OSError):
        return []


def _take(main: Document, file: File) -> None:
    try:
        part = read(file, main.folder, may_be_empty=True)
    except ConfigError as error:
        main.unread += error.mistakes
        return
    main.parts.append(part)
    main.spoiled = {*main.spoiled, *part.spoiled}
    main.is_whole = main.is_whole and part.is_whole
    for path, value in _tables(part.data):
        if (section := plain(str(path[0]))) in SINGLE:
            main.note(part, path, f"[{section}] in {main.name} only", "it here")
        elif main.at(path) is not None:
            other = main.home(path)
            at = f"{other.name}:{other.line(path)}"
            main.note(part, path, "an id that is declared once", f"{dotted(path)} in {at} too")
        elif isinstance(main.at(path[:-1]), dict | None):
            main.put(part, path, value)


def _tables(data: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What a part declares: tables by section and id."""
    for key, value in data.items():
        if isinstance(value, dict) and plain(key) not in SINGLE:
            yield from (((key, id_), table) for id_, table in value.items())
        else:
            yield (key,), value
