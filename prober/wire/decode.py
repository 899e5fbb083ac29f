"""Content codings that are undone while a body is searched. Adding one is a row of CODINGS.

What is undone comes in pieces, so that one that is small on the wire and large in memory is never there as a whole; no
more is undone than the room there is, and one byte.
"""

import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from prober.core.reason import Reason
from prober.wire.failure import Failed

# Bytes of history that a sender of Zstandard may ask us to keep, as a power of two (RFC 9659).
_LARGEST_WINDOW = 23
_PIECE = 32_000  # bytes, below the first block of the library for Brotli


class Decoder(Protocol):
    """Undoes a coding piece by piece."""

    def feed(self, data: bytes, room: int) -> Iterator[bytes]:
        """What the data decodes to, bit by bit. Raises Failed if it is broken, or decodes to more than `room` bytes."""
        ...

    def end(self) -> None:
        """The body is over. Raises Failed if the coding is not."""
        ...


class Inflate:
    """gzip and deflate. For deflate both the zlib wrapping of RFC 9110 and the bare stream of old servers are taken."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes, room: int) -> Iterator[bytes]:
        """One stream only: what follows its end is refused, so that small input cannot make much work."""
        if self._stream is None:
            self._stream = zlib.decompressobj(self._wbits(data[0]))
        stream, is_more = self._stream, True
        while is_more:
            most = min(room + 1, _PIECE)
            try:
                decoded = stream.decompress(data, most)
            except zlib.error:
                raise Failed(Reason.DECODE_FAILED, f"the body is not {self._name}") from None
            room = _left(room, decoded)
            yield decoded
            data = stream.unconsumed_tail
            is_more = bool(data) or len(decoded) == most  # it may hold back more, without more data
        if stream.unused_data:
            raise _goes_on(self._name)

    def end(self) -> None:
        if self._stream is None or not self._stream.eof:
            raise _breaks_off(self._name)

    def _wbits(self, first: int) -> int:
        if self._name == "gzip":
            return 16 + zlib.MAX_WBITS
        return zlib.MAX_WBITS if first & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


class Brotli:
    """Brotli (RFC 7932). Its library gives out 32 KiB at once or more, however little is asked for, and does not know
    whether there is more until it is asked.

    It has as much history in memory as the sender asks for, 16 MiB at most, and fills all of it before it gives out
    anything. Nothing refers further back than the body is long: a window of twice the room is as good.
    """

    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]

        self._error: type[Exception] = brotli.error
        self._stream: Any = brotli.Decompressor()
        self._is_begun = False

    def feed(self, data: bytes, room: int) -> Iterator[bytes]:
        if self._stream.is_finished():
            raise _goes_on("br")
        if not self._is_begun:
            self._is_begun = True
            data = _narrowed(data, room)
        is_more = True
        while is_more:
            try:
                decoded: bytes = self._stream.process(data, output_buffer_limit=min(room + 1, _PIECE))
            except self._error:
                # The library does not say which.
                raise Failed(Reason.DECODE_FAILED, "the body is not br, or goes on after the end of it") from None
            room = _left(room, decoded)
            yield decoded
            data, is_more = b"", bool(decoded) and not self._stream.is_finished()

    def end(self) -> None:
        if not self._stream.is_finished():
            raise _breaks_off("br")


class Zstandard:
    """Zstandard (RFC 8878), one frame."""

    def __init__(self) -> None:
        zstd = _zstd()
        self._error = zstd.ZstdError
        self._stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW})

    def feed(self, data: bytes, room: int) -> Iterator[bytes]:
        if self._stream.eof:
            raise _goes_on("zstd")
        is_more = True
        while is_more:
            try:
                decoded: bytes = self._stream.decompress(data, min(room + 1, _PIECE))
            except self._error as error:
                is_greedy = "too much memory" in str(error)
                told = "the body's zstd asks for more than 8 MiB of memory" if is_greedy else "the body is not zstd"
                raise Failed(Reason.DECODE_FAILED, told) from None
            room = _left(room, decoded)
            yield decoded
            data, is_more = b"", not self._stream.eof and not self._stream.needs_input
        if self._stream.unused_data:
            raise _goes_on("zstd")

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


def _left(room: int, decoded: bytes) -> int:
    if len(decoded) > room:
        raise Failed(Reason.HTTP_TOO_LARGE, "the decoded body is larger than body_limit")
    return room - len(decoded)


def _narrowed(data: bytes, room: int) -> bytes:
    """The stream's beginning with the window that is enough for so many bytes, if it asks for a larger one."""
    window = 17 + ((data[0] & 0x0F) >> 1)
    enough = max(18, (2 * room - 1).bit_length())
    if not data[0] & 1 or window <= enough:  # of 18 to 24 there is one nibble, odd and not 1, which is of less than 18
        return data
    return bytes([data[0] & 0xF0 | (enough - 17) << 1 | 1]) + data[1:]


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
