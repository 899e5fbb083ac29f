"""What is said and expected on a connection, step by step, as blackbox_exporter has it: lines, and TLS in between."""

import re
from collections.abc import Callable
from typing import Any

from prober.core.reason import Reason
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed
from prober.wire.pattern import searched

MAX_BYTES = 1024 * 1024
"""More than this is heard of no peer."""

# $$, $1, $name, ${1} and ${name}, as in Go's regexp.Expand.
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_SHOWN = 60


class Script:
    """The steps, on one conversation."""

    def __init__(self, talk: Dialogue, doubts: Callable[[Failed | None], None]) -> None:
        self._talk = talk
        self._doubts = doubts
        self._match: Any = None

    async def expect(self, text: str) -> None:
        """Hears lines until one matches. Raises Failed if the peer ends before."""
        search = searched(text)
        self._doubts(Failed(Reason.EXPECT_MESSAGE, f"expected a line that matches {_told(text)}, found no such line"))
        self._match = None
        while self._match is None:
            self._match = search((await self._talk.line()).decode("utf-8", "replace"))
        self._doubts(None)

    def send(self, text: str) -> None:
        """Says a line, in which $1 or ${name} are what the latest expectation has found."""
        self._talk.say(expanded(text, self._match).encode() + b"\n")


def expanded(text: str, match: Any) -> str:
    """The text with what a match has found; what it has not found is empty."""

    def of(reference: re.Match[str]) -> str:
        name = reference[2] or reference[3]
        if reference[1]:
            return "$"
        try:
            found = match.group(int(name) if name.isdecimal() else name) if match is not None else b""
        except (IndexError, KeyError, ValueError):
            return ""
        return (found or b"").decode("utf-8", "replace")

    return _REFERENCE.sub(of, text)


def _told(text: str) -> str:
    return f'"{text if len(text) <= _SHOWN else text[:_SHOWN] + "..."}"'
