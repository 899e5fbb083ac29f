"""What is read of a body: counted, and, if a text is looked for, decoded and searched as it comes. Never kept."""

from prober.core.reason import Reason
from prober.wire.decode import decoder
from prober.wire.failure import Failed


class Body:
    """One response's body.

    text: what is looked for, b"" = nothing. limit: bytes, on the wire and decoded. Without a text, reading stops at
    the limit, and that is fine; with one, a body that goes on behind the limit is a failure: it cannot be judged.
    """

    __slots__ = ("_decoder", "_limit", "_tail", "_text", "found", "length", "wire_length")

    def __init__(self, text: bytes, limit: int, content_encoding: bytes) -> None:
        self._text = text
        self._limit = limit
        self._decoder = decoder(content_encoding) if text else None
        self._tail = b""
        self.found = False
        self.length = 0
        """Bytes seen, decoded where it was decoded."""
        self.wire_length = 0
        """Bytes seen, as they came."""

    def take(self, data: bytes) -> bool:
        """One more piece; True when nothing more need be read. Raises Failed."""
        self.wire_length += len(data)
        if not self._text:
            self.length = self.wire_length
            return self.length >= self._limit
        room = self._limit - self.length
        if self._decoder is not None:
            data = self._decoder.feed(data, room)
        self.length += len(data)
        self.found = self._is_in(data[:room])
        # A coding may make many bytes of the wire into none: they are bounded by the same limit.
        if not self.found and max(self.length, self.wire_length) > self._limit:
            raise Failed(Reason.HTTP_TOO_LARGE, "the body is larger than body_limit")
        return self.found

    def end(self) -> None:
        """The body is complete. Raises Failed if its coding is not."""
        if self._decoder is not None and self.wire_length:
            self._decoder.end()

    def _is_in(self, data: bytes) -> bool:
        window = self._tail + data
        # The text may begin in this piece and end in the next.
        self._tail = window[-(len(self._text) - 1) :] if len(self._text) > 1 else b""
        return self._text in window
