"""Datagrams to one address and back: UDP, and the echo of ICMP where the system lets anybody ask for it."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from anyio import wait_readable

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import FAMILIES, Address
from prober.wire.failure import Failed, failed_by

LARGEST: Final = 65_535
_IP_RECVTTL = 12  # of Linux; Python has no name for it
_ROOM = 64  # bytes for what is told beside a datagram
_HOPS = {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)}


class Datagrams:
    """A socket that hears one address only, and that is told of its refusals by the system."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self._socket = sock
        self._peer = peer

    async def send(self, data: bytes) -> None:
        """Sends one datagram. Raises Failed."""
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
        except OSError as error:
            raise failed_by(error, Phase.SEND, f"sending to {self._peer}") from None

    async def heard(self) -> bytes:
        """The next datagram. Raises Failed."""
        try:
            return await asyncio.get_running_loop().sock_recv(self._socket, LARGEST)
        except OSError as error:
            raise failed_by(error, Phase.PROCESSING, f"waiting for {self._peer}") from None

    def tell_hops(self, family: socket.AddressFamily) -> None:
        """Have the system say by how many hops fewer than 255 a datagram has come, see `heard_with_hops`."""
        with suppress(OSError):
            if family is socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
            else:
                self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)

    async def heard_with_hops(self) -> tuple[bytes, int | None]:
        """The next datagram, and its hop limit (TTL) as it arrived; None if the system does not say. Raises Failed."""
        while True:
            try:
                data, told, _, _ = self._socket.recvmsg(LARGEST, _ROOM)
            except BlockingIOError:
                await wait_readable(self._socket)
            except OSError as error:
                raise failed_by(error, Phase.PROCESSING, f"waiting for {self._peer}") from None
            else:
                found = (value for level, kind, value in told if (level, kind) in _HOPS)
                return data, next((int.from_bytes(value, sys.byteorder) for value in found), None)


@contextmanager
def datagrams(address: Address, port: int, protocol: int = 0) -> Iterator[Datagrams]:
    """A socket for datagrams to that address. protocol: 0 = UDP. Raises Failed."""
    peer = f"{address.ip} port {port}" if port else address.ip
    try:
        sock = socket.socket(FAMILIES[str(address.version)], socket.SOCK_DGRAM, protocol)
    except PermissionError:
        raise Failed(Reason.SELF_PERMISSION, "opening a socket: the system does not permit it") from None
    except OSError as error:
        raise failed_by(error, Phase.CONNECT, "opening a socket") from None
    with sock:
        sock.setblocking(False)
        try:
            sock.connect((address.ip, port))
        except OSError as error:
            raise failed_by(error, Phase.CONNECT, f"connecting to {peer}") from None
        yield Datagrams(sock, peer)
