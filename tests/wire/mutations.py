"""Answers by HTTP that have gone wrong in random ways, each known by its number: the same number, the same answer."""

import asyncio
import gzip
import random
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, cast

from prober.clock import Clock
from prober.core.model import Due, Observation
from prober.probes import Probe
from prober.probes.http import build
from tests.probes.scene import options

_JSON = b'{"status": "ready", "list": [1, 2.5e3, null, {"a": "\\u00e9"}], "deep": ' + b"[" * 40 + b"]" * 40 + b"}"
_GZIP, _DEFLATE = gzip.compress(_JSON, mtime=0), zlib.compress(_JSON)


def _whole(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body])


GOOD: Sequence[bytes] = (
    _whole(_JSON, b"Content-Type: application/json", b"Server: x"),
    _whole(_GZIP, b"Content-Encoding: gzip"),
    _whole(_DEFLATE, b"Content-Encoding: deflate"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nready\r\n40\r\n"
    + b"x" * 64
    + b"\r\n0\r\nT: u\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nready until the end",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + _whole(b"ready"),
    b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="a", nonce="b", qop="auth"\r\nContent-Length: 0\r\n\r\n',
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nready",
    b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=b; Path=/\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\nbusy",
)
_PIECES: Sequence[bytes] = (
    b"\r\n", b"\n", b"\r", b"\0", b"\xff", b":", b" ", b"\t", b"HTTP/1.1 200 OK\r\n", b"HTTP/9.9 ",
    b"-1", b"0x10", b"99999999999999999999", b"ffffffffffffffff\r\n", b"0\r\n\r\n",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Encoding: gzip\r\n", b"A" * 70_000, b"X: y\r\n" * 300, b"\r\n\r\n", b"\xe2\x80\xae",
    b"ready", b"NaN", b"1e999",
)  # fmt: skip


class Mutant(NamedTuple):
    """pieces: what is sent, each by itself. is_reset: whether the connection ends by a reset."""

    pieces: Sequence[bytes]
    is_reset: bool


def mutant(number: int) -> Mutant:
    """The answer of that number."""
    dice = random.Random(number)
    answer = bytearray(dice.choice(GOOD))
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        _mutate(answer, dice)
    pieces = [bytes(answer)]
    if dice.random() < 0.3:
        cuts = sorted(dice.randrange(len(answer) + 1) for _ in range(dice.randrange(1, 6)))
        pieces = [bytes(answer[a:b]) for a, b in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    return Mutant(pieces, dice.random() < 0.1)


def _mutate(answer: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(answer) + 1)
    end = min(len(answer), at + dice.choice((1, 1, 2, 5, 20, 200)))
    match dice.randrange(7):
        case 0:
            answer[at:end] = dice.randbytes(end - at)
        case 1:
            del answer[at:end]
        case 2:
            answer[at:at] = answer[at:end]
        case 3:
            answer[at:at] = dice.choice(_PIECES)
        case 4:
            del answer[at:]
        case 5:
            answer[at:] = dice.choice(GOOD)
        case _ if at < len(answer):
            answer[at] ^= 1 << dice.randrange(8)


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """A port where `GET /<number>` gets that answer; `GET /good` gets a good one. It never keeps anybody waiting."""

    class Server(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.heard = cast(asyncio.Transport, transport), b""  # uvloop's, by its methods

        def data_received(self, data: bytes) -> None:
            self.heard += data
            if b"\r\n\r\n" in self.heard:
                self.answer(self.heard.split()[1][1:].decode())
                self.heard = b""

        def answer(self, name: str) -> None:
            found = Mutant([GOOD[0]], False) if name == "good" else mutant(int(name))
            transport = self.transport
            for piece in found.pieces:
                transport.write(piece)
            if found.is_reset:
                sock: socket.socket = transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                transport.abort()
            else:
                transport.close()

    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=1024)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


# How an answer is looked at: each of these reads another part of it.
_LOOKS: Sequence[dict[str, object]] = (
    {},
    {"expect_body": "ready", "expect_not_body": "busy"},
    {"expect_json": {"$.status": "ready", "$..a": {"exists": True}}, "expect_header": {"Server": {"matches": "^x"}}},
    {"any": [{"expect_body": "ready"}, {"expect_json": {"$.list[?@ > 2]": 2500}}], "expect_within": {"total": "1h"}},
    {"digest": True, "body_limit": 100, "expect_status": ["100-599"]},
)


def prober(port: int, number: int | str, timeout: str = "30s") -> Probe:
    """Asks for the answer of that number."""
    look = _LOOKS[number % len(_LOOKS)] if isinstance(number, int) else _LOOKS[1]
    userinfo = "u:p@" if "digest" in look else ""
    made = options(
        "http", url=f"http://{userinfo}127.0.0.1:{port}/{number}", follow_redirects=False, timeout=timeout, **look
    )
    return build(made, Clock())


async def answered(port: int, number: int | str) -> Observation:
    """What is made of that answer."""
    return await prober(port, number).probe(Due(str(number), 0))
