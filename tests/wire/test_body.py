"""Bodies are counted and searched as they come, and never kept."""

import gzip
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.reason import Reason
from prober.wire.body import Body
from prober.wire.failure import Failed


def test_without_a_text_reading_stops_at_the_limit_and_that_is_fine() -> None:
    body = Body(b"", 10, b"lzma")
    assert [body.take(b"four"), body.take(b"four"), body.take(b"four")] == [False, False, True]
    assert (body.length, body.wire_length, body.found) == (12, 12, False)
    body.end()


@given(before=st.binary(max_size=30), after=st.binary(max_size=30), cut=st.integers(1, 9))
def test_a_text_is_found_wherever_the_pieces_are_cut(before: bytes, after: bytes, cut: int) -> None:
    whole = before + b"needle" + after
    body = Body(b"needle", 1_000, b"")
    assert any(body.take(whole[at : at + cut]) for at in range(0, len(whole), cut))
    assert body.found


@given(st.lists(st.sampled_from([b"n", b"ne", b"needl", b"eedle", b"x"]), max_size=30))
def test_it_is_found_only_if_it_is_there(pieces: list[bytes]) -> None:
    body = Body(b"needle", 1_000, b"")
    seen = b""
    for piece in pieces:
        seen += piece
        assert body.take(piece) == (b"needle" in seen)
        if body.found:
            break


def test_a_body_larger_than_the_limit_cannot_be_judged() -> None:
    body = Body(b"needle", 10, b"")
    body.take(b"0123456789")
    with pytest.raises(Failed, match="the body is larger than body_limit") as caught:
        body.take(b"needle")
    assert caught.value.reason is Reason.HTTP_TOO_LARGE


def test_a_text_that_ends_at_the_limit_is_found_and_one_behind_it_is_not() -> None:
    assert Body(b"9", 10, b"").take(b"0123456789abc")
    with pytest.raises(Failed):
        Body(b"a", 10, b"").take(b"0123456789abc")


def test_a_coded_body_is_searched_decoded() -> None:
    coded = gzip.compress(b"hay " * 100 + b"needle")
    body = Body(b"needle", 1_000, b"gzip")
    assert not body.take(coded[:10])
    assert body.take(coded[10:])
    assert (body.length, body.wire_length) == (406, len(coded))


def test_bytes_that_decode_to_nothing_are_bounded_as_well() -> None:
    empty_blocks = gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 3
    body = Body(b"needle", 20, b"gzip")
    with pytest.raises(Failed, match="larger than body_limit"):
        body.take(empty_blocks)


def test_an_empty_body_needs_no_end_of_its_coding_and_a_part_of_one_does() -> None:
    Body(b"needle", 20, b"gzip").end()
    body = Body(b"needle", 20, b"gzip")
    body.take(gzip.compress(b"x")[:12])
    with pytest.raises(Failed, match="breaks off"):
        body.end()


def test_a_text_that_must_not_be_there_is_looked_for_to_the_end() -> None:
    body = Body(b"needle", 1_000, b"", banned=b"error")
    assert not body.take(b"a needle, and an er")
    assert body.take(b"ror")
    assert (body.found, body.found_banned) == (True, True)
    body = Body(b"", 1_000, b"", banned=b"error")
    assert not body.take(b"fine")
    assert not body.found_banned
    with pytest.raises(Failed):
        Body(b"", 10, b"", banned=b"error").take(b"0123456789a")


def test_a_body_is_kept_as_a_whole_for_who_asks_for_it() -> None:
    body = Body(b"a", 10, b"", keep=True)
    assert not body.take(b"abc")
    assert not body.take(b"def")
    assert (body.found, body.content) == (True, b"abcdef")
    assert Body(b"a", 10, b"").content == b""
    with pytest.raises(Failed):
        body.take(b"ghijk")


@pytest.mark.parametrize(
    ("text", "coding", "whole"),
    [
        (b"", b"", b"all is well"),
        (b"is", b"", b"all is well"),
        (b"is", b"gzip", gzip.compress(b"all is well", mtime=0)),
    ],
)
@pytest.mark.parametrize("cut", [1, 4, 99])
def test_its_hash_is_that_of_all_that_came(text: bytes, coding: bytes, whole: bytes, cut: int) -> None:
    body = Body(text, len(whole), coding, hashed=True)
    assert [body.take(whole[at : at + cut]) for at in range(0, len(whole), cut)].count(True) == 0
    assert body.digest == ""
    body.end()
    assert body.digest == hashlib.sha256(whole).hexdigest()
    assert body.found == bool(text)


@pytest.mark.parametrize("text", [b"", b"all"])
def test_a_body_beyond_the_limit_has_no_hash_and_fails_no_sooner(text: bytes) -> None:
    body = Body(text, 10, b"", hashed=True)
    assert body.take(b"all is well, and more") is True
    body.end()
    assert body.digest == ""


def test_an_empty_body_has_a_hash() -> None:
    body = Body(b"", 10, b"", hashed=True)
    body.end()
    assert body.digest == hashlib.sha256().hexdigest()
