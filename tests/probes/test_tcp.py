"""Kind tcp: up when a connection can be made."""

import datetime as dt
import socket
import ssl

import anyio
import pytest

from prober.core.model import Observation, Phase
from prober.core.reason import Reason
from prober.probes.tcp import guesses
from tests.probes.scene import mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.hostile import Act, Peer, answers, hangs_up, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"), dt.datetime.now(dt.UTC))


def says_then_stalls(said: bytes) -> Act:
    async def act(peer: Peer) -> None:
        await peer.say(said)
        await peer.stall()

    return act


async def test_a_port_that_accepts_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = await probed("tcp", host="127.0.0.1", port=server.getsockname()[1])
    assert (seen.outcome, seen.reason) == ("up", None)
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.CONNECT]
    assert seen.facts == {"ip": "127.0.0.1", "ip_protocol": 4}


async def test_a_name_is_looked_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = await probed("tcp", host="localhost", port=server.getsockname()[1], family="4")
    assert (seen.outcome, seen.facts["ip"]) == ("up", "127.0.0.1")


async def test_a_refused_connection_is_down_by_the_targets_fault(free_port: int) -> None:
    seen = await probed("tcp", host="127.0.0.1", port=free_port)
    assert (seen.outcome, seen.reason) == ("down", Reason.CONNECT_REFUSED)
    assert seen.detail == f"connecting to 127.0.0.1 port {free_port}: connection refused"


async def test_nothing_is_sent_and_the_peer_sees_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        await probed("tcp", host="127.0.0.1", port=server.getsockname()[1])
        peer, _ = server.accept()
        with peer:
            peer.settimeout(10)
            assert await anyio.to_thread.run_sync(peer.recv, 9) == b""


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"host": "a b", "port": 1}, "host: a host name or address"),
        ({"host": 5, "port": 1}, "host: a host name or address"),
        ({"host": "a.test", "port": 0}, "port: "),
        ({"host": "a.test", "port": "80"}, "port: "),
        ({"host": "a.test"}, "port: "),
        ({"host": "::1", "port": 1, "family": "4"}, 'family: "any" or "6", as the target is an IPv6 address'),
        ({"host": "a.test", "port": 1, "family": "5"}, "family: "),
        ({"host": "a b", "port": 1, "family": "4"}, "host: a host name or address"),
    ],
)
async def test_mistakes_are_found_before_anything_is_probed(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("tcp", **keys)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("tcp://db.test:5432", {"host": "db.test", "port": 5432}),
        ("[::1]:22", {"host": "::1", "port": 22}),
        ("db.test", None),
        ("http://db.test:80", None),
        ("db.test:0", None),
    ],
)
async def test_what_a_target_on_the_command_line_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


async def test_a_target_is_shown_as_it_would_be_written() -> None:
    assert options("tcp", host="::1", port=22).target() == "[::1]:22"
    assert options("tcp", host="DB.test", port=22).target() == "db.test:22"


OPENING: list[dict[str, object]] = [
    {"expect": "^220 "}, {"send": "EHLO prober\r"}, {"expect": "^250.(?P<word>STARTTLS)"}, {"send": "$word\r"},
    {"expect": "^220 ", "starttls": True}, {"send": "NOOP"}, {"expect": "^250 (.*)$"}, {"send": "$1"},
    {"expect": "bye"},
]  # fmt: skip


def mail(context: ssl.SSLContext, then: bytes = b"") -> Act:
    async def act(peer: Peer) -> None:
        await peer.say(b"220-mail.test ESMTP\r\n", b"220 ready\r\n")
        assert await peer.line() == b"EHLO prober\r\n"
        await peer.say(b"250-mail.test\r\n250 STARTTLS\r\n")
        assert await peer.line() == b"STARTTLS\r\n"
        await peer.say(b"220 go ahead\r\n" + then)
        await peer.secure(context)
        assert await peer.line() == b"NOOP\n"
        await peer.say(b"500 what?\r\n250 as you like\r\n")
        assert await peer.line() == b"as you like\n"
        await peer.say(b"221 bye\r\n")

    return act


async def conversed(port: int, *steps: dict[str, object], **keys: object) -> Observation:
    return await probed("tcp", host="127.0.0.1", port=port, query_response=list(steps), **keys)


async def test_a_conversation_goes_on_by_tls(certificates: Certificates) -> None:
    async with serving(mail(certificates.context("good"))) as port:
        seen = await conversed(port, *OPENING, ca=str(certificates.ca))
        refused = await conversed(port, *OPENING)
    assert (seen.outcome, seen.detail) == ("up", "")
    assert (seen.facts["ssl"], seen.facts["tls_version"]) == (1, "TLS 1.3")
    assert {phase for phase, _ in seen.phases_us} == {Phase.RESOLVE, Phase.CONNECT, Phase.TLS, Phase.PROCESSING}
    assert (refused.outcome, refused.reason) == ("down", Reason.TLS_UNTRUSTED)


async def test_what_comes_in_plain_with_the_consent_to_tls_is_refused(certificates: Certificates) -> None:
    async with serving(mail(certificates.context("good"), b"250 injected\r\n")) as port:
        seen = await conversed(port, *OPENING, ca=str(certificates.ca))
    assert (seen.outcome, seen.reason) == ("down", Reason.TLS_HANDSHAKE)


async def test_a_conversation_may_be_by_tls_from_the_beginning(certificates: Certificates) -> None:
    async with serving(answers(b"+OK\r\n", b"PONG\r\n"), certificates.context("good")) as port:
        keys = {"tls": True, "ca": str(certificates.ca)}
        seen = await conversed(port, {"send": "GET / HTTP/1.0\r\n\r"}, {"expect": "^PONG$"}, **keys)
        soon = await conversed(port, **keys, cert_expiring_within="60d")
    assert (seen.outcome, seen.detail) == ("up", "")
    assert (soon.outcome, soon.reason) == ("degraded", Reason.CERT_EXPIRING)


@pytest.mark.parametrize(
    ("act", "detail"),
    [
        (hangs_up, "the peer closed the connection without an answer"),
        (says_then_stalls(b"nothing of it\n"), 'expected a line that matches "^220 ", found no such line'),
        (says_then_stalls(b"no end of line: 220 "), 'expected a line that matches "^220 ", found no such line'),
        (says_then_stalls(b"x" * 1_100_000), "the peer says more than 1048576 bytes"),
        (says_then_stalls(b"\xff\xfe\n" * 9), 'expected a line that matches "^220 ", found no such line'),
    ],
)
async def test_a_peer_without_the_expected_line_is_down(act: Act, detail: str) -> None:
    async with serving(act) as port:
        seen = await conversed(port, {"expect": "^220 "}, timeout="400ms")
    assert (seen.outcome, seen.reason, seen.detail) == ("down", Reason.EXPECT_MESSAGE, detail)


def test_an_expression_that_is_none_is_told() -> None:
    keys = {"host": "a.test", "port": 1, "query_response": [{"expect": "("}]}
    (told,) = mistakes("tcp", **keys)
    assert told.startswith("query_response.0.expect: a regular expression of RE2")
