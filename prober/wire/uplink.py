"""Whether this host has a way to an address at this moment: asked of the kernel, and only once a probe has failed.

The kernel is asked by netlink which route it would take, with all its rules, and whether that interface is up and has
its carrier. Where it cannot be asked (another system than Linux, a sandbox without netlink) nothing is claimed.
"""

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, sender
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, length of the destination and the source, tos, table, ..., flags
_LINK = struct.Struct("=BxHiII")  # family, type, index, flags, mask of change
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")
_GET_LINK, _GET_ROUTE, _NLMSG_ERROR, _REQUEST = 18, 26, 2, 1
_DESTINATION, _INTERFACE = 1, 4
_IS_UP, _IS_RUNNING = 0x1, 0x40
_NO_WAY = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.ENODEV})
_MOST = 65_536


def lost(ip: str) -> str | None:
    """In one sentence why this host has no way to the address; None if it has one, or nobody can tell.

    It takes some tenths of a millisecond.
    """
    if not ip or ip == "::1" or ip.startswith("127."):
        return None
    try:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        packed = socket.inet_pton(family, ip)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC) as kernel:
            kernel.settimeout(0)
            try:
                index = _interface(kernel, family, packed)
            except OSError as error:
                return f"this host has no route to {ip}" if error.errno in _NO_WAY else None
            return None if index is None or _is_running(kernel, index) else f"the link to {ip} is down"
    except (OSError, AttributeError, struct.error):
        return None


def _interface(kernel: socket.socket, family: int, packed: bytes) -> int | None:
    """The index of the interface by which the address is reached. Raises OSError if there is no route."""
    question = _ROUTE.pack(family, len(packed) * 8, 0, 0, 0, 0, 0, 0, 0)
    answer = _asked(kernel, _GET_ROUTE, question + _ATTRIBUTE.pack(4 + len(packed), _DESTINATION) + packed)
    for kind, value in _attributes(answer[_ROUTE.size :]):
        if kind == _INTERFACE:
            return int.from_bytes(value, sys.byteorder)
    return None


def _is_running(kernel: socket.socket, index: int) -> bool:
    flags = _LINK.unpack_from(_asked(kernel, _GET_LINK, _LINK.pack(0, 0, index, 0, 0)))[3]
    return bool(flags & _IS_UP) and bool(flags & _IS_RUNNING)


def _asked(kernel: socket.socket, kind: int, question: bytes) -> bytes:
    """What the kernel says, without its header. It has answered by the time the question is sent. Raises OSError."""
    kernel.send(_HEADER.pack(_HEADER.size + len(question), kind, _REQUEST, 0, 0) + question)
    answer = kernel.recv(_MOST)
    length, answered = _HEADER.unpack_from(answer)[:2]
    if answered == _NLMSG_ERROR:
        number = -_ERROR.unpack_from(answer, _HEADER.size)[0]
        raise OSError(number, os.strerror(number))
    return answer[_HEADER.size : length]


def _attributes(told: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(told):
        length, kind = _ATTRIBUTE.unpack_from(told, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind, told[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
