"""Regular expressions of people, tried on what strangers send: by RE2, in time that grows with the text only."""

import functools
from collections.abc import Callable
from typing import Any


@functools.lru_cache(maxsize=512)
def searched(text: str) -> Callable[[str], Any]:
    """What finds the expression anywhere in a text: a match with its groups, or None. ValueError with what is wrong."""
    import re2  # type: ignore[import-untyped]  # takes 60 ms to load: only for who has expressions

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(text, options)
    except re2.error as error:
        why = error.args[0] if error.args else "it is too large"
        raise ValueError(why.decode(errors="replace") if isinstance(why, bytes) else str(why)) from None
    return lambda found: compiled.search(found.encode("utf-8", "replace"))


def pattern(text: str) -> Callable[[str], bool]:
    """Whether the expression is found anywhere in a text. ValueError with what is wrong with it."""
    search = searched(text)
    return lambda found: search(found) is not None
