"""In which order the addresses of a name are used: RFC 6724, section 6, as far as a prober can know.

Asked are an address's own properties and the address that we would come from. The rules about addresses of ours that
are deprecated, of a mobile home, or behind a tunnel are left out, and /etc/gai.conf is not read. What the rules do not
tell apart stays as it came, so that a name server's own turns are kept.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, IPv6Network

from prober.wire.address import FAMILIES, Address

# Prefix, precedence, label: the table of section 2.1, with the longest prefixes first.
_TABLE = tuple(
    (IPv6Network(prefix), precedence, label)
    for prefix, precedence, label in (
        ("::1/128", 50, 0),
        ("::ffff:0:0/96", 35, 4),
        ("::/96", 1, 3),
        ("2001::/32", 5, 5),
        ("2002::/16", 30, 2),
        ("3ffe::/16", 1, 12),
        ("fec0::/10", 1, 11),
        ("fc00::/7", 3, 13),
        ("::/0", 40, 1),
    )
)
_LINK, _SITE, _GLOBAL = 2, 5, 14
_DISCARD = 9  # nothing is ever sent there: connecting a datagram socket only asks for the route


def preferred(addresses: Sequence[Address], source: Callable[[Address], str | None] | None = None) -> list[Address]:
    """The addresses, the best first. source: the address that we would come from; None = there is no way."""
    if len({address.version for address in addresses}) < 2:
        return list(addresses)
    ask = source or source_of
    ranks = {address: _rank(address, ask(address)) for address in addresses}
    return sorted(addresses, key=ranks.__getitem__)


def source_of(address: Address) -> str | None:
    """The address of ours from which the system would go there; None if it knows no way."""
    try:
        with socket.socket(FAMILIES[str(address.version)], socket.SOCK_DGRAM) as sock:
            sock.connect((address.ip, _DISCARD))
            return str(sock.getsockname()[0])
    except OSError:
        return None


def _rank(address: Address, source: str | None) -> tuple[int, ...]:
    """Less is better: rules 1, 2, 5, 6 and 8."""
    there = _mapped(address.ip)
    precedence, label = _policy(there)
    if source is None:
        return (1, 0, 0, -precedence, _scope(there))
    here = _mapped(source)
    return (0, int(_scope(there) != _scope(here)), int(label != _policy(here)[1]), -precedence, _scope(there))


def _mapped(ip: str) -> IPv6Address:
    return IPv6Address(ip.partition("%")[0] if ":" in ip else f"::ffff:{ip}")


def _policy(address: IPv6Address) -> tuple[int, int]:
    return next((precedence, label) for network, precedence, label in _TABLE if address in network)


def _scope(address: IPv6Address) -> int:
    inner = address.ipv4_mapped
    if inner is not None:
        return _LINK if inner.is_loopback or inner.is_link_local else _GLOBAL
    if address.is_loopback or address.is_link_local:
        return _LINK
    return _SITE if address.is_site_local else _GLOBAL
