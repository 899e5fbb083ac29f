"""Proxies on loopback, by HTTP and SOCKS5, that pass on what they are asked to, or refuse; and a server by HTTP/2."""

import asyncio
import ssl
from contextlib import suppress

import anyio
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded

from tests.wire.hostile import Act, Peer


async def _piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, over: anyio.CancelScope) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    over.cancel()


async def _joined(peer: Peer, host: str, port: int, first: bytes = b"") -> None:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(first)
    try:
        async with anyio.create_task_group() as tasks:  # until one side has said all
            tasks.start_soon(_piped, peer.reader, writer, tasks.cancel_scope)
            tasks.start_soon(_piped, reader, peer.writer, tasks.cancel_scope)
    finally:
        writer.close()


def by_http(heads: list[bytes], status: int = 200) -> Act:
    """Passes on requests, and makes tunnels; another status refuses them."""

    async def act(peer: Peer) -> None:
        head = await peer.hear()
        heads.append(head)
        method, target, _ = head.split(b"\r\n")[0].split(b" ")
        if status != 200:
            await peer.say(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)
        elif method == b"CONNECT":
            host, _, port = target.decode().rpartition(":")
            await peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
            await _joined(peer, host, int(port))
        else:
            place = target.decode().split("/")[2]
            host, _, port = place.rpartition(":")
            await _joined(peer, host, int(port), head)

    return act


def by_socks(asked: list[bytes], reply: int = 0) -> Act:
    """Connects to 127.0.0.1, whatever the name; another reply refuses to."""

    async def act(peer: Peer) -> None:
        _, methods = await peer.exactly(2)
        await peer.exactly(methods)
        await peer.say(b"\5\0")
        _, _, _, kind = await peer.exactly(4)
        length = {1: 4, 4: 16}.get(kind) or (await peer.exactly(1))[0]
        asked.append(await peer.exactly(length))
        port = int.from_bytes(await peer.exactly(2))
        await peer.say(bytes([5, reply, 0, 1, 127, 0, 0, 1, 0, 0]))
        if reply == 0:
            await _joined(peer, "127.0.0.1", port)

    return act


def by_http2(status: int, body: bytes, *headers: tuple[str, str], seen: list[dict[str, str]] | None = None) -> Act:
    """Answers every request so."""

    async def act(peer: Peer) -> None:
        server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        server.initiate_connection()
        await peer.say(server.data_to_send())
        while data := await peer.reader.read(65_536):
            for event in server.receive_data(data):
                if isinstance(event, RequestReceived) and seen is not None:
                    seen.append({str(name): str(value) for name, value in event.headers or ()})
                if isinstance(event, StreamEnded):
                    server.send_headers(event.stream_id or 0, [(":status", str(status)), *headers])
                    server.send_data(event.stream_id or 0, body, end_stream=True)
            await peer.say(server.data_to_send())

    return act


def offering(context: ssl.SSLContext, *protocols: str) -> ssl.SSLContext:
    """The context, which lets a client choose among these."""
    context.set_alpn_protocols(list(protocols))
    return context
