"""What more there is to show of an answer that is another than the one before: addresses, certificates, headers, body.

It is made only then, so that a check whose answers stay the same pays nothing for it. Nothing of the configuration that
may be a secret is in it, in none of the ways in which a body may repeat it.
"""

import hashlib
import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote

from prober.core.model import Outcome
from prober.core.reason import Reason
from prober.wire.decode import decoder
from prober.wire.failure import Failed

SHOWN = 256
"""Characters of a body, and of each header, that are kept at most."""
_SHORTEST = 3  # characters of a secret: what is shorter is in every text
_HIDDEN = "***"
_ROOM = 64 * 1024  # bytes that the first bytes of a body may be undone to
_SEARCHED = 4096  # characters of a text in which secrets are searched; more than this is never shown, nor is it kept


class Answer(NamedTuple):
    """What has come: headers by their names in lower case, and the first bytes of the body as they came."""

    headers: Mapping[bytes, bytes]
    start: bytes


class Witness:
    """Knows one check's answer before. secrets: gives what must not be shown."""

    __slots__ = ("_last", "_secrets")

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets
        self._last: tuple[Outcome, Reason | None] = (Outcome.UP, None)

    def is_news(self, outcome: Outcome, reason: Reason | None) -> bool:
        """Whether this answer is another than the one before; the one before the first was good."""
        if self._last == (outcome, reason):
            return False
        self._last = (outcome, reason)
        return True

    def capsule(
        self, addresses: Sequence[str], chain: Sequence[bytes], answer: Answer | None, more: Iterable[str] = ()
    ) -> dict[str, object]:
        """What is kept: addresses, chain_sha256, headers, body, as far as there is any. more: more secrets.

        chain: the certificates that the peer has shown, DER.
        """
        found: dict[str, object] = {}
        if addresses:
            found["addresses"] = list(dict.fromkeys(addresses))[:16]
        if chain:
            found["chain_sha256"] = hashlib.sha256(b"".join(chain)).hexdigest()
        if answer is None:
            return found
        secrets = written([*self._secrets(), *more])
        if answer.headers:
            found["headers"] = {
                name.decode("latin-1"): hidden(value.decode("latin-1"), secrets)
                for name, value in sorted(answer.headers.items())
            }
        if answer.start:
            found["body"] = hidden(_text(answer), secrets)
        return found


def written(secrets: Iterable[str]) -> list[str]:
    """The secrets in all ways in which an answer may repeat them, longest first, as far as one can be searched for.

    A request's body is one, and may be of megabytes.
    """
    found = set()
    for whole in secrets:
        secret = whole[:_SEARCHED]
        if len(secret) >= _SHORTEST:
            found |= {secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1]}
    return sorted(found, key=lambda secret: (-len(secret), secret))


def hidden(text: str, secrets: Sequence[str]) -> str:
    """One line of the text without the secrets, nor the beginning of one at its end."""
    text = text[:_SEARCHED]
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    for secret in secrets:
        for length in range(min(len(secret) - 1, len(text)), 0, -1):
            if text.endswith(secret[:length]):
                text = text[:-length]
                break
    line = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(line.split())[:SHOWN]


def _text(answer: Answer) -> str:
    start = answer.start
    with suppress(Failed):
        undo = decoder(answer.headers.get(b"content-encoding", b""))
        start = start if undo is None else b"".join(undo.feed(start, _ROOM))
    return start.decode("utf-8", "replace")
