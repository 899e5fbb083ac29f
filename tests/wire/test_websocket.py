"""The upgrade and messages, and what hostile servers make of them."""

import anyio
import pytest

from prober.core.reason import Reason
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed
from prober.wire.websocket import MOST_EVENTS, MOST_MESSAGES, Socket
from tests.wire.hostile import Act, Peer, answers, serving
from tests.wire.websocket_server import BINARY, CLOSE, PING, PONG, TEXT, echoes, frame, heard, telling, upgraded

pytestmark = pytest.mark.anyio


async def first_messages(act: Act, count: int, send: str | None = None) -> list[str | bytes]:
    """The first messages that the server has for a client, which may say something before."""
    found: list[str | bytes] = []
    async with serving(act) as port:
        transport, talk = await connect(
            lambda: Dialogue(Reason.WEBSOCKET_CLOSED, 1 << 20), Address("127.0.0.1", 4), port
        )
        try:
            with anyio.fail_after(20):
                socket = Socket(talk)
                socket.ask("a.test", "/live?x=1", {"X-Key": "abc"}, [])
                await socket.accepted()
                if send is not None:
                    socket.say(send)
                async for message in socket.messages():
                    found.append(message)
                    if len(found) == count:
                        socket.close()
                        break
        finally:
            transport.abort()
    return found


async def test_messages_come_whole_and_in_order() -> None:
    pieces = (frame(TEXT, b"one "), frame(BINARY, b"\0\1"), frame(TEXT, b"tw", is_last=False), frame(0, b"o"))
    assert await first_messages(telling(*pieces), 3) == ["one ", b"\0\1", "two"]


async def test_what_is_said_is_heard() -> None:
    assert await first_messages(echoes, 1, "é" * 200) == ["é" * 200]


async def test_a_ping_is_answered_even_within_a_message() -> None:
    async def then(peer: Peer) -> None:
        await peer.say(frame(TEXT, b"a", is_last=False), frame(PING, b"hello"))
        assert await heard(peer) == (PONG, b"hello")
        await peer.say(frame(0, b"b"))

    assert await first_messages(upgraded(then), 1) == ["ab"]


@pytest.mark.parametrize(
    ("act", "reason", "said"),
    [
        (answers(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), Reason.HTTP_STATUS, "found 403"),
        (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Reason.HTTP_STATUS, "found 200"),
        (answers(b"HTTP/1.1 101 Yes\r\n\r\n"), Reason.WEBSOCKET_MALFORMED, "no WebSocket"),
        (answers(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Reason.WEBSOCKET_MALFORMED, "no WebSocket"),
        (answers(b"HTTP/1.1 101 \xff\xfe\r\nX:" + b"y" * 100_000), Reason.WEBSOCKET_MALFORMED, "no WebSocket"),
        (
            answers(
                b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"
            ),
            Reason.WEBSOCKET_MALFORMED, "no WebSocket",
        ),
        (answers(b"HTTP/1.1 101"), Reason.WEBSOCKET_CLOSED, "closed the connection"),
        (telling(frame(CLOSE, b"\x03\xe9bye")), Reason.WEBSOCKET_CLOSED, "with code 1001"),
        (telling(frame(TEXT, b"\xff\xfe")), Reason.WEBSOCKET_MALFORMED, "no WebSocket"),
        (telling(b"\xff\xff\xff\xff"), Reason.WEBSOCKET_MALFORMED, "no WebSocket"),
        (telling(b"\x81\x81\0\0\0\0x"), Reason.WEBSOCKET_MALFORMED, "no WebSocket"),
        (telling(frame(TEXT, b"x" * 60_000) * 20), Reason.WEBSOCKET_CLOSED, "says more than"),
        (telling(frame(TEXT, b"x", is_last=False), frame(0, is_last=False) * MOST_EVENTS),
         Reason.WEBSOCKET_MALFORMED, "more than"),
        (telling(frame(TEXT, b"x") * (MOST_MESSAGES + 9)), Reason.EXPECT_MESSAGE, "none of"),
    ],
)  # fmt: skip
async def test_every_bad_answer_has_its_reason(act: Act, reason: Reason, said: str) -> None:
    with pytest.raises(Failed, match=said) as caught:
        await first_messages(act, 2_000)
    assert caught.value.reason is reason
