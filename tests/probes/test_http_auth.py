"""Digest, OAuth2 client credentials, and client certificates, against servers that check them."""

import hashlib
import json
import re
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from prober.clock import Clock
from prober.core.model import Observation
from prober.core.reason import Reason
from prober.probes.http import build
from tests.probes.scene import DUE, mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.conftest import certificates as certificates  # the same, for this room
from tests.wire.hostile import Act, Peer, answers, hangs_up, serving, silent

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NO = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n"


def hashed(name: str, text: str) -> str:
    return hashlib.new(name.replace("-", ""), text.encode(), usedforsecurity=False).hexdigest()


def asking_for_digest(algorithm: str, heads: list[bytes], first: bytes = b"") -> Act:
    """A server that lets in who knows the password of u, by that algorithm."""

    async def act(peer: Peer) -> None:
        head = await peer.hear()
        heads.append(head)
        path = head.split()[1].decode()
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', head.partition(b"Digest ")[2].partition(b"\r\n")[0].decode()))
        if not said:
            challenge = f'WWW-Authenticate: Digest realm="a", nonce="n0", qop="auth", algorithm={algorithm}\r\n\r\n'
            await peer.say(NO + first + challenge.encode())
            return
        h1, h2 = hashed(algorithm, "u:a:p w"), hashed(algorithm, f"GET:{path}")
        expected = hashed(algorithm, f"{h1}:n0:{said['nc']}:{said['cnonce']}:auth:{h2}")
        is_good = said["response"] == expected and said["uri"] == path and said["username"] == "u"
        moved = b"HTTP/1.1 302 Go\r\nLocation: /two\r\nContent-Length: 0\r\n\r\n"
        await peer.say((moved if path == "/one?a=b" else OK) if is_good else NO + b"\r\n")

    return act


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
async def test_a_challenge_is_answered_also_after_a_redirect_and_no_password_is_sent(algorithm: str) -> None:
    heads: list[bytes] = []
    async with serving(asking_for_digest(algorithm, heads, b"WWW-Authenticate: Basic realm=b\r\n")) as port:
        seen = await probed("http", url=f"http://u:p%20w@127.0.0.1:{port}/one?a=b", digest=True)
    assert (seen.outcome, seen.facts["status_code"], seen.facts["redirects"]) == ("up", 200, 1)
    assert [b"Authorization: Digest" in head for head in heads] == [False, True, False, True]
    assert not [head for head in heads if b"Basic" in head]


async def test_a_wrong_password_is_the_servers_no() -> None:
    async with serving(asking_for_digest("MD5", [])) as port:
        seen = await probed("http", url=f"http://u:wrong@127.0.0.1:{port}/", digest=True)
    assert (seen.outcome, seen.reason, seen.facts["status_code"]) == ("down", Reason.HTTP_STATUS, 401)


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"WWW-Authenticate: Basic realm=a\r\n",
        b"WWW-Authenticate: Digest\r\n",
        b"WWW-Authenticate: Digest realm\r\n",
        b'WWW-Authenticate: Digest realm="a", nonce="b", qop=\r\n',
        b'WWW-Authenticate: Digest realm="a"\r\n',
        b'WWW-Authenticate: Digest realm="a", nonce="b", algorithm=ROT13\r\n',
        b'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth-int"\r\n',
        b'WWW-Authenticate: Digest realm="a", nonce="b", qop="none"\r\n',
        b"WWW-Authenticate: Digest \xff\xfe,,=,\r\n",
    ],
)
async def test_a_challenge_that_can_not_be_answered_is_judged_as_it_is(challenge: bytes) -> None:
    async with serving(answers(NO + challenge + b"\r\n")) as port:
        seen = await probed("http", url=f"http://u:p@127.0.0.1:{port}/", digest=True)
    assert (seen.outcome, seen.reason) == ("down", Reason.HTTP_STATUS)


SECRET = "s e:cret"


class TokenServer:
    """Gives one token after another to who knows the secret; and the shop, which takes the latest only."""

    def __init__(self, **said: object) -> None:
        self.said = said
        self.given = 0
        self.bodies: list[bytes] = []
        self.taken: list[bytes] = []
        self.now_ns = 10**15

    async def gives(self, peer: Peer) -> None:
        head = await peer.hear()
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        self.bodies.append(await peer.exactly(length))
        assert b"Authorization: Basic cHJvYmVyOnMlMjBlJTNBY3JldA==\r\n" in head  # prober:s%20e%3Acret
        self.given += 1
        body = json.dumps({"access_token": f"token-{self.given}", "token_type": "Bearer"} | self.said).encode()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body)

    async def takes(self, peer: Peer) -> None:
        head = await peer.hear()
        self.taken += re.findall(rb"Authorization: Bearer (\S+)", head)
        await peer.say(OK if self.taken[-1] == b"token-%d" % self.given else NO + b"\r\n")

    def prober(self, port: int, tokens: int, **keys: object) -> Callable[[], object]:
        made = options(
            "http",
            url=f"http://127.0.0.1:{port}/",
            oauth_token_url=f"http://127.0.0.1:{tokens}/token",
            oauth_client_id="prober",
            oauth_client_secret=SECRET,
            **keys,
        )
        probe = build(made, Clock(wall_ns=lambda: self.now_ns, monotonic_ns=lambda: self.now_ns))
        return lambda: probe.probe(DUE)


async def asked(probe: Callable[[], object]) -> Observation:
    seen = await probe()  # type: ignore[misc]
    assert isinstance(seen, Observation)
    return seen


async def test_a_token_is_asked_for_once_and_anew_before_its_life_ends() -> None:
    server = TokenServer(expires_in=100)
    async with serving(server.gives) as tokens, serving(server.takes) as port:
        probe = server.prober(port, tokens, oauth_scope="a b")
        assert [(await asked(probe)).outcome for _ in range(3)] == ["up", "up", "up"]
        assert server.taken == [b"token-1"] * 3
        server.now_ns += 90 * 10**9
        assert (await asked(probe)).outcome == "up"
    assert server.taken[-1] == b"token-2"
    assert server.bodies == [b"grant_type=client_credentials&scope=a+b"] * 2


@pytest.mark.parametrize("life", [None, "soon", -5, True, float("inf")])
async def test_a_life_that_is_none_is_five_minutes(life: object) -> None:
    server = TokenServer(**({} if life is None else {"expires_in": life}))
    async with serving(server.gives) as tokens, serving(server.takes) as port:
        probe = server.prober(port, tokens)
        await asked(probe)
        server.now_ns += 200 * 10**9
        await asked(probe)
        assert server.given == 1
        server.now_ns += 86_400 * 10**9
        await asked(probe)
    assert server.given == 2


async def test_a_token_that_the_target_refuses_is_not_kept() -> None:
    server = TokenServer(expires_in=3600)
    async with serving(server.gives) as tokens, serving(server.takes) as port:
        probe = server.prober(port, tokens)
        await asked(probe)
        server.taken, server.given = [b"x"], 5
        refused = await asked(probe)
        assert (refused.outcome, refused.reason) == ("down", Reason.HTTP_STATUS)
        assert (await asked(probe)).outcome == "up"


@pytest.mark.parametrize(
    ("act", "reason", "told"),
    [
        (answers(b"HTTP/1.1 400 No\r\n\r\n" + b'{"error": "invalid_client"}'), Reason.CONFIG_TOKEN,
         "the token server answers with status 400 (invalid_client)"),
        (answers(b"HTTP/1.1 401 No\r\n\r\n{}"), Reason.CONFIG_TOKEN, "the token server answers with status 401"),
        (answers(b"HTTP/1.1 503 No\r\n\r\n[1"), Reason.SELF_TOKEN, "the token server answers with status 503"),
        (answers(b"HTTP/1.1 200 OK\r\n\r\n{}"), Reason.SELF_TOKEN, "the token server's answer holds no token"),
        (answers(b'HTTP/1.1 200 OK\r\n\r\n{"access_token": "a\\nb"}'), Reason.SELF_TOKEN,
         "the token server's answer holds no token"),
        (answers(b"oh"), Reason.SELF_TOKEN, "asking the token server: "),
        (hangs_up, Reason.SELF_TOKEN, "asking the token server: "),
        (silent, Reason.SELF_TOKEN, "the token server does not answer in time"),
    ],
)  # fmt: skip
async def test_a_token_server_that_fails_is_not_the_target(act: Act, reason: Reason, told: str) -> None:
    async with serving(act) as tokens:
        probe = build(
            options(
                "http",
                url="http://127.0.0.1:9/",
                timeout="500ms",
                oauth_token_url=f"http://127.0.0.1:{tokens}/",
                oauth_client_id="prober",
                oauth_client_secret=SECRET,
            ),
            Clock(),
        )
        seen = await probe.probe(DUE)
    assert (seen.outcome, seen.reason) == ("unknown", reason)
    assert seen.detail.startswith(told)


async def test_a_client_certificate_is_shown_to_the_urls_origin_only(
    certificates: Certificates, tmp_path: Path
) -> None:
    key, chain = certificates.pem("good")
    (tmp_path / "client.pem").write_bytes(key + chain)
    asking = certificates.fresh("good")
    asking.load_verify_locations(certificates.ca)
    asking.verify_mode = ssl.CERT_REQUIRED
    keys: dict[str, object] = {"ca": str(certificates.ca), "client_cert": str(tmp_path / "client.pem")}
    async with serving(answers(OK), asking) as port:
        assert (await probed("http", url=f"https://127.0.0.1:{port}/", **keys)).outcome == "up"
        without = await probed("http", url=f"https://127.0.0.1:{port}/", ca=str(certificates.ca))
        assert without.outcome == "down"
        moved = f"HTTP/1.1 302 Go\r\nLocation: https://127.0.0.1:{port}/\r\n\r\n".encode()
        async with serving(answers(moved)) as start:
            led = await probed("http", url=f"http://127.0.0.1:{start}/", **keys)
    assert (led.outcome, led.facts["redirects"]) == ("down", 1)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"digest": True}, "digest: a user name and password in the URL"),
        ({"oauth_token_url": "http://b.test"}, "oauth_client_secret: oauth_token_url, oauth_client_id and"),
        ({"oauth_client_id": "a", "oauth_client_secret": "b"}, "oauth_client_secret: oauth_token_url, oauth_client_id"),
        ({"oauth_token_url": "b.test", "oauth_client_id": "a", "oauth_client_secret": "b"}, "oauth_token_url: a URL"),
        ({"oauth_token_url": "http://u:p@b.test", "oauth_client_id": "a", "oauth_client_secret": "b"},
         "oauth_token_url: a URL without a user name"),
        ({"bearer": "x", "oauth_token_url": "http://b.test", "oauth_client_id": "a", "oauth_client_secret": "b"},
         "oauth_token_url: one way to authorize"),
        ({"client_cert": "/nonexistent.pem"}, "client_cert: a readable PEM file with a certificate and its key"),
        ({"client_cert": __file__}, "client_cert: a readable PEM file with a certificate and its key"),
    ],
)  # fmt: skip
async def test_mistakes_are_found(keys: dict[str, object], told: str) -> None:
    (found,) = mistakes("http", url="http://a.test", **keys)
    assert found.startswith(told)
