"""What is read of a body: counted, and, if anything is asked of it, decoded and searched as it comes.

It is kept only for who asks for the whole of it, and no longer than the probe lasts.
"""

import hashlib

from prober.core.reason import Reason
from prober.wire.decode import decoder
from prober.wire.failure import Failed


class Body:
    """One response's body.

    text: what is looked for, banned: what must not be in it, b"" = nothing. keep: whether it is kept as a whole.
    hashed: whether its hash is wanted; then reading does not stop once all else is known, but at the limit.
    limit: bytes, on the wire and decoded. If nothing is asked of the body, reading stops at the limit, and that is
    fine; else a body that goes on behind the limit is a failure: it cannot be judged.
    """

    __slots__ = (
        "_banned", "_decoder", "_hash", "_is_known", "_is_read", "_keep", "_limit", "_pieces", "_tail", "_text",
        "digest", "found", "found_banned", "length", "wire_length",
    )  # fmt: skip

    def __init__(
        self,
        text: bytes,
        limit: int,
        content_encoding: bytes,
        *,
        banned: bytes = b"",
        keep: bool = False,
        hashed: bool = False,
    ) -> None:
        self._text = text
        self._banned = banned
        self._keep = keep
        self._limit = limit
        self._is_read = bool(text or banned or keep)
        self._decoder = decoder(content_encoding) if self._is_read else None
        self._hash = hashlib.sha256() if hashed else None
        self._is_known = False
        self._tail = b""
        self._pieces: list[bytes] = []
        self.found = self.found_banned = False
        self.length = 0
        """Bytes seen, decoded where it was decoded."""
        self.wire_length = 0
        """Bytes seen, as they came."""
        self.digest = ""
        """SHA-256 of the body as it came, in hexadecimal, once all of it has."""

    @property
    def content(self) -> bytes:
        """What was kept."""
        return b"".join(self._pieces)

    def take(self, data: bytes) -> bool:
        """One more piece; True when nothing more need be read. Raises Failed."""
        self.wire_length += len(data)
        if self._hash is not None:
            self._hash.update(data)
        if self._is_known:
            return self.wire_length > self._limit
        if not self._is_read:
            self.length = self.wire_length
            return self.length >= self._limit if self._hash is None else self.length > self._limit
        room = self._limit - self.length
        pieces = (data,) if self._decoder is None else self._decoder.feed(data, room)
        if any(map(self._read, pieces)):
            self._is_known = True
            return self._hash is None or self.wire_length > self._limit
        # A coding may make many bytes of the wire into none: they are bounded by the same limit.
        if max(self.length, self.wire_length) > self._limit:
            raise Failed(Reason.HTTP_TOO_LARGE, "the body is larger than body_limit")
        return False

    def end(self) -> None:
        """The body is complete. Raises Failed if its coding is not."""
        if self._decoder is not None and self.wire_length and not self._is_known:
            self._decoder.end()
        if self._hash is not None and self.wire_length <= self._limit:
            self.digest = self._hash.hexdigest()

    def _read(self, data: bytes) -> bool:
        """One more piece of what is decoded; whether all is known that was asked."""
        room = self._limit - self.length
        self.length += len(data)
        return self._look(data[:room])

    def _look(self, data: bytes) -> bool:
        """Whether all is known that was asked."""
        window = self._tail + data
        self.found = self.found or (bool(self._text) and self._text in window)
        self.found_banned = self.found_banned or (bool(self._banned) and self._banned in window)
        # A text may begin in this piece and end in the next.
        rest = max(len(self._text), len(self._banned)) - 1
        self._tail = window[-rest:] if rest > 0 else b""
        if self._keep:
            self._pieces.append(data)
        return self.found_banned or (self.found and not self._banned and not self._keep)
