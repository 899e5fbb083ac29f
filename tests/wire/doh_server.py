"""A DNS server on loopback that is asked by HTTPS (RFC 8484), and answers as it is told to."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import dns.message

from tests.wire.dns_server import Answer
from tests.wire.hostile import Peer, serving

TYPE = b"application/dns-message"


@asynccontextmanager
async def doh_server(
    answer: Answer,
    context: ssl.SSLContext,
    heard: list[str] | None = None,
    *,
    status: str = "200 OK",
    media_type: bytes = TYPE,
) -> AsyncIterator[int]:
    """The port. heard: first line and Host of each request. Without an answer it says nothing more."""

    async def act(peer: Peer) -> None:
        head = (await peer.hear()).decode()
        line, *fields = head.splitlines()
        told = dict(field.lower().split(": ", 1) for field in fields if field)
        if heard is not None:
            heard.append(f"{line} {told['host']}")
        method, target, _ = line.split()
        if method == "POST":
            assert told["content-type"] == TYPE.decode()
            message = await peer.exactly(int(told["content-length"]))
        else:
            text = parse_qs(urlsplit(target).query)["dns"][0]
            message = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        said = answer(dns.message.from_wire(message), "https")
        if not said:
            await peer.stall()
        await peer.say(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(said[0])}\r\n".encode(),
            b"Content-Type: " + media_type + b"\r\n\r\n" + said[0],
        )

    async with serving(act, context) as port:
        yield port
