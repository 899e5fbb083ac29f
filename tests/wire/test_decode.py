"""Undoing content codings, in pieces of any size and never beyond the room there is."""

import gzip
import zlib
from collections.abc import Callable, Mapping

import pytest
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
}


def made(coding: str) -> Decoder:
    found = decoder(coding.encode())
    assert found is not None
    return found


@pytest.mark.parametrize("coding", CODED)
@given(data=st.binary(min_size=1), cut=st.integers(1, 20))
def test_what_was_coded_comes_back_whatever_the_pieces(coding: str, data: bytes, cut: int) -> None:
    coded, undo = CODED[coding](data), made(coding)
    pieces = [coded[at : at + cut] for at in range(0, len(coded), cut)]
    assert b"".join(undo.feed(piece, ROOM) for piece in pieces) == data
    undo.end()


@pytest.mark.parametrize("coding", ["", "identity", " IDENTITY "])
def test_there_may_be_nothing_to_undo(coding: str) -> None:
    assert decoder(coding.encode()) is None


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd", "\x1b[31m" + "x" * 99])
def test_an_unknown_coding_is_named_without_doing_harm(coding: str) -> None:
    with pytest.raises(Failed) as caught:
        decoder(coding.encode())
    assert caught.value.reason is Reason.DECODE_FAILED
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 120


def test_a_bomb_is_stopped_at_the_room_there_is() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with pytest.raises(Failed, match="larger than body_limit") as caught:
        made("gzip").feed(bomb, 1_000)
    assert caught.value.reason is Reason.HTTP_TOO_LARGE


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"plain text", "the body is not gzip"),
        (gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0), "the body goes on after the end of its gzip"),
        (gzip.compress(b"a", mtime=0) + b"more", "the body goes on after the end of its gzip"),
    ],
)
def test_a_broken_coding_is_said_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(Failed, match=said) as caught:
        made("gzip").feed(data, ROOM)
    assert caught.value.reason is Reason.DECODE_FAILED


@pytest.mark.parametrize("length", [0, 5, -1])
def test_a_coding_that_breaks_off_is_found_at_the_end(length: int) -> None:
    undo = made("gzip")
    part = gzip.compress(b"something", mtime=0)[:length]
    if part:
        undo.feed(part, ROOM)
    with pytest.raises(Failed, match="breaks off"):
        undo.end()
