"""References: values that stand elsewhere, in the environment or in files, and are put in after parsing.

"${NAME}" anywhere inside a text is a variable of the environment ("$${" is a "${" that is meant as such);
{file = "path"} and {credential = "name"} in the place of a text are what a file says, without the line ends at its end.
What came by reference is never shown: wherever a value is shown, the reference is shown as it was written.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path as File
from typing import Any
from urllib.parse import quote, quote_plus

from prober.config.models import SINGLE
from prober.config.paths import Path, quoted
from prober.config.report import Report

MAX_BYTES = 64 * 1024
# A shorter secret would blacken half of what is written.
SHORTEST_SECRET = 4

_IN_TEXT = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<broken>\$\{)")
_IN_TABLE = ("file", "credential")


class Masks:
    """Replaces values that must not be shown, in every form in which a URL, a name or JSON may carry them."""

    def __init__(self, masks: Mapping[str, str]) -> None:
        self._masks = {form: mask for value, mask in masks.items() for form in _forms(value)}
        longest_first = sorted(self._masks, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def over(self, text: str, mask: str | None = None) -> str:
        """The text with each such value replaced: by `mask`, or by what stands in the configuration."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: mask or self._masks[found.group()], text)


def _forms(value: str) -> Iterable[str]:
    forms = {value, value.lower(), quote(value), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
    return forms | {value.strip()} if len(value.strip()) >= SHORTEST_SECRET else forms


class References:
    """Resolves references, and remembers what they stood for.

    texts: each value that came by reference, with the reference as it was written.
    """

    def __init__(self, folder: File, env: Mapping[str, str], report: Report) -> None:
        self.texts: dict[str, str] = {}
        self._folder = folder
        self._env = env
        self._report = report

    def resolved(self, value: Any, path: Path = ()) -> Any:
        """The value with all references in it resolved; what can't be is reported and stays as it is."""
        if isinstance(value, str):
            return self._text(value, path) if "${" in value else value
        if isinstance(value, list):
            return [self.resolved(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if _is_reference(value, path):
            ((key, name),) = value.items()
            return self._content(key, name, path)
        return {key: self.resolved(item, (*path, key)) for key, item in value.items()}

    def _remember(self, value: str, text: str, path: Path) -> str:
        self._report.hide(path)
        if len(value) >= SHORTEST_SECRET:
            self.texts.setdefault(value, text)
        return value

    def _text(self, text: str, path: Path) -> str:
        def put(found: re.Match[str]) -> str:
            if found["escaped"]:
                return found["escaped"]
            name = found["name"]
            if name is None:
                self._report.add(path, 'a reference such as "${NAME}", or "$${" for the two characters', '"${"')
            elif name in self._env:
                return self._remember(self._env[name], found.group(), path)
            else:
                self._report.add(path, f"the environment variable {name}", "none of that name")
            return found.group()

        return _IN_TEXT.sub(put, text)

    def _content(self, key: str, name: str, path: Path) -> str:
        reference = f"{{{key} = {quoted(name)}}}"
        file = self._folder / name if key == "file" else self._credential(name, path)
        if file is None:
            return reference
        try:
            with file.open("rb") as opened:
                raw = opened.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
            return self._remember(raw.decode().rstrip("\r\n"), reference, path)
        except UnicodeDecodeError:
            found = "something else"
        except OSError as error:
            found = os.strerror(error.errno).lower() if error.errno else "none"
        except ValueError as error:
            found = str(error)
        self._report.add(path, f"a readable file with UTF-8 text at {quoted(str(file))}", found)
        return reference

    def _credential(self, name: str, path: Path) -> File | None:
        folder = self._env.get("CREDENTIALS_DIRECTORY")
        if not folder:
            self._report.add(path, "a credential from systemd ($CREDENTIALS_DIRECTORY)", "no such directory set")
        elif not name or "/" in name or name in (".", ".."):
            self._report.add(path, "the name of a credential", quoted(name))
        else:
            return File(folder, name)
        return None


def _is_reference(value: dict[str, Any], path: Path) -> bool:
    """Whether a table stands for a text: not one that the file's own structure asks for, such as [groups.file]."""
    if len(value) != 1 or len(path) < (2 if path and path[0] in SINGLE else 3):
        return False
    ((key, name),) = value.items()
    return key in _IN_TABLE and isinstance(name, str)
