"""Which addresses a stranger's URL may lead to: public ones, and what the operator allows besides.

What a URL says is never judged, only the addresses that its host resolves to at the moment of connecting: all of them,
and one that is forbidden forbids them all. The connection then goes to an address that was judged, and to no other; the
next attempt looks up anew. An IPv6 address that carries an IPv4 address is judged by that one as well.
https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from prober.wire.address import literal

IP = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LookUp = Callable[[str], Awaitable[Sequence[str]]]

SPECIAL_V4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private use"),
    ("100.64.0.0/10", "shared address space"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link local"),
    ("172.16.0.0/12", "private use"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "AMT"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private use"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
SPECIAL_V6: tuple[tuple[str, str], ...] = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "IPv4-compatible"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("::ffff:0:0:0/96", "IPv4-translated"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discard only"),
    ("100:0:0:1::/64", "dummy prefix"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3ffe::/16", "6bone"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link local"),
    ("fec0::/10", "site local"),
    ("ff00::/8", "multicast"),
)
_FORBIDDEN: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), what) for text, what in (*SPECIAL_V4, *SPECIAL_V6)
)
_GLOBAL_V6 = ip_network("2000::/3")

# Prefix -> by how many bits the IPv4 address within it is shifted, and whether its bits are turned over.
_CARRIERS: tuple[tuple[IPv6Network, int, bool], ...] = (
    (IPv6Network("::/96"), 0, False),
    (IPv6Network("::ffff:0:0/96"), 0, False),
    (IPv6Network("::ffff:0:0:0/96"), 0, False),
    (IPv6Network("64:ff9b::/96"), 0, False),
    (IPv6Network("2002::/16"), 80, False),
    (IPv6Network("2001::/32"), 0, True),
)
# What only carries an IPv4 address is as good as that one; so that a network with NAT64 alone reaches the public.
_TRANSPARENT = frozenset({"IPv4-mapped", "NAT64"})
_ALL_32 = 0xFFFF_FFFF


class ForbiddenAddress(Exception):
    """The host leads to where a stranger's URL may not lead. kind: what kind of address that is."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the host leads to an address that is not public ({kind})")
        self.kind = kind


def carried(address: IP) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries."""
    if isinstance(address, IPv4Address):
        return
    for network, shift, is_turned in _CARRIERS:
        if address in network:
            bits = (int(address) >> shift) & _ALL_32
            yield IPv4Address(bits ^ _ALL_32 if is_turned else bits)
    if (int(address) >> 32) & 0xFDFF_FFFF == 0x5EFE:  # ISATAP, whatever the network
        yield IPv4Address(int(address) & _ALL_32)


def forbidden(address: IP, allowed: Sequence[Network] = ()) -> str | None:
    """What kind of forbidden address it is; None if one may connect to it. allowed: whatever else may be reached."""
    if any(address.version == network.version and address in network for network in allowed):
        return None
    inner = [forbidden(one, allowed) for one in carried(address)]
    found = next((kind for kind in inner if kind is not None), None)
    if found is not None:
        return found
    kind = next((what for net, what in _FORBIDDEN if address.version == net.version and address in net), None)
    if kind in _TRANSPARENT and inner:
        return None
    if kind is None and address.version == 6 and address not in _GLOBAL_V6:
        return "reserved"
    return kind


async def look_up(host: str) -> Sequence[str]:
    """All addresses of a host, in the system's order. Raises OSError."""
    known = literal(host)
    if known is not None:
        return [known.ip]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard:
    """Where a stranger's URL may lead. allowed: networks that may be reached besides the public ones."""

    def __init__(self, allowed: Sequence[Network] = (), look_up: LookUp = look_up) -> None:
        self._allowed = tuple(allowed)
        self._look_up = look_up

    async def addresses(self, host: str) -> list[str]:
        """The addresses that the host has now, each of them judged. Raises ForbiddenAddress, OSError."""
        return self.judged(await self._look_up(host))

    def judged(self, texts: Iterable[str]) -> list[str]:
        """The addresses without their zones, if one may connect to every one of them. Raises ForbiddenAddress."""
        found = [ip_address(text.partition("%")[0]) for text in texts]
        for address in found:
            kind = forbidden(address, self._allowed)
            if kind is not None:
                raise ForbiddenAddress(kind)
        return [str(address) for address in found]


_HOLDS: ContextVar[Guard | None] = ContextVar("guard", default=None)


@contextmanager
def holding(guard: Guard) -> Iterator[None]:
    """Whatever is looked up within, to be connected to, is judged by this guard: each hop of a probe."""
    token = _HOLDS.set(guard)
    try:
        yield
    finally:
        _HOLDS.reset(token)


def judge(addresses: Iterable[str]) -> None:
    """Raises ForbiddenAddress if a guard holds here that forbids one of them."""
    guard = _HOLDS.get()
    if guard is not None:
        guard.judged(addresses)
