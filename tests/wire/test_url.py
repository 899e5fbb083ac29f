"""What may be probed, and where a redirect leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.wire.url import Url, joined, parse, parse_place

GOOD = [
    ("http://shop.test", Url("http", "shop.test", 80, "/")),
    ("https://Shop.Test/A?b=c#d", Url("https", "shop.test", 443, "/A?b=c")),
    ("http://shop.test:8080?x", Url("http", "shop.test", 8080, "/?x")),
    ("http://[::1]:81/", Url("http", "::1", 81, "/")),
    ("http://[FE80::A]/", Url("http", "fe80::a", 80, "/")),
    ("http://shop.test:/", Url("http", "shop.test", 80, "/")),
    ("http://bücher.test/ü", Url("http", "xn--bcher-kva.test", 80, "/%C3%BC")),
    ("http://a%20b:c@shop.test/", Url("http", "shop.test", 80, "/", b"a b:c")),
    ("http://shop.test./", Url("http", "shop.test.", 80, "/")),
    ("http://shop.test/%41%zz", Url("http", "shop.test", 80, "/%41%zz")),
]


@pytest.mark.parametrize(("text", "url"), GOOD)
def test_a_url_is_taken_apart(text: str, url: Url) -> None:
    assert parse(text) == url


BAD = [
    ("ftp://shop.test/", "neither http:// nor https://"),
    ("shop.test", "neither http:// nor https://"),
    ("http://", "no host"),
    ("http:///x", "no host"),
    ("http://shop.test/a b", "a space or a control character"),
    ("http://shop.test/\r\nX: y", "a space or a control character"),
    ("http://shop.test:0/", "its port is not from 1 to 65535"),
    ("http://shop.test:65536/", "its port is not from 1 to 65535"),
    ("http://shop.test:x/", "no usable host"),
    ("http://[::g]/", "no usable address"),
    ("http://[1:2]/", "no usable address"),
    ("http://a..b/", "neither a name nor an address"),
    ("http://-_!/", "neither a name nor an address"),
    ("http://" + "a" * 64 + ".test/", "neither a name nor an address"),
    ("http://" + "a." * 127 + "test/", "neither a name nor an address"),
    ("http://" + "é" * 70 + "/", "no name that DNS can hold"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_what_is_wrong_is_said_without_repeating_the_url(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        parse(text)
    assert "shop.test" not in str(caught.value)


def test_a_url_is_shown_without_its_user() -> None:
    assert str(parse("http://me:secret@shop.test:81/x?y")) == "http://shop.test:81/x?y"
    assert parse("https://[::1]:443/").authority == "[::1]"
    assert parse("http://shop.test:81/x").origin == "http://shop.test:81"


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        (b"/b", "http://a.test:81/b"),
        (b"b?c", "http://a.test:81/x/b?c"),
        (b"?c", "http://a.test:81/x/y?c"),
        (b"//b.test/c", "http://b.test/c"),
        (b"https://b.test", "https://b.test/"),
        (b" /b ", "http://a.test:81/b"),
        (b"/\xc3\xbc", "http://a.test:81/%C3%BC"),
        (b"../../..", "http://a.test:81/"),
        (b"/a b", "http://a.test:81/a%20b"),
    ],
)
def test_where_a_redirect_leads(location: bytes, leads_to: str) -> None:
    assert str(joined(parse("http://a.test:81/x/y?z"), location)) == leads_to


@pytest.mark.parametrize(
    "location", [b"file:///etc/passwd", b"http:///x", b"javascript:1", b"http://[::1/", b"http://a:0/"]
)
def test_where_a_redirect_may_not_lead(location: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        joined(parse("http://a.test/"), location)


def test_a_redirect_takes_no_user_along() -> None:
    base = parse("http://me:secret@a.test/")
    assert joined(base, b"/b").userinfo is None
    assert joined(base, b"http://you:too@b.test/").userinfo is None


@given(st.binary(max_size=60))
def test_whatever_a_server_says_leads_to_a_url_or_is_refused(location: bytes) -> None:
    try:
        url = joined(parse("http://a.test/x"), location)
    except ValueError:
        return
    assert str(url).isascii()
    assert parse(str(url)) == url


@pytest.mark.parametrize(("text", "place"), [("db.test:5432", ("db.test", 5432)), ("[::1]", ("::1", None))])
def test_a_place_is_a_host_and_perhaps_a_port(text: str, place: tuple[str, int | None]) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize("text", ["", "[1:2]", "::1", "a:b", "a:0", "a b", "user@a.test"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^its? "):
        parse_place(text)
