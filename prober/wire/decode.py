"""Content codings that are undone while a body is searched. Adding one is a row of CODINGS."""

import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

from prober.core.reason import Reason
from prober.wire.failure import Failed


class Decoder(Protocol):
    """Undoes a coding piece by piece."""

    def feed(self, data: bytes, room: int) -> bytes:
        """What the piece decodes to. Raises Failed if it is broken, or would decode to more than `room` bytes."""
        ...

    def end(self) -> None:
        """The body is over. Raises Failed if the coding is not."""
        ...


class Inflate:
    """gzip and deflate. For deflate both the zlib wrapping of RFC 9110 and the bare stream of old servers are taken."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        """One stream only: what follows its end is refused, so that small input cannot make much work."""
        if self._stream is None:
            self._stream = zlib.decompressobj(self._wbits(data[0]))
        try:
            decoded = self._stream.decompress(data, room + 1)
        except zlib.error:
            raise Failed(Reason.DECODE_FAILED, f"the body is not {self._name}") from None
        if len(decoded) > room:
            raise Failed(Reason.HTTP_TOO_LARGE, "the decoded body is larger than body_limit")
        if self._stream.unused_data:
            raise Failed(Reason.DECODE_FAILED, f"the body goes on after the end of its {self._name}")
        return decoded

    def end(self) -> None:
        if self._stream is None or not self._stream.eof:
            raise Failed(Reason.DECODE_FAILED, f"the body's {self._name} breaks off")

    def _wbits(self, first: int) -> int:
        if self._name == "gzip":
            return 16 + zlib.MAX_WBITS
        return zlib.MAX_WBITS if first & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


CODINGS: Mapping[bytes, Callable[[], Decoder]] = {
    b"gzip": lambda: Inflate("gzip"),
    b"x-gzip": lambda: Inflate("gzip"),
    b"deflate": lambda: Inflate("deflate"),
}


def decoder(content_encoding: bytes) -> Decoder | None:
    """What undoes that Content-Encoding, None if there is nothing to undo. Raises Failed for what we cannot undo."""
    coding = content_encoding.strip().lower()
    if coding in (b"", b"identity"):
        return None
    make = CODINGS.get(coding)
    if make is None:
        shown = coding[:40].decode("ascii", "backslashreplace")
        raise Failed(Reason.DECODE_FAILED, f"the body's coding {shown!r} is none that prober can undo")
    return make()
