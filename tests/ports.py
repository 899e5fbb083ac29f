"""Ports for what a test starts."""

import random
import socket
from pathlib import Path

_LOWEST = 10_000
# From here on the kernel takes ports for connections that go out: one that is free now may not stay so.
_TAKEN = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("utf-8").split()[0])
_dice = random.SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no connection is given by chance."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", _dice.randrange(_LOWEST, _TAKEN) if _TAKEN > 2 * _LOWEST else 0))
            except OSError:
                continue
            port: int = probe.getsockname()[1]
            return port
