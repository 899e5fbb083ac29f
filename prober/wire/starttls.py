"""How TLS begins on a connection that begins without: what is said for it in each protocol, up to the server's consent.

What the server says behind its consent belongs to TLS. Whatever came together with it in plain is refused, as it would
otherwise be taken for what TLS protects.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from prober.core.reason import Reason
from prober.wire.dialogue import Dialogue
from prober.wire.failure import Failed

_POSTGRES_REQUEST = bytes.fromhex("00000008 04d2162f")

# An ExtendedRequest (RFC 4511) of message 1 with this name (RFC 4511, 4.14.1).
_LDAP_NAME = b"1.3.6.1.4.1.1466.20037"
_LDAP_REQUEST = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + _LDAP_NAME
# An ExtendedResponse to message 1, from its id on: its length in one of BER's shapes, and then the result's code.
_LDAP_RESPONSE = re.compile(rb"\x02\x01\x01\x78(?:[\x00-\x7f]|\x81.|\x82..|\x83...|\x84....)\x0a\x01(.)", re.DOTALL)
_LDAP_LONGEST = 4096


class Upgrade(NamedTuple):
    """What leads to TLS in a protocol, and the port where that is usual."""

    port: int
    ask: Callable[[Dialogue], Awaitable[None]]


async def upgrade(talk: Dialogue, protocol: str) -> None:
    """The conversation up to where the handshake begins; protocol: a key of UPGRADES. Raises Failed."""
    await UPGRADES[protocol].ask(talk)
    if not talk.is_quiet:
        raise Failed(Reason.STARTTLS_REFUSED, "the peer goes on in plain where TLS was going to begin")


async def _smtp(talk: Dialogue) -> None:
    await _replied(talk, b"220")
    talk.say(b"EHLO prober\r\n")
    offers = await _replied(talk, b"250")
    if not any(line[4:].strip().upper() == b"STARTTLS" for line in offers):
        raise Failed(Reason.STARTTLS_REFUSED, "the peer does not offer STARTTLS")
    talk.say(b"STARTTLS\r\n")
    await _replied(talk, b"220")


async def _ftp(talk: Dialogue) -> None:
    await _replied(talk, b"220")
    talk.say(b"AUTH TLS\r\n")
    await _replied(talk, b"234")


async def _replied(talk: Dialogue, code: bytes) -> list[bytes]:
    """The lines of a reply with that code (RFC 5321 4.2.1, RFC 959 4.2)."""
    lines = [await talk.line()]
    if lines[0][:3] != code or lines[0][3:4] not in (b"", b" ", b"-"):
        raise talk.refused(code.decode(), lines[0])
    while lines[-1][:4] not in (code, code + b" "):
        lines.append(await talk.line())
    return lines


async def _imap(talk: Dialogue) -> None:
    greeting = await talk.line()
    if not greeting.upper().startswith(b"* OK"):
        raise talk.refused("* OK", greeting)
    talk.say(b"a STARTTLS\r\n")
    while not (said := await talk.line()).startswith(b"a "):
        pass
    if not said.upper().startswith(b"A OK"):
        raise talk.refused("a OK", said)


async def _pop3(talk: Dialogue) -> None:
    await _agreed(talk)
    talk.say(b"STLS\r\n")
    await _agreed(talk)


async def _agreed(talk: Dialogue) -> None:
    said = await talk.line()
    if not said.startswith(b"+OK"):
        raise talk.refused("+OK", said)


async def _postgres(talk: Dialogue) -> None:
    talk.say(_POSTGRES_REQUEST)
    said = await talk.exactly(1)
    if said != b"S":
        raise talk.refused("S", said)


async def _ldap(talk: Dialogue) -> None:
    talk.say(_LDAP_REQUEST)
    head = await talk.exactly(2)
    length = head[1]
    if length & 0x80:
        length = int.from_bytes(await talk.exactly(min(length & 0x7F, 4)))
    if head[0] != 0x30 or length > _LDAP_LONGEST:
        raise talk.refused("an LDAP response", head)
    found = _LDAP_RESPONSE.match(await talk.exactly(length))
    if found is None or found[1] != b"\0":
        raise Failed(Reason.STARTTLS_REFUSED, f"expected result 0, found {found[1][0] if found else 'another message'}")


UPGRADES: Mapping[str, Upgrade] = {
    "smtp": Upgrade(25, _smtp),
    "imap": Upgrade(143, _imap),
    "pop3": Upgrade(110, _pop3),
    "ftp": Upgrade(21, _ftp),
    "postgres": Upgrade(5432, _postgres),
    "ldap": Upgrade(389, _ldap),
}
