"""Content codings that are undone while a body is searched. Adding one is a row of CODINGS.

Each piece is undone up to the room there is and one byte more: what is larger is found out before it is made.
"""

import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from prober.core.reason import Reason
from prober.wire.failure import Failed

# Bytes of history that a sender of Zstandard may ask us to keep, as a power of two (RFC 9659).
_LARGEST_WINDOW = 23


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
            decoded: bytes = self._stream.decompress(data, room + 1)
        except zlib.error:
            raise Failed(Reason.DECODE_FAILED, f"the body is not {self._name}") from None
        _refuse_large(decoded, room)
        if self._stream.unused_data:
            raise _goes_on(self._name)
        return decoded

    def end(self) -> None:
        if self._stream is None or not self._stream.eof:
            raise _breaks_off(self._name)

    def _wbits(self, first: int) -> int:
        if self._name == "gzip":
            return 16 + zlib.MAX_WBITS
        return zlib.MAX_WBITS if first & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


class Brotli:
    """Brotli (RFC 7932). Its library gives out 32 KiB at once or more, however little is asked for."""

    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]

        self._error: type[Exception] = brotli.error
        self._stream: Any = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        if self._stream.is_finished():
            raise _goes_on("br")
        try:
            decoded: bytes = self._stream.process(data, output_buffer_limit=room + 1)
        except self._error:
            # The library does not say which.
            raise Failed(Reason.DECODE_FAILED, "the body is not br, or goes on after the end of it") from None
        _refuse_large(decoded, room)
        return decoded

    def end(self) -> None:
        if not self._stream.is_finished():
            raise _breaks_off("br")


class Zstandard:
    """Zstandard (RFC 8878), one frame."""

    def __init__(self) -> None:
        zstd = _zstd()
        self._error = zstd.ZstdError
        self._stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW})

    def feed(self, data: bytes, room: int) -> bytes:
        if self._stream.eof:
            raise _goes_on("zstd")
        try:
            decoded: bytes = self._stream.decompress(data, room + 1)
        except self._error as error:
            is_greedy = "too much memory" in str(error)
            told = "the body's zstd asks for more than 8 MiB of memory" if is_greedy else "the body is not zstd"
            raise Failed(Reason.DECODE_FAILED, told) from None
        _refuse_large(decoded, room)
        if self._stream.unused_data:
            raise _goes_on("zstd")
        return decoded

    def end(self) -> None:
        if not self._stream.eof:
            raise _breaks_off("zstd")


if sys.version_info >= (3, 14):

    def _zstd() -> Any:
        from compression import zstd

        return zstd
else:

    def _zstd() -> Any:
        from backports import zstd

        return zstd


def _refuse_large(decoded: bytes, room: int) -> None:
    if len(decoded) > room:
        raise Failed(Reason.HTTP_TOO_LARGE, "the decoded body is larger than body_limit")


def _goes_on(name: str) -> Failed:
    return Failed(Reason.DECODE_FAILED, f"the body goes on after the end of its {name}")


def _breaks_off(name: str) -> Failed:
    return Failed(Reason.DECODE_FAILED, f"the body's {name} breaks off")


CODINGS: Mapping[bytes, Callable[[], Decoder]] = {
    b"gzip": lambda: Inflate("gzip"),
    b"x-gzip": lambda: Inflate("gzip"),
    b"deflate": lambda: Inflate("deflate"),
    b"br": Brotli,
    b"zstd": Zstandard,
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
