"""Kind websocket: the upgrade, and a short conversation."""

import pytest

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.websocket import guesses
from tests.probes.scene import mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.conftest import certificates as certificates  # the same, for this room
from tests.wire.hostile import Peer, answers, serving, silent
from tests.wire.websocket_server import TEXT, echoes, frame, telling, upgraded

pytestmark = pytest.mark.anyio


async def test_a_peer_that_consents_is_up() -> None:
    async with serving(echoes) as port:
        seen = await probed("websocket", url=f"ws://127.0.0.1:{port}/")
    assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
    assert [phase for phase, _ in seen.phases_us] == [
        Phase.RESOLVE, Phase.CONNECT, Phase.SEND, Phase.PROCESSING, Phase.TRANSFER,
    ]  # fmt: skip
    assert seen.facts == {"status_code": 101, "ip": "127.0.0.1", "ip_protocol": 4, "ssl": 0}


async def test_what_is_sent_comes_back_by_tls(certificates: Certificates) -> None:
    async with serving(echoes, certificates.context("good")) as port:
        keys = {"url": f"wss://127.0.0.1:{port}/", "ca": str(certificates.ca), "send": "ping"}
        seen = await probed("websocket", **keys, expect="ping")
        assert (seen.outcome, seen.facts["ssl"], seen.facts["tls_version"]) == ("up", 1, "TLS 1.3")
        soon = await probed("websocket", **keys, cert_expiring_within="60d")
    assert (soon.outcome, soon.reason) == ("degraded", Reason.CERT_EXPIRING)


async def test_a_refused_certificate_is_known_all_the_same(certificates: Certificates) -> None:
    async with serving(echoes, certificates.context("expired")) as port:
        seen = await probed("websocket", url=f"wss://127.0.0.1:{port}/", ca=str(certificates.ca))
    assert (seen.outcome, seen.reason) == ("down", Reason.TLS_EXPIRED)
    assert int(seen.facts["cert_expiry_s"]) > 0


async def test_the_expected_message_may_come_after_others() -> None:
    async with serving(telling(frame(TEXT, b"hello"), frame(TEXT, b"tick 12"))) as port:
        seen = await probed("websocket", url=f"ws://127.0.0.1:{port}/", expect={"matches": "^tick [0-9]+$"})
        assert seen.outcome == "up"
        never = await probed("websocket", url=f"ws://127.0.0.1:{port}/", expect="tock", timeout="500ms")
    assert (never.outcome, never.reason) == ("down", Reason.EXPECT_MESSAGE)
    assert never.detail == 'expected "tock", found no such message'


async def test_headers_and_who_we_are_are_sent_and_subprotocols_must_be_taken() -> None:
    heads: list[bytes] = []

    async def act(peer: Peer) -> None:
        heads.append(await peer.hear())

    async def rest(peer: Peer) -> None:
        await peer.stall()

    async with serving(act) as port:
        url = f"ws://u:p@127.0.0.1:{port}/live?a=b"
        await probed("websocket", url=url, headers={"Origin": "https://a.test"}, subprotocols=["chat", "v2"])
        await probed("websocket", url=f"ws://127.0.0.1:{port}/", bearer="abc")
    assert heads[0].startswith(b"GET /live?a=b HTTP/1.1\r\n")
    for line in (b"Origin: https://a.test", b"Authorization: Basic dTpw", b"Sec-WebSocket-Protocol: chat, v2"):
        assert line.lower() in heads[0].lower()
    assert b"authorization: bearer abc" in heads[1].lower()
    async with serving(upgraded(rest, b"Sec-WebSocket-Protocol: chat")) as port:
        assert (await probed("websocket", url=f"ws://127.0.0.1:{port}/", subprotocols=["chat"])).outcome == "up"
    async with serving(upgraded(rest)) as port:
        seen = await probed("websocket", url=f"ws://127.0.0.1:{port}/", subprotocols=["chat"])
    assert (seen.outcome, seen.reason) == ("down", Reason.EXPECT_MESSAGE)


async def test_a_refusal_and_silence_are_told_apart() -> None:
    async with serving(answers(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")) as port:
        seen = await probed("websocket", url=f"ws://127.0.0.1:{port}/")
    assert (seen.outcome, seen.reason, seen.facts["status_code"]) == ("down", Reason.HTTP_STATUS, 404)
    async with serving(silent) as port:
        seen = await probed("websocket", url=f"ws://127.0.0.1:{port}/", timeout="300ms")
    assert (seen.outcome, seen.reason, seen.phases_us[-1][0]) == ("down", Reason.HTTP_TIMEOUT, Phase.PROCESSING)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "url: "),
        ({"url": 5}, "url: a URL such as"),
        ({"url": "http://a.test"}, "url: a URL such as"),
        ({"url": "ws://"}, "url: a URL such as"),
        ({"url": "ws://a.test", "headers": {"Upgrade": "x"}}, "headers: prober's own header Upgrade"),
        ({"url": "ws://a.test", "headers": {"Sec-WebSocket-Key": "x"}}, "headers: prober's own header"),
        ({"url": "ws://a.test", "headers": {"X": "a\nb"}}, "headers: one line of text"),
        ({"url": "ws://a.test", "bearer": "a b"}, "bearer: a token"),
        ({"url": "ws://a.test", "subprotocols": ["a b"]}, "subprotocols: subprotocols such as"),
        ({"url": "ws://a.test", "expect": 5}, "expect: a text or comparisons"),
        ({"url": "ws://a.test", "expect": {"matches": "("}}, "expect: a regular expression"),
        ({"url": "ws://[::1]", "family": "4"}, "family: "),
    ],
)
async def test_mistakes_are_found(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("websocket", **keys)
    assert found.startswith(said)


async def test_what_a_target_means() -> None:
    assert guesses("WSS://a.test/x") == {"url": "WSS://a.test/x"}
    assert guesses("https://a.test") is None
    assert options("websocket", url="wss://u:p@http.test:444/x").target() == "wss://http.test:444/x"
