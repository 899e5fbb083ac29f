"""HTTP/2 and proxies: the same answers, reasons and bounds as by our own client."""

import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from tests.probes.scene import mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.hostile import Act, answers, hangs_up, serving, silent
from tests.wire.proxies import by_http, by_http2, by_socks, offering

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-State: on\r\n\r\nready"


async def test_http2_is_spoken_where_it_is_offered(certificates: Certificates) -> None:
    seen_there: list[dict[str, str]] = []
    context = offering(certificates.fresh("good"), "h2", "http/1.1")
    act = by_http2(200, b"ready", ("x-state", "on"), ("content-length", "5"), seen=seen_there)
    async with serving(act, context) as port:
        seen = await probed(
            "http", url=f"https://u:p@localhost:{port}/a?b=c%20d", http2=True, ca=str(certificates.ca), family="4",
            expect_version=["2"], expect_body="ready", expect_header={"X-State": "on"}, headers={"X-Key": "abc"},
        )  # fmt: skip
    assert (seen.outcome, seen.detail) == ("up", "")
    facts = seen.facts
    assert (facts["http_version"], facts["status_code"], facts["ssl"], facts["ip"]) == (2.0, 200, 1, "127.0.0.1")
    assert (facts["content_length"], facts["body_length"], facts["tls_version"]) == (5, 5, "TLS 1.3")
    assert int(facts["cert_expiry_s"]) > 0
    assert [phase for phase, _ in seen.phases_us] == list(Phase)
    (request,) = seen_there
    assert request[":path"] == "/a?b=c%20d"
    assert request[":authority"] == f"localhost:{port}"
    assert request["x-key"] == "abc"
    assert request["authorization"] == "Basic dTpw"
    assert request["user-agent"].startswith("prober/")


async def test_a_server_without_http2_answers_by_the_old_one(certificates: Certificates) -> None:
    async with serving(answers(OK), certificates.context("good")) as port:
        keys: dict[str, object] = {"url": f"https://127.0.0.1:{port}/", "http2": True, "ca": str(certificates.ca)}
        seen = await probed("http", **keys, expect_version=["2"])
        assert (seen.outcome, seen.reason) == ("down", Reason.EXPECT_VERSION)
        assert seen.detail == "expected HTTP/2, found HTTP/1.1"
        other = await probed("http", **keys, host="elsewhere.test")
    assert (other.outcome, other.reason) == ("down", Reason.TLS_NAME)


@pytest.mark.parametrize(
    ("act", "outcome", "reason"),
    [
        (answers(OK), "up", None),
        (answers(OK.replace(b"ready", b"stead")), "down", Reason.EXPECT_BODY),
        (answers(b"HTTP/1.1 503 No\r\n\r\n"), "down", Reason.HTTP_STATUS),
        (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nread"), "down", Reason.HTTP_TRUNCATED),
        (answers(b""), "down", Reason.HTTP_TRUNCATED),
        (answers(b"SSH-2.0\r\n\r\n"), "down", Reason.HTTP_MALFORMED),
        (answers(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n"), "down", Reason.HTTP_TOO_LARGE),
        (answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000), "down", Reason.HTTP_TOO_LARGE),
        (answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnone"), "down", Reason.DECODE_FAILED),
        (answers(b"HTTP/1.1 302 Go\r\nLocation: ftp://a\r\n\r\n"), "down", Reason.REDIRECT_REFUSED),
        (hangs_up, "down", None),
        (silent, "down", Reason.HTTP_TIMEOUT),
    ],
)
async def test_answers_have_the_reasons_they_have_elsewhere(act: Act, outcome: str, reason: Reason | None) -> None:
    async with serving(act) as port:
        seen = await probed(
            "http", url=f"http://127.0.0.1:{port}/", http2=True, expect_body="ready", body_limit=1_000,
            timeout="500ms" if act is silent else "10s",
        )  # fmt: skip
    assert seen.outcome == outcome
    if reason is not None or outcome == "up":
        assert seen.reason == reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [("expired", Reason.TLS_EXPIRED), ("wrong name", Reason.TLS_NAME), ("self-signed", Reason.TLS_UNTRUSTED)],
)
async def test_certificates_are_judged(name: str, reason: Reason, certificates: Certificates) -> None:
    async with serving(answers(OK), certificates.context(name)) as port:
        seen = await probed("http", url=f"https://127.0.0.1:{port}/", http2=True, ca=str(certificates.ca))
    assert (seen.outcome, seen.reason) == ("down", reason)


async def test_who_does_not_listen_is_refused(free_port: int) -> None:
    seen = await probed("http", url=f"http://127.0.0.1:{free_port}/", http2=True)
    assert (seen.outcome, seen.reason, seen.phases_us[-1][0]) == ("down", Reason.CONNECT_REFUSED, Phase.CONNECT)


async def test_a_proxy_passes_on_and_makes_tunnels(certificates: Certificates) -> None:
    heads: list[bytes] = []
    async with serving(by_http(heads)) as proxy, serving(answers(OK)) as port:
        keys: dict[str, object] = {"proxy": f"http://me:pw@127.0.0.1:{proxy}", "expect_body": "ready"}
        seen = await probed("http", url=f"http://127.0.0.1:{port}/x", **keys)
        assert (seen.outcome, seen.detail) == ("up", "")
        assert "ip" not in seen.facts
        async with serving(answers(OK), certificates.context("good")) as secure:
            keys["ca"] = str(certificates.ca)
            tunnelled = await probed("http", url=f"https://127.0.0.1:{secure}/x", **keys)
            assert (tunnelled.outcome, tunnelled.facts["ssl"]) == ("up", 1)
        async with serving(answers(OK), certificates.context("expired")) as expired:
            refused = await probed("http", url=f"https://127.0.0.1:{expired}/x", **keys)
    assert (refused.outcome, refused.reason) == ("down", Reason.TLS_EXPIRED)
    assert heads[0].startswith(f"GET http://127.0.0.1:{port}/x HTTP/1.1\r\n".encode())
    assert heads[1].startswith(f"CONNECT 127.0.0.1:{secure} HTTP/1.1\r\n".encode())
    assert [b"proxy-authorization: basic bwu6chc=" in head.lower() for head in heads] == [True] * 3


async def test_a_proxy_by_socks_looks_names_up() -> None:
    asked: list[bytes] = []
    async with serving(by_socks(asked)) as proxy, serving(answers(OK)) as port:
        seen = await probed("http", url=f"http://shop.invalid:{port}/", proxy=f"socks5://127.0.0.1:{proxy}")
    assert (seen.outcome, seen.detail, asked) == ("up", "", [b"shop.invalid"])


@pytest.mark.parametrize(
    ("act", "scheme", "outcome", "reason"),
    [
        (by_http([], 502), "http", "down", Reason.UNREACHABLE),
        (by_http([], 407), "http", "unknown", Reason.SELF_PROXY),
        (by_socks([], 5), "socks5", "down", Reason.CONNECT_REFUSED),
        (by_socks([], 4), "socks5", "down", Reason.UNREACHABLE),
        (by_socks([], 2), "socks5", "unknown", Reason.SELF_PROXY),
        (answers(b"oh"), "socks5", "unknown", Reason.SELF_PROXY),
    ],
)
async def test_whose_fault_it_is_that_a_proxy_says_no(act: Act, scheme: str, outcome: str, reason: Reason) -> None:
    async with serving(act) as proxy:
        seen = await probed("http", url="https://shop.invalid/", proxy=f"{scheme}://127.0.0.1:{proxy}", timeout="2s")
    assert (seen.outcome, seen.reason) == (outcome, reason)


async def test_a_proxy_that_is_not_there_is_our_own_trouble(free_port: int) -> None:
    seen = await probed("http", url="http://shop.invalid/", proxy=f"http://me:hunter2@127.0.0.1:{free_port}")
    assert (seen.outcome, seen.reason) == ("unknown", Reason.SELF_PROXY)
    assert "hunter2" not in seen.detail + repr(options("http", url="http://a.test", proxy="http://me:hunter2@b.test"))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"proxy": "ftp://a.test"}, "proxy: a URL such as"),
        ({"proxy": "a.test:3128"}, "proxy: a URL such as"),
        ({"proxy": "http://a.test", "expect_address_in": ["::/0"]}, "proxy: no expect_address_in with a proxy"),
        ({"proxy": "http://a.test", "resolve_to": "b.test"}, "resolve_to: no resolve_to with a proxy"),
    ],
)
async def test_mistakes_are_found(keys: dict[str, object], told: str) -> None:
    (found,) = mistakes("http", url="http://a.test", **keys)
    assert found.startswith(told)
