"""The bytes that are sent."""

import re

import pytest

from prober import __version__
from prober.wire.request import NAME, NOT_A_VALUE, request
from prober.wire.url import parse


def test_a_request_asks_for_one_answer_on_a_connection_of_its_own() -> None:
    assert request("GET", parse("http://shop.test:81/a?b=c"), "shop.test:81", {}, None) == (
        b"GET /a?b=c HTTP/1.1\r\n"
        b"Host: shop.test:81\r\n"
        b"User-Agent: prober/" + __version__.encode() + b"\r\n"
        b"Accept: */*\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Connection: close\r\n"
        b"\r\n"
    )


def heads(sent: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in sent.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return found


def test_headers_of_the_check_win_over_the_defaults_whatever_their_case() -> None:
    headers = {"user-agent": "mine", "ACCEPT": "text/html"}
    found = heads(request("GET", parse("http://a.test/"), "a.test", headers, None))
    assert (found["user-agent"], found["accept"]) == (["mine"], ["text/html"])


def test_a_body_is_sent_with_its_length_even_an_empty_one() -> None:
    sent = request("POST", parse("http://a.test/"), "a.test", {}, b"\x00body")
    assert sent.endswith(b"\r\n\r\n\x00body")
    assert heads(sent)["content-length"] == ["5"]
    assert heads(request("POST", parse("http://a.test/"), "a.test", {}, b""))["content-length"] == ["0"]
    assert "content-length" not in heads(request("GET", parse("http://a.test/"), "a.test", {}, None))


def test_the_urls_user_is_sent_unless_the_check_authorizes_otherwise() -> None:
    url = parse("http://me:p%40ss@a.test/")
    assert heads(request("GET", url, "a.test", {}, None))["authorization"] == ["Basic bWU6cEBzcw=="]
    own = heads(request("GET", url, "a.test", {"authorization": "Bearer x"}, None))
    assert own["authorization"] == ["Bearer x"]


@pytest.mark.parametrize(
    ("text", "is_name"), [("X-Key", True), ("a b", False), ("a:", False), ("é", False), ("", False)]
)
def test_what_may_be_a_name(text: str, is_name: bool) -> None:
    assert bool(NAME.fullmatch(text)) is is_name


@pytest.mark.parametrize("text", ["a\r\nX: y", "a\nb", "\x00", "\x7f"])
def test_what_no_value_may_hold(text: str) -> None:
    assert NOT_A_VALUE.search(text)
    assert not re.search(NOT_A_VALUE, "a\tb é")
