"""Addresses, as text: what a host may already be, and what a look-up finds."""

import functools
import socket
from collections.abc import Mapping
from typing import NamedTuple

FAMILIES: Mapping[str, socket.AddressFamily] = {
    "any": socket.AF_UNSPEC,
    "4": socket.AF_INET,
    "6": socket.AF_INET6,
    "4 first": socket.AF_UNSPEC,
    "6 first": socket.AF_UNSPEC,
}
"""Which addresses of a name are used; "any": those that the system prefers first."""

VERSIONS: Mapping[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}


class Address(NamedTuple):
    """Where to connect to. version: 4 or 6."""

    ip: str
    version: int


@functools.lru_cache(maxsize=65_536)
def literal(host: str) -> Address | None:
    """The address that the host already is; None for a name."""
    for family, version in VERSIONS.items():
        try:
            return Address(socket.inet_ntop(family, socket.inet_pton(family, host)), version)
        except (OSError, ValueError):  # of a NUL in it
            continue
    return None
