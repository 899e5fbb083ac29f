"""One request, on a connection of its own, by the HTTP/1.1 that probes speak: for what is sent, not probed.

No pool, no cookies, no redirects, no proxies; one deadline. An answer counts from its head on, however it goes on. Of
several addresses the next one is tried when the one before has refused, or has not answered for a share of the time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio

from prober.core.reason import Reason
from prober.wire import tls
from prober.wire.failure import Failed
from prober.wire.http1 import Exchange, Reading, Response
from prober.wire.phases import Stopwatch
from prober.wire.request import NOT_A_VALUE
from prober.wire.url import Url

MAX_ANSWER_BYTES: Final = 64 * 1024
PATIENCE_S: Final = 2.0
"""So long an address is waited for while there is another one."""
SWITCHING_PROTOCOLS: Final = 101

LookUp = Callable[[str], Awaitable[Sequence[str]]]


def reading(*fields: str) -> Reading:
    """What is read of an answer: its status, the values of these headers, and a polite amount of its body.

    Who is cut off while he answers would log an error of his own.
    """
    wanted = frozenset(name.lower().encode() for name in fields)
    return Reading(frozenset(range(200, 1000)), False, b"", MAX_ANSWER_BYTES, keep=True, fields=wanted)


def written(url: Url, headers: Sequence[tuple[str, str]], body: bytes, verb: str = "POST") -> bytes:
    """The bytes of a request. headers: all but Host and Content-Length. ValueError for what no header can hold."""
    lines = [f"{verb} {url.path} HTTP/1.1", f"Host: {url.authority}"]
    for name, value in headers:
        if NOT_A_VALUE.search(value):
            raise ValueError(f"header {name} holds a control character")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def posted(
    url: Url, wire: bytes, reading: Reading, look_up: LookUp, timeout_s: float, ca: str | None = None
) -> Response | None:
    """The answer, maybe broken off; None if not even its head came before the deadline.

    look_up: the addresses of the host, which alone are connected to. ca: path of the PEM file to trust instead of the
    system's authorities. Raises what that raises, OSError if there is no
    connection, and Failed.
    """
    exchange: Exchange | None = None
    with anyio.move_on_after(timeout_s):
        transport, exchange = await _connected(await look_up(url.host), url.port, reading, timeout_s)
        secured: asyncio.Transport = transport
        try:
            if url.scheme == "https":
                exchange.expect_quiet()
                secured = await tls.secure(transport, exchange, tls.context(True, ca), url.host.removesuffix("."))
            response = await exchange.ask(secured, wire)
        except Failed:
            if exchange.heard is None:
                raise
            response = exchange.heard
        finally:
            secured.abort()
            transport.abort()
        if response.status == SWITCHING_PROTOCOLS:
            raise Failed(Reason.HTTP_MALFORMED, "it switches to another protocol, which nobody asked for")
        return response
    return None if exchange is None else exchange.heard


async def _connected(
    ips: Sequence[str], port: int, reading: Reading, timeout_s: float
) -> tuple[asyncio.Transport, Exchange]:
    """A connection to the first address that takes one. Raises OSError."""

    def make() -> Exchange:
        return Exchange(Stopwatch(lambda: 0), reading, is_head=False)

    loop, trouble = asyncio.get_running_loop(), OSError("the host has no address")
    for ip in ips:
        patience_s = None if ip == ips[-1] else min(PATIENCE_S, timeout_s / len(ips))
        try:
            async with asyncio.timeout(patience_s):
                return await loop.create_connection(make, ip, port)
        except OSError as error:  # which the end of patience is as well
            trouble = error
    raise trouble
