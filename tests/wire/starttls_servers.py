"""Servers on loopback that speak a protocol up to where TLS begins, each as its standard says."""

import ssl
from collections.abc import Awaitable, Callable, Mapping

from tests.wire.hostile import Act, Peer

Opening = Callable[[Peer], Awaitable[None]]


async def heard(peer: Peer, expected: bytes) -> None:
    found = await peer.line()
    assert found == expected, found


async def smtp(peer: Peer) -> None:
    await peer.say(b"220-mail.test ESMTP\r\n", b"220 ready\r\n")
    await heard(peer, b"EHLO prober\r\n")
    await peer.say(b"250-mail.test\r\n250-starttls\r\n", b"250 SIZE 1000\r\n")
    await heard(peer, b"STARTTLS\r\n")
    await peer.say(b"220 go ahead\r\n")


async def imap(peer: Peer) -> None:
    await peer.say(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
    await heard(peer, b"a STARTTLS\r\n")
    await peer.say(b"* CAPABILITY IMAP4rev1\r\na OK begin\r\n")


async def pop3(peer: Peer) -> None:
    await peer.say(b"+OK ready\r\n")
    await heard(peer, b"STLS\r\n")
    await peer.say(b"+OK begin\r\n")


async def ftp(peer: Peer) -> None:
    await peer.say(b"220-Welcome\r\n  221 is not the end\r\n220 ready\r\n")
    await heard(peer, b"AUTH TLS\r\n")
    await peer.say(b"234 begin\r\n")


async def postgres(peer: Peer) -> None:
    assert await peer.exactly(8) == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
    await peer.say(b"S")


def ldap_says(response: bytes) -> Opening:
    async def opening(peer: Peer) -> None:
        assert await peer.exactly(31) == b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
        await peer.say(response)

    return opening


ldap = ldap_says(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")
# Lengths in their long shape, as Active Directory writes them.
ldap_long = ldap_says(b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00")

OPENINGS: Mapping[str, Opening] = {
    "smtp": smtp, "imap": imap, "pop3": pop3, "ftp": ftp, "postgres": postgres, "ldap": ldap,
}  # fmt: skip


def secured(opening: Opening, context: ssl.SSLContext) -> Act:
    """The opening, then TLS, then silence."""

    async def act(peer: Peer) -> None:
        await opening(peer)
        await peer.secure(context)
        await peer.stall()

    return act
