"""JSON as strangers send it, and what a path of RFC 9535 finds in it.

Paths cannot be made to take longer than the document is long, or nearly so: one "..", and none within a filter; "$" at
the beginning only; and not the functions match and search, whose expressions would need another engine.
"""

import functools
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery

LONGEST_PATH = 512
MOST_VALUES = 10_000
"""More values than this are not looked at."""

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def document(content: bytes) -> Any:
    """What the JSON says. ValueError with what is wrong: not UTF-8, not JSON (NaN is none), nested too deeply."""
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refused)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at character {error.pos}") from None


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


@functools.cache
def _environment() -> "JSONPathEnvironment":
    from jsonpath_rfc9535 import JSONPathEnvironment  # takes 400 ms to load: only for who has paths

    made = JSONPathEnvironment()
    for name in ("match", "search"):
        del made.function_extensions[name]
    return made


@functools.lru_cache(maxsize=512)
def query(path: str) -> "JSONPathQuery":
    """The path, ready to be used. ValueError with what is wrong with it."""
    from jsonpath_rfc9535 import JSONPathError

    bare = _QUOTED.sub("", path)
    _, filter_, within = bare.partition("?")
    if len(path) > LONGEST_PATH:
        raise ValueError(f"it is longer than {LONGEST_PATH} characters")
    if bare.count("..") > 1 or (filter_ and ".." in within):
        raise ValueError('it has more than one "..", or one within a filter')
    if "$" in bare[1:]:
        raise ValueError('it has a "$" that is not at its beginning')
    try:
        return _environment().compile(path)
    except JSONPathError as error:
        raise ValueError(str(error.args[0] if error.args else error)) from None


def values(path: str, whole: Any) -> Iterator[Any]:
    """What the path finds, one by one. ValueError if it finds too much, or the document is nested too deeply for it."""
    from jsonpath_rfc9535 import JSONPathError

    try:
        for count, node in enumerate(query(path).finditer(whole), 1):
            if count > MOST_VALUES:
                raise ValueError(f"the path finds more than {MOST_VALUES} values")
            yield node.value
    except (JSONPathError, RecursionError):
        raise ValueError("it is nested too deeply") from None
