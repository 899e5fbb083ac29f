"""Echoes of ICMP (RFC 792, RFC 4443), one packet after another: how long each took, and which never came.

The kernel puts id and checksum in, and hands us our own answers only.
"""

import math
import secrets
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import IPPROTO_ICMP, IPPROTO_ICMPV6
from typing import NamedTuple

import anyio

from prober.core.model import Phase
from prober.core.reason import Owner, Reason
from prober.wire.address import Address
from prober.wire.datagram import Datagrams, datagrams
from prober.wire.failure import TIMED_OUT, Failed

NO_ECHO: Mapping[Phase, Reason] = {**TIMED_OUT, Phase.PROCESSING: Reason.ICMP_TIMEOUT}
"""What it means when the deadline runs out, by the phase that was running."""

_PERMITTED = Path("/proc/sys/net/ipv4/ping_group_range")
_HEADER = struct.Struct("!BBHHH")  # type, code, checksum, id, sequence
_TOKEN_BYTES = 16


class Family(NamedTuple):
    """How an echo is asked for and answered."""

    protocol: int
    request: int
    reply: int


FAMILIES: Mapping[int, Family] = {4: Family(IPPROTO_ICMP, 8, 0), 6: Family(IPPROTO_ICMPV6, 128, 129)}
SMALLEST = _TOKEN_BYTES
"""Bytes of a packet's content: less could not be told from another's."""


class Echoes:
    """What has come of the packets so far.

    rtts_us: of those that came back, in the order they did. hop_limit: of the latest of them; None if none did, or it
    is not known.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.rtts_us: list[int] = []
        self.hop_limit: int | None = None

    @property
    def loss_percent(self) -> float:
        """The share of those sent that have not come back, 0 to 100."""
        return 100 * (self.sent - len(self.rtts_us)) / self.sent if self.sent else 0.0

    def rtt_us(self, share: float) -> int:
        """The time within which that share of those that came back did, by nearest rank; there is one at least."""
        ranked = sorted(self.rtts_us)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


@contextmanager
def echoing(address: Address) -> Iterator[Datagrams]:
    """A socket to ask that address for echoes. Raises Failed."""
    try:
        with datagrams(address, 0, FAMILIES[address.version].protocol) as sockets:
            sockets.tell_hops(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
            yield sockets
    except Failed as failed:
        if failed.reason is Reason.SELF_PERMISSION:
            raise Failed(Reason.SELF_PERMISSION, f"this system lets us send no pings: {permitted()}") from None
        raise


def permitted() -> str:
    """Which groups may send pings, in a sentence."""
    try:
        first, last = _PERMITTED.read_text().split()
    except (OSError, ValueError):
        return "it has no net.ipv4.ping_group_range"
    return f'its net.ipv4.ping_group_range is "{first} {last}", where a range with our group is needed'


async def ask(
    sockets: Datagrams, family: Family, echoes: Echoes, size: int, wait_s: float, now_ns: Callable[[], int]
) -> Failed | None:
    """Sends one more packet, and waits for it. What comes back after its time is lost as well.

    size: bytes of content. wait_s: how long it is waited for. Returns what the way there said instead, if it did.
    Raises Failed for what is no fault of the target.
    """
    token = secrets.token_bytes(_TOKEN_BYTES)
    sequence, content = echoes.sent, token + bytes(size - _TOKEN_BYTES)
    packet = _HEADER.pack(family.request, 0, 0, 0, sequence) + content
    echoes.sent += 1
    sent_ns = now_ns()
    try:
        await sockets.send(packet)
        with anyio.move_on_after(wait_s):
            is_reply = False
            while not is_reply:
                data, hops = await sockets.heard_with_hops()
                is_reply = _is_reply(data, family, sequence, content)
            echoes.rtts_us.append((now_ns() - sent_ns) // 1000)
            echoes.hop_limit = hops
    except Failed as failed:
        if failed.reason.owner is not Owner.TARGET:
            raise
        return failed
    return None


def _is_reply(data: bytes, family: Family, sequence: int, content: bytes) -> bool:
    if len(data) < _HEADER.size:
        return False
    type_, code, _, _, found = _HEADER.unpack_from(data)
    return (type_, code, found) == (family.reply, 0, sequence) and data[_HEADER.size :] == content
