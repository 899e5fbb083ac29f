"""Where something stands in the configuration: the keys and indexes that lead to it.

Recovery gives a table that was declared twice a key of its own: the key as written, a mark, and the line. People never
see the mark.
"""

import re

Path = tuple[str | int, ...]

MARK = "\x01"
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def marked(key: str, line: int) -> str:
    """A key of its own for what is declared again as `key` on that line."""
    return f"{key}{MARK}{line}"


def plain(key: str) -> str:
    """The key as it was written."""
    return key.partition(MARK)[0]


def dotted(path: Path) -> str:
    """The path as people read it: checks.shop.expect_status[1]."""
    text = ""
    for part in path:
        if isinstance(part, str) and part.startswith(MARK):
            continue  # a table whose name could not be read
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = plain(part)
            text += ("." if text else "") + (key if _BARE.fullmatch(key) else quoted(key))
    return text


def quoted(text: str) -> str:
    """The text in quotes on one line, with what could disturb a terminal escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in escaped) + '"'
