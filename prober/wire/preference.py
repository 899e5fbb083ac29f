"""In which order the addresses of a name are used: RFC 6724, section 6, as far as a prober can know.

Asked are an address's own properties and the address that we would come from. The rules about addresses of ours that
are deprecated, of a mobile home, or behind a tunnel are left out, and /etc/gai.conf is not read. What the rules do not
tell apart stays as it came, so that a name server's own turns are kept.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
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


def preferred(
    addresses: Sequence[Address], source: Callable[[Sequence[Address]], Mapping[Address, str]] | None = None
) -> list[Address]:
    """The addresses, the best first. source: from which of ours we would come to each that there is a way to."""
    if len({address.version for address in addresses}) < 2:
        return list(addresses)
    ours = (source or sources)(addresses)
    ranks = {address: _rank(address.ip, ours.get(address)) for address in addresses}
    return sorted(addresses, key=ranks.__getitem__)


def sources(addresses: Sequence[Address]) -> dict[Address, str]:
    """From which address of ours the system would go to each; those that it knows no way to are left out."""
    found = {}
    for version in (4, 6):
        try:
            with socket.socket(FAMILIES[str(version)], socket.SOCK_DGRAM) as sock:
                for address in addresses:
                    if address.version == version and (ours := _source(sock, address)) is not None:
                        found[address] = ours
        except OSError:
            continue
    return found


def _source(sock: socket.socket, address: Address) -> str | None:
    try:
        sock.connect((address.ip, _DISCARD))
    except OSError:
        return None
    return str(sock.getsockname()[0])


def _rank(there: str, here: str | None) -> tuple[int, ...]:
    """Less is better: rules 1, 2, 5, 6 and 8."""
    precedence, label, scope = _traits(there)
    if here is None:
        return (1, 0, 0, -precedence, scope)
    _, our_label, our_scope = _traits(here)
    return (0, int(scope != our_scope), int(label != our_label), -precedence, scope)


@lru_cache(maxsize=4096)
def _traits(ip: str) -> tuple[int, int, int]:
    """Precedence, label and scope of an address."""
    address = _mapped(ip)
    precedence, label = _policy(address)
    return precedence, label, _scope(address)


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
