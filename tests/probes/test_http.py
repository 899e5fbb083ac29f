"""Kind http: what is asked, followed and judged. What hostile servers do to it is in tests/wire/test_hostile.py."""

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from backports import zstd

from prober.clock import Clock
from prober.core.events import Rule
from prober.core.model import CheckState, Phase
from prober.core.reason import Reason
from prober.core.verdict import judge
from prober.probes.http import build, guesses
from tests.builders import check
from tests.probes.scene import options, probed
from tests.wire.certificates import Certificates
from tests.wire.hostile import Peer, serving

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Site:
    """Answers by path, and keeps what it was asked."""

    def __init__(self, **pages: bytes) -> None:
        self.pages = pages
        self.asked: list[bytes] = []
        self.port = 0

    async def __call__(self, peer: Peer) -> None:
        head = await peer.hear()
        self.asked.append(head)
        await peer.say(self.pages.get(head.split()[1].decode().strip("/") or "root", OK))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@asynccontextmanager
async def site(**pages: bytes) -> AsyncIterator[Site]:
    made = Site(**pages)
    async with serving(made) as port:
        made.port = port
        yield made


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"), dt.datetime.now(dt.UTC))


def redirect(status: int, location: str) -> bytes:
    return f"HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_a_good_answer_is_up_with_its_phases_and_facts() -> None:
    async with site() as it:
        seen = await probed("http", url=it.url)
    assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
    phases = [Phase.RESOLVE, Phase.CONNECT, Phase.SEND, Phase.PROCESSING, Phase.TRANSFER]
    assert [phase for phase, _ in seen.phases_us] == phases
    assert seen.facts == {
        "ip": "127.0.0.1",
        "ip_protocol": 4,
        "status_code": 200,
        "http_version": 1.1,
        "content_length": 5,
        "body_length": 5,
        "redirects": 0,
        "ssl": 0,
    }


@pytest.mark.parametrize(
    ("keys", "outcome", "reason", "detail"),
    [
        ({"expect_status": [404]}, "down", Reason.HTTP_STATUS, "expected status 404, found 200"),
        ({"expect_status": ["200-201", 404]}, "up", None, ""),
        ({"expect_body": "hell"}, "up", None, ""),
        ({"expect_body": "HELLO"}, "down", Reason.EXPECT_BODY, "the body does not contain the expected text"),
        ({"method": "HEAD"}, "up", None, ""),
    ],
)
async def test_the_answer_is_judged(keys: dict[str, object], outcome: str, reason: Reason | None, detail: str) -> None:
    async with site() as it:
        seen = await probed("http", url=it.url, **keys)
    assert (seen.outcome, seen.reason, seen.detail) == (outcome, reason, detail)


async def test_what_is_asked_is_what_was_configured() -> None:
    async with site() as it:
        keys = {"method": "POST", "body": "ü", "headers": {"X-Key": "1"}, "host": "shop.test"}
        await probed("http", url=it.url + "a?b=c", **keys)
    head = it.asked[0].decode()
    assert head.startswith("POST /a?b=c HTTP/1.1\r\nHost: shop.test\r\n")
    assert "\r\nX-Key: 1\r\n" in head
    assert "\r\nContent-Length: 2\r\n" in head


async def test_compression_is_asked_for_and_undone() -> None:
    coded = zstd.compress(b"all is well")
    page = b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: %d\r\n\r\n%s" % (len(coded), coded)
    async with site(root=page) as it:
        seen = await probed("http", url=it.url, compression=["zstd", "gzip"], expect_body="well")
        assert b"\r\nAccept-Encoding: zstd, gzip\r\n" in it.asked[0]
    assert (seen.detail, seen.facts["body_length"]) == ("", 11)


@pytest.mark.parametrize("keys", [{}, {"http2": True}, {"expect_body": "hel"}, {"method": "HEAD"}, {"body_limit": 4}])
async def test_the_hash_of_a_body_is_told_and_changes_no_verdict(keys: dict[str, Any]) -> None:
    async with site(other=OK.replace(b"hello", b"h\xffllo")) as made:
        url = f"{made.url}other" if keys.get("http2") else made.url
        seen = await probed("http", url=url, hash_body=True, **keys)
        body = b"h\xffllo" if keys.get("http2") else b"" if keys.get("method") else b"hello"
    assert (seen.outcome, seen.detail) == ("up", "")
    digest = hashlib.sha256(body).hexdigest()
    wanted = (digest, int(digest[:12], 16)) if body and "body_limit" not in keys else (None, None)
    assert (seen.facts.get("body_sha256"), seen.facts.get("body_hash")) == wanted


async def test_redirects_are_followed_and_counted() -> None:
    async with site(root=redirect(302, "/a"), a=redirect(301, "b")) as it:
        seen = await probed("http", url=it.url)
    assert (seen.outcome, seen.facts["redirects"], seen.facts["status_code"]) == ("up", 2, 200)
    assert [head.split()[1] for head in it.asked] == [b"/", b"/a", b"/b"]


async def test_a_redirect_itself_is_judged_where_none_are_followed() -> None:
    async with site(root=redirect(302, "/a")) as it:
        seen = await probed("http", url=it.url, follow_redirects=False)
        assert (seen.outcome, seen.reason) == ("down", Reason.HTTP_STATUS)
        assert (await probed("http", url=it.url, follow_redirects=False, expect_status=[302])).outcome == "up"


async def test_more_redirects_than_allowed_are_a_failure() -> None:
    async with site(root=redirect(302, "/")) as it:
        seen = await probed("http", url=it.url, max_redirects=2)
    assert (seen.reason, seen.detail) == (Reason.HTTP_TOO_MANY_REDIRECTS, "more than 2 redirects")
    assert len(it.asked) == 3


@pytest.mark.parametrize(
    ("status", "method"), [(301, b"GET"), (302, b"GET"), (303, b"GET"), (307, b"POST"), (308, b"POST")]
)
async def test_a_redirect_keeps_the_method_only_where_it_says_so(status: int, method: bytes) -> None:
    async with site(root=redirect(status, "/a")) as it:
        headers = {"Content-Type": "text/plain", "X-Key": "1"}
        await probed("http", url=it.url, method="POST", body="x", headers=headers)
    assert it.asked[1].split()[0] == method
    assert (b"Content-Type" in it.asked[1]) == (b"Content-Length" in it.asked[1]) == (method == b"POST")
    assert b"X-Key: 1" in it.asked[1]


async def test_what_is_private_is_told_to_the_origin_that_was_named_and_to_nobody_else() -> None:
    async with site() as other, site(root=redirect(302, "/a"), a=redirect(302, other.url)) as it:
        url = f"http://me:secret@127.0.0.1:{it.port}/"
        seen = await probed("http", url=url, headers={"Cookie": "secret=1", "X-Key": "1"}, host="shop.test")
    assert seen.outcome == "up"
    for head in it.asked:
        assert b"Authorization: Basic" in head
        assert b"Cookie: secret=1" in head
        assert b"Host: shop.test" in head
    (head,) = other.asked
    assert b"Authorization" not in head
    assert b"Cookie" not in head
    assert b"X-Key: 1" in head
    assert b"Host: 127.0.0.1:" in head


async def test_a_refused_connection_is_told_apart_from_an_answer(free_port: int) -> None:
    seen = await probed("http", url=f"http://127.0.0.1:{free_port}/")
    assert (seen.outcome, seen.reason) == ("down", Reason.CONNECT_REFUSED)
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.CONNECT]
    assert (seen.facts["ip"], seen.facts["status_code"], seen.facts["content_length"]) == ("127.0.0.1", 0, -1)


async def test_a_redirect_to_an_address_of_another_family_has_no_address() -> None:
    async with site(root=redirect(302, "http://[::1]/")) as it:
        seen = await probed("http", url=it.url, family="4")
    assert (seen.reason, seen.phases_us[-1][0]) == (Reason.DNS_NO_ADDRESS, Phase.RESOLVE)
    assert (seen.facts["redirects"], seen.facts["status_code"]) == (1, 302)


@pytest.mark.parametrize("http2", [False, True])
async def test_the_expiry_of_a_certificate_that_is_refused_is_learned(certificates: Certificates, http2: bool) -> None:
    async with serving(Site(), certificates.context("expired")) as port:
        url = f"https://127.0.0.1:{port}/"
        seen = await probed("http", url=url, ca=str(certificates.ca), http2=http2)
    assert seen.reason is Reason.TLS_EXPIRED
    assert int(seen.facts["cert_expiry_s"]) * 1000 < seen.started_ms


async def test_what_is_learned_of_tls_is_kept(certificates: Certificates) -> None:
    async with serving(Site(), certificates.context("good")) as port:
        seen = await probed("http", url=f"https://127.0.0.1:{port}/", ca=str(certificates.ca))
    assert (seen.outcome, seen.facts["ssl"], seen.facts["tls_version"]) == ("up", 1, "TLS 1.3")
    assert str(seen.facts["tls_cipher"]).startswith("TLS_")
    assert [phase for phase, _ in seen.phases_us][:3] == [Phase.RESOLVE, Phase.CONNECT, Phase.TLS]
    days_left = (int(seen.facts["cert_expiry_s"]) - seen.started_ms / 1000) / 86_400
    assert round(days_left) == 30


@pytest.mark.parametrize(("within", "outcome"), [("29d", "up"), ("31d", "degraded")])
async def test_a_certificate_is_judged_by_the_time_it_has_left(
    within: str, outcome: str, certificates: Certificates
) -> None:
    keys = {"ca": str(certificates.ca), "cert_expiring_within": within}
    async with serving(Site(), certificates.context("good")) as port:
        assert (await probed("http", url=f"https://127.0.0.1:{port}/", **keys)).outcome == outcome


async def test_only_the_last_answers_certificate_is_judged(certificates: Certificates) -> None:
    keys = {"ca": str(certificates.ca), "cert_expiring_within": "31d"}
    async with site() as plain, serving(Site(root=redirect(302, plain.url)), certificates.context("good")) as port:
        seen = await probed("http", url=f"https://127.0.0.1:{port}/", **keys)
    assert (seen.outcome, seen.facts["redirects"], seen.facts["ssl"]) == ("up", 1, 0)


@pytest.mark.parametrize(("host", "reason"), [("elsewhere.test", None), (None, Reason.TLS_NAME)])
async def test_a_certificate_must_be_for_the_host_that_was_asked_for(
    host: str | None, reason: Reason | None, certificates: Certificates
) -> None:
    async with serving(Site(), certificates.context("wrong name")) as port:
        seen = await probed("http", url=f"https://127.0.0.1:{port}/", ca=str(certificates.ca), host=host)
    assert seen.reason is reason


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("https://shop.test", {"url": "https://shop.test"}),
        ("HTTP://shop.test", {"url": "HTTP://shop.test"}),
        ("shop.test:80", None),
        ("ftp://shop.test", None),
    ],
)
async def test_what_a_target_on_the_command_line_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


async def test_a_check_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="TcpOptions"):
        build(options("tcp", host="a.test", port=1), Clock())


def told(*fields: str, body: str = "hello") -> bytes:
    lines = ["HTTP/1.1 200 OK", *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body]).encode()


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"content-type": "text/html"}, ""),
        ({"Content-Type": {"matches": "^text/"}, "X-Cache": "hit"}, ""),
        ({"X-Powered-By": {"exists": False}}, ""),
        ({"Content-Type": "text/plain"}, 'header Content-Type: expected "text/plain", found something else'),
        ({"X-None": {"exists": True}}, "header X-None: expected a value, found none"),
        ({"X-Cache": {"exists": False}}, "header X-Cache: expected none, found one"),
    ],
)
async def test_headers_are_judged(expected: dict[str, object], said: str) -> None:
    page = told("Content-Type:  text/html ", "X-Cache: miss", "X-Cache: hit")
    async with site(root=b"HTTP/1.1 103 Early\r\nX-None: 1\r\n\r\n" + page) as it:
        seen = await probed("http", url=it.url, expect_header=expected)
    assert (seen.detail, seen.reason) == (said, Reason.EXPECT_HEADER if said else None)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"expect_not_body": "error"}, None),
        ({"expect_not_body": "ell"}, Reason.EXPECT_BODY),
        ({"expect_body": "hell", "expect_not_body": "o"}, Reason.EXPECT_BODY),
        ({"expect_body": "hell", "expect_not_body": "x"}, None),
        ({"expect_not_body": "x", "body_limit": 4}, Reason.HTTP_TOO_LARGE),
    ],
)
async def test_what_must_not_be_in_the_body_is_down(keys: dict[str, object], reason: Reason | None) -> None:
    async with site() as it:
        seen = await probed("http", url=it.url, **keys)
    assert seen.reason is reason


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"status": "ok", "n": 5}', ""),
        ('{"status": "ok", "n": 5, "more": "' + "x" * 100_000 + '"}', ""),
        ('{"status": "bad", "n": 5}', '$.status: expected "ok", found "bad"'),
        ('{"status": "ok", "n": 6}', "$.n: expected at most 5, found 6"),
        ("hello", "the body is no JSON: Expecting value at character 0"),
        ("", "the body is no JSON: Expecting value at character 0"),
    ],
)
async def test_json_is_judged(body: str, said: str) -> None:
    async with site(root=told(body=body)) as it:
        seen = await probed("http", url=it.url, expect_json={"$.status": "ok", "$.n": {"at_most": 5}})
    assert (seen.detail, seen.reason) == (said, Reason.EXPECT_JSON if said else None)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"expect_header": {"X": "1"}}, Reason.EXPECT_HEADER),
        ({"expect_body": "bye"}, Reason.EXPECT_BODY),
        ({"expect_not_body": "hello"}, Reason.EXPECT_BODY),
        ({"expect_json": {"$.a": 1}}, Reason.EXPECT_JSON),
    ],
)
async def test_what_is_expected_may_be_less_than_vital(keys: dict[str, object], reason: Reason) -> None:
    async with site() as it:
        seen = await probed("http", url=it.url, severity="degraded", **keys)
        assert (seen.outcome, seen.reason) == ("degraded", reason)
        assert (await probed("http", url=it.url, severity="degraded", expect_status=[404], **keys)).outcome == "down"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"cert_expiring_within": "31d"}, Reason.CERT_EXPIRING),
        ({"severity": "degraded", "expect_body": "bye"}, Reason.EXPECT_BODY),
    ],
)
async def test_what_is_less_than_vital_makes_a_degraded_verdict(
    keys: dict[str, object], reason: Reason, certificates: Certificates
) -> None:
    state = CheckState("check")
    async with serving(Site(), certificates.context("good")) as port:
        for second in range(2):
            seen = await probed("http", url=f"https://127.0.0.1:{port}/", ca=str(certificates.ca), **keys)
            judged = judge(state, seen._replace(started_ms=seen.started_ms + second), check("check"))
            state = judged.state if judged else state
    assert (state.verdict, state.reason, judged and judged.rule) == ("degraded", reason, Rule.DEGRADED_IN_A_ROW)


async def test_a_token_is_told_to_the_origin_that_was_named_and_to_nobody_else() -> None:
    async with site() as other, site(root=redirect(302, other.url)) as it:
        seen = await probed("http", url=it.url, bearer="abc")
    assert seen.outcome == "up"
    assert b"Authorization: Bearer abc\r\n" in it.asked[0]
    assert b"Authorization" not in other.asked[0]
