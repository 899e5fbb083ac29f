"""Addresses that are not public, all the ways to write them, and a recorder where the process asks to connect."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

from prober.wire.guard import SPECIAL_V4, SPECIAL_V6

IP = IPv4Address | IPv6Address

_TARGETS: list[list[str]] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto") and _TARGETS and isinstance(arguments[1], tuple):
        _TARGETS[-1].append(arguments[1][0])


sys.addaudithook(_hear)  # it can't be taken away, and does nothing while nobody records


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The addresses that the process asks the system to connect to (asyncio only: uvloop asks by itself)."""
    _TARGETS.append([])
    try:
        yield _TARGETS[-1]
    finally:
        _TARGETS.pop()


def members() -> Iterator[IP]:
    """Both ends of each special range, and twelve addresses between them."""
    draw = random.Random(6)
    for text, _ in (*SPECIAL_V4, *SPECIAL_V6):
        network = ip_network(text)
        if text in ("::ffff:0:0/96", "64:ff9b::/96"):  # these are judged by the address within
            continue
        yield from (network[0], network[-1])
        yield from (network[draw.randrange(network.num_addresses)] for _ in range(12))


def spellings(address: IP) -> Iterator[str]:
    """How one address is written as a host of a URL, or is carried by another one."""
    if isinstance(address, IPv6Address):
        yield from (f"[{address}]", f"[{address.exploded}]")
        return
    number, text = int(address), str(address)
    parts = text.split(".")
    yield from (text, str(number), f"0x{number:x}", f"0{number:o}")
    yield ".".join(f"0{int(part):o}" for part in parts)
    yield ".".join(f"0x{int(part):x}" for part in parts)
    yield f"{parts[0]}.{number & 0xFFFFFF}"
    for prefix in ("::ffff:", "::", "64:ff9b::", "::ffff:0:"):
        yield f"[{prefix}{text}]"
    yield f"[{IPv6Address((0x2002 << 112) | (number << 80))}]"
    yield f"[{IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF))}]"
