"""Whether this host has a way to an address, and has had it all the while: asked of the kernel once a probe has failed.

The kernel is asked by netlink which route it would take, with all its rules, and whether that interface is up and has
its carrier. It tells by itself when an interface loses that or a route, which is remembered while somebody is
`watching`. Where it cannot be asked (another system than Linux, a sandbox without netlink) nothing is claimed.
"""

import asyncio
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, sender
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, length of the destination and the source, tos, table, ..., flags
_LINK = struct.Struct("=BxHiII")  # family, type, index, flags, mask of change
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")
_GET_LINK, _GET_ROUTE, _NLMSG_ERROR, _REQUEST = 18, 26, 2, 1
_NEW_LINK, _DEL_LINK, _DEL_ROUTE = 16, 17, 25
_CHANGES = 0x1 | 0x40 | 0x400  # groups: links, routes of IPv4, routes of IPv6
_MAIN_TABLE = 254
_DESTINATION, _INTERFACE, _CARRIER_CHANGES = 1, 4, 35
_RUNS = 0x1 | 0x40 | 0x10000  # it is up, can be used, and has its carrier
_NO_WAY = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.ENODEV})
_MOST = 65_536
_AT_ONCE = 64  # messages that are read before others have their turn
_REMEMBERED = 1_024  # a router may lose routes by the thousand
_LOOK_EVERY_S = 1.0
SETTLES_NS = 2_000_000_000
"""So long after a link is there again nothing may come through it: the kernel begins to send within a second."""


class Lost(NamedTuple):
    """What is gone: an interface's link, or a route, which is one of `bits` of the destination."""

    interface: int
    destination: bytes = b""
    bits: int = 0

    def leads_to(self, interface: int, packed: bytes) -> bool:
        """Whether it was on the way to that address."""
        if not self.destination:
            return self.interface == interface
        rest = 8 * len(packed) - self.bits
        ours, theirs = int.from_bytes(packed), int.from_bytes(self.destination)
        return len(packed) == len(self.destination) and ours >> rest == theirs >> rest


class Losses:
    """When each link and route was last lost, as the kernel tells it. now_ns: the clock.

    Of a cable that is pulled and plugged again within a second the kernel may say nothing, but it counts how often a
    carrier came and went: of the links that targets are behind, that is looked at every second as well.
    Raises OSError where the kernel tells nothing.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._last_ns: dict[Lost, int] = {}  # the latest last, the latest _REMEMBERED
        self._changes: dict[int, int] = {}  # of each interface's carrier, as far as it is known
        self._used: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC)
        try:
            self._kernel.setblocking(False)
            self._kernel.bind((0, _CHANGES))
            self._look(index for index, _ in socket.if_nameindex())
            asyncio.get_running_loop().add_reader(self._kernel, self._hear)
        except BaseException:
            self._kernel.close()
            raise
        self._look_again()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        asyncio.get_running_loop().remove_reader(self._kernel)
        self._kernel.close()

    def since(self, began_ns: int, interface: int, packed: bytes) -> bool:
        """Whether something on the way to that address was lost since then, or just before."""
        self._used.add(interface)
        self._hear()
        self._look([interface])
        return any(at >= began_ns - SETTLES_NS and one.leads_to(interface, packed) for one, at in self._last_ns.items())

    def _hear(self) -> None:
        # It says EAGAIN when there is no more, and ENOBUFS when there was more than it has kept for us.
        with suppress(OSError):
            for _ in range(_AT_ONCE):
                for one in losses(self._kernel.recv(_MOST)):
                    self._lose(one)

    def _look(self, interfaces: Iterable[int]) -> None:
        """See how often their carriers have come and gone."""
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC) as kernel:
            kernel.settimeout(0)
            for index in interfaces:
                with suppress(OSError, struct.error):
                    count = _carrier_changes(_asked(kernel, _GET_LINK, _LINK.pack(0, 0, index, 0, 0)))
                    if count != self._changes.setdefault(index, count):
                        self._changes[index] = count
                        self._lose(Lost(index))

    def _look_again(self) -> None:
        self._look(self._used)
        self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look_again)

    def _lose(self, one: Lost) -> None:
        self._last_ns.pop(one, None)
        self._last_ns[one] = self._now_ns()
        if len(self._last_ns) > _REMEMBERED:
            del self._last_ns[next(iter(self._last_ns))]


_watching: Losses | None = None


@contextmanager
def watching(now_ns: Callable[[], int]) -> Iterator[None]:
    """Remember what is lost from now on, on the running loop; where the kernel tells nothing, nothing is remembered."""
    global _watching
    with suppress(OSError, AttributeError):
        _watching = Losses(now_ns)
    try:
        yield
    finally:
        if _watching is not None:
            _watching.close()
            _watching = None


def losses(told: bytes) -> Iterator[Lost]:
    """What these messages of the kernel say is lost."""
    at = 0
    while at + _HEADER.size <= len(told):
        length, kind = _HEADER.unpack_from(told, at)[:2]
        message = told[at + _HEADER.size : at + length]
        if kind in (_NEW_LINK, _DEL_LINK) and len(message) >= _LINK.size:
            if kind == _DEL_LINK or not _runs(message):
                yield Lost(_LINK.unpack_from(message)[2])
        elif kind == _DEL_ROUTE and len(message) >= _ROUTE.size:
            yield from _route(message)
        at += max((length + 3) & ~3, _HEADER.size)


def _route(message: bytes) -> Iterator[Lost]:
    family, bits, _, _, table, *_ = _ROUTE.unpack_from(message)
    length = {socket.AF_INET: 4, socket.AF_INET6: 16}.get(family)
    if length is None or table != _MAIN_TABLE:
        return
    found = dict(_attributes(message[_ROUTE.size :]))
    yield Lost(int.from_bytes(found.get(_INTERFACE, b""), sys.byteorder), found.get(_DESTINATION, bytes(length)), bits)


def lost(ip: str, began_ns: int | None = None) -> str | None:
    """In one sentence why this host has no way to the address; None if it has one, or nobody can tell.

    began_ns: a moment of the clock of `watching` since when it must have had one without a break. It takes some tenths
    of a millisecond.
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
            if index is None:
                return None
            if not _runs(_asked(kernel, _GET_LINK, _LINK.pack(0, 0, index, 0, 0))):
                return f"the link to {ip} is down"
    except (OSError, AttributeError, struct.error):
        return None
    if _watching is None or began_ns is None or not _watching.since(began_ns, index, packed):
        return None
    return f"the way to {ip} was gone for a moment"


def _interface(kernel: socket.socket, family: int, packed: bytes) -> int | None:
    """The index of the interface by which the address is reached. Raises OSError if there is no route."""
    question = _ROUTE.pack(family, len(packed) * 8, 0, 0, 0, 0, 0, 0, 0)
    answer = _asked(kernel, _GET_ROUTE, question + _ATTRIBUTE.pack(4 + len(packed), _DESTINATION) + packed)
    found = dict(_attributes(answer[_ROUTE.size :])).get(_INTERFACE)
    return None if found is None else int.from_bytes(found, sys.byteorder)


def _carrier_changes(link: bytes) -> int:
    return int.from_bytes(dict(_attributes(link[_LINK.size :])).get(_CARRIER_CHANGES, b""), sys.byteorder)


def _runs(link: bytes) -> bool:
    flags: int = _LINK.unpack_from(link)[3]
    return flags & _RUNS == _RUNS


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
