"""What the originals' documents print, and the table in docs/api.md of what is answered otherwise here."""

import re
from pathlib import Path
from typing import Any

API = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
ROW = re.compile(r"^\| `([A-Z]+ /[^`]*)` \| `([^`]+)` \| (added|always `[^`]+`|another) \|", re.MULTILINE)


def chosen(request: str) -> dict[str, str]:
    """By key: what the docs say is otherwise in the answer to a request."""
    return {key: what for asked, key, what in ROW.findall(API) if asked == request}


def shape(said: Any, path: str = "") -> dict[str, set[str]]:
    """By key, what it holds: types, "null" or "[]"; of a list, all items in one."""
    found: dict[str, set[str]] = {}
    if isinstance(said, dict):
        parts = [shape(value, f"{path}.{key}" if path else key) for key, value in said.items()]
    elif isinstance(said, list):
        parts = [shape(one, f"{path}[]") for one in said]
    else:
        parts = []
    kind = "null" if said is None else "[]" if said == [] else type(said).__name__
    for part in (*parts, {path: {kind}}):
        for key, kinds in part.items():
            found.setdefault(key, set()).update(kinds)
    return found


def differences(ours: Any, printed: Any) -> dict[str, str]:
    """By key: added, missing, or of another type. What is null or empty on one side says nothing of its parts."""
    here, there = shape(ours), shape(printed)
    found = dict.fromkeys(_missing(here, there), "added") | dict.fromkeys(_missing(there, here), "missing")
    for key in here.keys() & there.keys():
        if here[key] == {"[]"} and not there[key] & {*_NOTHING, "list"}:
            found[key] = "always `[]`"
        elif here[key] - _NOTHING and there[key] - _NOTHING and not here[key] & there[key]:
            found[key] = "another"
    return found


_NOTHING = {"null", "[]"}


def _missing(some: dict[str, set[str]], others: dict[str, set[str]]) -> set[str]:
    """The keys that others have not, though they say what is above them; not what is within them."""
    silent = [key for key, kinds in others.items() if kinds <= _NOTHING]
    found = {key for key in some if key not in others and not any(_is_in(key, one) for one in silent)}
    return {key for key in found if not any(_is_in(key, other) for other in found)}


def _is_in(key: str, whole: str) -> bool:
    return key.startswith((f"{whole}.", f"{whole}[]"))
