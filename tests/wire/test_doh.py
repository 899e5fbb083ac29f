"""Questions by HTTPS: the URL of a template, and the request."""

import dns.message
import pytest

from prober.wire.doh import USUAL, asking, expanded, has_variable


@pytest.mark.parametrize(
    ("template", "message", "url"),
    [
        (f"https://ns.test{USUAL}", b"\xff\xfe\xfd", "https://ns.test/dns-query?dns=__79"),
        (f"https://ns.test{USUAL}", b"\0", "https://ns.test/dns-query?dns=AA"),  # without padding
        (f"https://ns.test{USUAL}", None, "https://ns.test/dns-query"),
        ("https://ns.test:8443/q?ct{&dns}", b"\0", "https://ns.test:8443/q?ct&dns=AA"),
        ("https://ns.test/q/{dns}", b"\0", "https://ns.test/q/AA"),
        ("https://ns.test/q", b"\0", "https://ns.test/q"),
    ],
)
def test_a_template_becomes_a_url(template: str, message: bytes | None, url: str) -> None:
    assert str(expanded(template, message)) == url


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("https://ns.test/{name}", "it has a variable that is not dns"),
        ("https://ns.test/{?dns,name}", "it has a variable that is not dns"),
        ("https://ns.test/{?dns", "it has a variable that is not dns"),
        ("ns.test/{?dns}", "it is neither http:// nor https://"),
    ],
)
def test_what_is_no_template_is_told(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        expanded(template, b"")


def test_a_template_may_have_no_place_for_the_question() -> None:
    assert has_variable("https://ns.test/q{?dns}")
    assert not has_variable("https://ns.test/q")


def test_the_same_question_is_the_same_request() -> None:
    sent = {asking(f"https://ns.test{USUAL}", "GET", dns.message.make_query("shop.test", "A")) for _ in range(3)}
    assert len(sent) == 1
    (one,) = sent
    assert one.startswith(b"GET /dns-query?dns=AAABAAABAAAAAAAABHNob3AEdGVzdAAAAQAB HTTP/1.1\r\nHost: ns.test\r\n")
    assert b"Accept: application/dns-message\r\n" in one


def test_by_post_the_question_is_the_body() -> None:
    asked = dns.message.make_query("shop.test", "A")
    head, _, body = asking(f"https://ns.test{USUAL}", "POST", asked).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /dns-query HTTP/1.1\r\n")
    assert b"Content-Type: application/dns-message" in head
    assert (body, asked.id) == (asked.to_wire(), 0)
