"""A WebSocket server on loopback, written frame by frame, so that it can do what no library would."""

import base64
import hashlib
import re
import struct
from collections.abc import Awaitable, Callable

from tests.wire.hostile import Act, Peer

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", is_last: bool = True) -> bytes:
    """As a server sends it."""
    first = (0x80 if is_last else 0) | opcode
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    return bytes([first, 126]) + struct.pack("!H", len(payload)) + payload


async def heard(peer: Peer) -> tuple[int, bytes]:
    """The next frame of a client, which is masked: its opcode and what it says."""
    first, length = await peer.exactly(2)
    assert length & 0x80
    length &= 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", await peer.exactly(2))
    mask, masked = await peer.exactly(4), await peer.exactly(length)
    return first & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))


def upgraded(then: Callable[[Peer], Awaitable[None]], *more: bytes) -> Act:
    """Consents to the upgrade, with more headers, and goes on."""

    async def act(peer: Peer) -> None:
        head = await peer.hear()
        found = re.search(rb"Sec-WebSocket-Key: (\S+)", head, re.IGNORECASE)
        assert found
        accept = base64.b64encode(hashlib.sha1(found[1] + _MAGIC, usedforsecurity=False).digest())
        lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
        await peer.say(b"\r\n".join([*lines, b"Sec-WebSocket-Accept: " + accept, *more, b"", b""]))
        await then(peer)

    return act


def telling(*pieces: bytes) -> Act:
    """Says these bytes after the upgrade, then waits."""

    async def then(peer: Peer) -> None:
        await peer.say(*pieces)
        await peer.stall()

    return upgraded(then)


async def _echo(peer: Peer) -> None:
    while True:
        opcode, payload = await heard(peer)
        if opcode == CLOSE:
            await peer.say(frame(CLOSE, payload))
            return
        await peer.say(frame(opcode, payload))


echoes = upgraded(_echo)
