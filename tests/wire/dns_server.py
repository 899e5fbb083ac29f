"""A name server on loopback, by UDP and TCP on one port, that answers as it is told to."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.wire.hostile import Peer, serving

Answer = Callable[[dns.message.Message, str], list[bytes]]
"""What is sent for a question that came by "udp" or "tcp": messages as they go over the wire."""


def answers(*records: str, rcode: str = "NOERROR", flags: str = "QR AA", authority: tuple[str, ...] = ()) -> Answer:
    """Says these records, written as in a zone's file: `shop.test. 60 IN A 192.0.2.1`."""

    def answer(asked: dns.message.Message, _: str) -> list[bytes]:
        said = dns.message.make_response(asked)
        said.flags |= dns.flags.from_text(flags)
        said.set_rcode(dns.rcode.from_text(rcode))
        said.answer = [_rrset(record) for record in records]
        said.authority = [_rrset(record) for record in authority]
        return [said.to_wire()]

    return answer


def _rrset(record: str) -> dns.rrset.RRset:
    name, ttl, class_, type_, said = record.split(maxsplit=4)
    return dns.rrset.from_text(name, int(ttl), class_, type_, said)


def says(*messages: bytes) -> Answer:
    return lambda asked, transport: list(messages)


def truncated(whole: Answer) -> Answer:
    """Answers by TCP only; by UDP it says that there is more."""
    cut = answers(flags="QR TC")
    return lambda asked, transport: (cut if transport == "udp" else whole)(asked, transport)


def with_id(answer: Answer, change: int) -> Answer:
    """The answer with another id."""

    def changed(asked: dns.message.Message, transport: str) -> list[bytes]:
        return [
            ((int.from_bytes(said[:2]) + change) % 65_536).to_bytes(2) + said[2:] for said in answer(asked, transport)
        ]

    return changed


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        for said in self._answer(dns.message.from_wire(data), "udp"):
            self._transport.sendto(said, peer)


@asynccontextmanager
async def name_server(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port where questions are answered. context: whoever connects speaks TLS."""

    async def act(peer: Peer) -> None:
        length = int.from_bytes(await peer.exactly(2))
        for said in answer(dns.message.from_wire(await peer.exactly(length)), "tcp"):
            await peer.say(len(said).to_bytes(2) + said)

    async with serving(act, context) as port:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", port))
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Server(answer), sock=sock)
        try:
            yield port
        finally:
            transport.abort()


def of_names(**told: Answer) -> Answer:
    """Answers by the first label of the name that is asked for, the root's being `root`; of others it says NXDOMAIN."""
    other = answers(rcode="NXDOMAIN", flags="QR RA")

    def answer(asked: dns.message.Message, transport: str) -> list[bytes]:
        label = asked.question[0].name.labels[0].decode().lower() or "root"
        return told.get(label, other)(asked, transport)

    return answer


def of_types(**told: Answer) -> Answer:
    """Answers by the type that is asked for; of others it says that there are none."""
    other = answers(flags="QR RA")

    def answer(asked: dns.message.Message, transport: str) -> list[bytes]:
        type_ = dns.rdatatype.to_text(asked.question[0].rdtype)
        return told.get(type_, other)(asked, transport)

    return answer


def in_turn(*each: Answer) -> Answer:
    """A new behaviour for each question, the last one from then on."""
    left = list(each)
    return lambda asked, transport: (left.pop(0) if len(left) > 1 else left[0])(asked, transport)


def noting(heard: list[str], answer: Answer) -> Answer:
    """Writes down who is asked for, and how."""

    def noted(asked: dns.message.Message, transport: str) -> list[bytes]:
        one = asked.question[0]
        heard.append(f"{one.name} {dns.rdatatype.to_text(one.rdtype)} {transport}")
        return answer(asked, transport)

    return noted


SILENCE = says()
