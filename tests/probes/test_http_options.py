"""The keys of kind http, and what may be wrong with them."""

from pathlib import Path

import pytest
import trustme

from prober.probes.http_options import statuses
from tests.probes.scene import mistakes, options

URL = "http://shop.test/"


@pytest.mark.parametrize(
    ("entries", "some", "others"),
    [(["200-299"], {200, 299}, {199, 300}), ([404, "500-501"], {404, 500, 501}, {403, 502}), (["200"], {200}, {201})],
)
def test_statuses_are_numbers_and_ranges(entries: list[int | str], some: set[int], others: set[int]) -> None:
    found = statuses(entries)
    assert some <= found
    assert not others & found


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("url", "ftp://a.test", 'a URL such as "https://example.com/"'),
        ("url", 5, 'a URL such as "https://example.com/"'),
        ("url", "http://a.test/ b", 'a URL such as "https://example.com/"'),
        ("method", "FETCH", "Input should be"),
        ("headers", {"a b": "c"}, 'header names such as "X-Token"'),
        ("headers", {"Host": "c"}, "the key host instead of header Host"),
        ("headers", {"Content-Length": "5"}, "prober's own header Content-Length"),
        ("headers", {"X": "a\r\nY: b"}, "one line of text for the header X"),
        ("headers", {"X": 5}, "a text for the header X"),
        ("headers", "X: y", "a table of texts"),
        ("compression", ["lzma"], "Input should be"),
        ("expect_status", [], "List should have at least 1 item"),
        ("expect_status", ["2xx"], "a status from 100 to 999 or a range"),
        ("expect_status", ["299-200"], "a status from 100 to 999 or a range"),
        ("expect_status", [99], "a status from 100 to 999 or a range"),
        ("expect_status", [True], "a status from 100 to 999 or a range"),
        ("expect_body", "", "String should have at least 1 character"),
        ("host", "a b", 'a host such as "example.com"'),
        ("ca", "/nowhere/ca.pem", "a readable PEM file with certificates"),
        ("family", "5", "Input should be"),
        ("body_limit", 0, "Input should be greater than or equal to 1"),
    ],
)
def test_mistakes_are_found_before_anything_is_probed(key: str, value: object, said: str) -> None:
    (mistake,) = mistakes("http", **({"url": URL} | {key: value}))
    assert said in mistake
    assert mistake.startswith(key)


def test_compression_is_asked_for_in_one_way() -> None:
    (mistake,) = mistakes("http", url=URL, headers={"accept-encoding": "br"}, compression=["gzip"])
    assert mistake == "compression: compression or a header Accept-Encoding"


def test_a_body_is_not_expected_of_head() -> None:
    (mistake,) = mistakes("http", url=URL, method="HEAD", expect_body="x")
    assert mistake == "expect_body: no expect_body with method HEAD, whose answers have no body"


def test_a_family_must_fit_the_urls_address() -> None:
    assert mistakes("http", url=URL, family="6") == []
    (mistake,) = mistakes("http", url="http://[::1]/", family="4")
    assert mistake.startswith('family: "any" or "6"')
    assert len(mistakes("http", url="nothing", family="4")) == 1


def test_a_password_in_a_url_and_values_of_headers_are_never_shown() -> None:
    told = mistakes("http", url="http://me:hunter2@a b/", headers={"X": "hunter2\n"})
    assert len(told) == 2
    assert "hunter2" not in str(told)
    made = options("http", url="http://me:hunter2@shop.test/?q", headers={"X": "hunter2"}, body="hunter2")
    assert "hunter2" not in repr(made) + made.target()
    assert made.target() == "http://shop.test/?q"


def test_a_file_of_authorities_is_read_at_once(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    trustme.CA().cert_pem.write_to_path(good)
    bad.write_text("nothing")
    assert mistakes("http", url=URL, ca=str(good)) == []
    assert len(mistakes("http", url=URL, ca=str(bad))) == 1


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"expect_header": {"a b": "c"}}, 'expect_header: header names such as "Content-Type"'),
        ({"expect_header": {"X": 5}}, "expect_header: a text or comparisons for X"),
        (
            {"expect_header": {"X": {"above": 5}}},
            "expect_header: comparisons such as is, is_not, matches, exists for X",
        ),
        ({"expect_header": {"X": {"matches": "("}}}, "expect_header: a regular expression for matches of X"),
        ({"expect_json": {"status": "ok"}}, 'expect_json: JSONPaths such as "$.status"'),
        ({"expect_json": {"$.a": {"like": 5}}}, "expect_json: comparisons such as"),
        ({"expect_json": {"$.a": 1}, "method": "HEAD"}, "expect_json: no expect_json with method HEAD"),
        ({"expect_not_body": "a", "method": "HEAD"}, "expect_not_body: no expect_not_body with method HEAD"),
        ({"expect_body_matches": ["("]}, "expect_body_matches.0: a regular expression of 1 to 1024 characters"),
        ({"expect_body_matches": ["a"], "method": "HEAD"}, "expect_body_matches: no expect_body_matches with method"),
        ({"expect_json": {"$.a": 1}, "body_limit": 2_000_000}, "body_limit: at most 1048576 with expect_json"),
        ({"severity": "unknown"}, "severity: "),
        ({"bearer": "sec ret"}, "bearer: a token of letters"),
        ({"bearer": "secret", "url": "http://me:pw@shop.test/"}, "bearer: one way to authorize"),
        ({"bearer": "secret", "headers": {"authorization": "x"}}, "bearer: one way to authorize"),
    ],
)
def test_mistakes_in_what_is_expected_are_found_as_well(keys: dict[str, object], said: str) -> None:
    (mistake,) = mistakes("http", **({"url": URL} | keys))
    assert mistake.startswith(said)
    assert "secret" not in mistake


def test_a_token_is_never_shown() -> None:
    assert "hunter2" not in repr(options("http", url=URL, bearer="hunter2"))
