"""Undoing content codings, in pieces of any size and never beyond the room there is."""

import gzip
import random
import zlib
from collections.abc import Callable, Mapping

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from prober.core.reason import Reason
from prober.wire.decode import Decoder, decoder
from prober.wire.failure import Failed

ROOM = 1_000_000


def bare(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


CODED: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate ": bare,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
NAMES: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress,
}  # fmt: skip


def made(coding: str) -> Decoder:
    found = decoder(coding.encode())
    assert found is not None
    return found


def fed(undo: Decoder, data: bytes, room: int = ROOM) -> bytes:
    return b"".join(undo.feed(data, room))


@pytest.mark.parametrize("coding", CODED)
@given(data=st.binary(min_size=1), cut=st.integers(1, 20))
def test_what_was_coded_comes_back_whatever_the_pieces(coding: str, data: bytes, cut: int) -> None:
    coded, undo = CODED[coding](data), made(coding)
    pieces = [coded[at : at + cut] for at in range(0, len(coded), cut)]
    assert b"".join(fed(undo, piece) for piece in pieces) == data
    undo.end()


@pytest.mark.parametrize("coding", ["", "identity", " IDENTITY "])
def test_there_may_be_nothing_to_undo(coding: str) -> None:
    assert decoder(coding.encode()) is None


@pytest.mark.parametrize("coding", ["compress", "gzip, gzip", "br, zstd", "\x1b[31m" + "x" * 99])
def test_an_unknown_coding_is_named_without_doing_harm(coding: str) -> None:
    with pytest.raises(Failed) as caught:
        decoder(coding.encode())
    assert caught.value.reason is Reason.DECODE_FAILED
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 120


@pytest.mark.parametrize("coding", NAMES)
def test_a_bomb_is_stopped_at_the_room_there_is(coding: str) -> None:
    bomb = NAMES[coding](bytes(50_000_000))
    with pytest.raises(Failed, match="larger than body_limit") as caught:
        fed(made(coding), bomb, 1_000)
    assert caught.value.reason is Reason.HTTP_TOO_LARGE


@pytest.mark.parametrize("coding", NAMES)
def test_what_is_large_comes_in_pieces(coding: str) -> None:
    data = random.Random(0).randbytes(3_000) * 100
    pieces = list(made(coding).feed(NAMES[coding](data), ROOM))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 32 * 1024


@pytest.mark.parametrize("window", range(16, 25))
@pytest.mark.parametrize("room", [1, 5_000, 100_000, 300_000, ROOM, 20_000_000])
def test_brotli_of_every_window_is_undone_whatever_the_room(window: int, room: int) -> None:
    data = random.Random(window).randbytes(min(room, ROOM) // 2)
    data += data[: len(data) // 3] + data  # refers as far back as there is anything
    undo, coded = made("br"), brotli.compress(data, quality=5, lgwin=window)
    if len(data) > room:
        with pytest.raises(Failed, match="larger than body_limit"):
            fed(undo, coded, room)
    else:
        assert fed(undo, coded, room) == data
        undo.end()


@pytest.mark.parametrize("coding", NAMES)
def test_what_fills_the_room_to_the_last_byte_is_not_too_large(coding: str) -> None:
    undo, data = made(coding), bytes(range(250)) * 400
    assert fed(undo, NAMES[coding](data), len(data)) == data
    undo.end()


@pytest.mark.parametrize(
    ("coding", "data", "said"),
    [
        ("gzip", b"plain text", "the body is not gzip"),
        ("gzip", gzip.compress(b"a", mtime=0) * 2, "the body goes on after the end of its gzip"),
        ("gzip", gzip.compress(b"a", mtime=0) + b"more", "the body goes on after the end of its gzip"),
        ("br", b"all is well", "the body is not br, or goes on after the end of it"),
        ("br", brotli.compress(b"a") + b"more", "the body is not br, or goes on after the end of it"),
        ("zstd", b"plain text", "the body is not zstd"),
        ("zstd", zstd.compress(b"a") * 2, "the body goes on after the end of its zstd"),
        ("zstd", zstd.compress(b"a") + b"more", "the body goes on after the end of its zstd"),
    ],
)
def test_a_broken_coding_is_said_in_one_sentence(coding: str, data: bytes, said: str) -> None:
    with pytest.raises(Failed, match=said) as caught:
        fed(made(coding), data)
    assert caught.value.reason is Reason.DECODE_FAILED


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_what_comes_after_the_end_in_a_piece_of_its_own_is_found(coding: str) -> None:
    undo = made(coding)
    fed(undo, NAMES[coding](b"a"))
    with pytest.raises(Failed, match=f"goes on after the end of its {coding}"):
        fed(undo, b"more")


def test_a_sender_cannot_ask_for_much_memory() -> None:
    wide: dict[int, int] = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    made_wide = zstd.ZstdCompressor(options=wide)
    with pytest.raises(Failed, match="asks for more than 8 MiB of memory"):
        fed(made("zstd"), made_wide.compress(b"a" * 1_000) + made_wide.flush())


@pytest.mark.parametrize("coding", NAMES)
@pytest.mark.parametrize("length", [0, 3, -1])
def test_a_coding_that_breaks_off_is_found_at_the_end(coding: str, length: int) -> None:
    undo = made(coding)
    part = NAMES[coding](b"something")[:length]
    if part:
        fed(undo, part)
    with pytest.raises(Failed, match="breaks off"):
        undo.end()
