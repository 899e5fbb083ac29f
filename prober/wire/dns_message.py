"""Questions for addresses and the answers to them, in the bytes of RFC 1035, and nothing else of DNS.

Every probe of a name reads two of these, and a library that knows all of DNS takes ten times as long. Names are
kept as they go over the wire, without compression and in lower case: b"\\x04shop\\x04test\\x00". Of an answer only the
code, the flags and the records of the first section are read; it must be whole up to there, and about the question.
"""

import re
import socket
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

A: Final = 1
NS: Final = 2
CNAME: Final = 5
AAAA: Final = 28

NOERROR: Final = 0
SERVFAIL: Final = 2
NXDOMAIN: Final = 3
CODES: Mapping[int, str] = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}

ROOT: Final = b"\0"

_LONGEST_NAME = 255
_LABEL = re.compile(rb"[A-Za-z0-9_-]{1,63}")
_IN = 1
_RESPONSE, _OPCODE, _AUTHORITATIVE, _TRUNCATED, _RECURSES = 0x8000, 0x7800, 0x0400, 0x0200, 0x0080
_POINTER = 0xC0
_HEADER = struct.Struct("!HHHHHH")
_FIXED = struct.Struct("!HHIH")  # of a record, behind its name: type, class, TTL, length
_FAMILY_OF = {(A, 4): socket.AF_INET, (AAAA, 16): socket.AF_INET6}
_WITHOUT_QUESTION = frozenset({1, 2, 4, 5})  # what a server may say that has not understood the question
_LONGEST_TTL_S = 2**31 - 1
_ASK = struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0)  # one question; the server is to look further


class Question(NamedTuple):
    """What is asked. tail: its bytes behind the id."""

    name: bytes
    type: int
    tail: bytes


class Reply(NamedTuple):
    """What was answered. addresses, aliases: by the name that they are of, with their seconds to live."""

    code: int
    is_truncated: bool
    is_authoritative: bool
    recurses: bool
    addresses: Mapping[bytes, tuple[tuple[str, ...], int]]
    aliases: Mapping[bytes, tuple[bytes, int]]


@lru_cache(maxsize=16_384)
def wire_name(host: str) -> bytes:
    """The name as it goes over the wire. ValueError if no host can have it."""
    labels = host.removesuffix(".").encode("ascii").lower().split(b".")
    if not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(host)
    name = b"".join(bytes((len(label),)) + label for label in labels) + ROOT
    if len(name) > _LONGEST_NAME:
        raise ValueError(host)
    return name


@lru_cache(maxsize=16_384)
def question(name: bytes, type_: int) -> Question:
    """The question for records of that type."""
    return Question(name, type_, _ASK + name + struct.pack("!HH", type_, _IN))


def read_reply(data: bytes, asked: Question) -> Reply | None:
    """What the message says, if it answers that question; None if it does not, or is broken. Its id is not judged."""
    try:
        _, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
        code = flags & 0x000F
        if not flags & _RESPONSE or flags & _OPCODE:
            return None
        if questions == 0 and code in _WITHOUT_QUESTION:
            return Reply(code, False, False, False, {}, {})
        name, at = _name(data, _HEADER.size)
        if questions != 1 or name != asked.name or data[at : at + 4] != asked.tail[-4:]:
            return None
        addresses, aliases = _records(data, at + 4, answers, asked.type)
    except (LookupError, struct.error, ValueError):
        return None
    return Reply(
        code, bool(flags & _TRUNCATED), bool(flags & _AUTHORITATIVE), bool(flags & _RECURSES), addresses, aliases
    )


def _records(
    data: bytes, at: int, count: int, wanted: int
) -> tuple[dict[bytes, tuple[tuple[str, ...], int]], dict[bytes, tuple[bytes, int]]]:
    """Addresses and aliases among so many records. LookupError, struct.error, ValueError."""
    addresses: dict[bytes, tuple[tuple[str, ...], int]] = {}
    aliases: dict[bytes, tuple[bytes, int]] = {}
    for _ in range(count):
        name, at = _name(data, at)
        type_, class_, ttl_s, length = _FIXED.unpack_from(data, at)
        at += _FIXED.size
        end = at + length
        if end > len(data):
            raise ValueError(length)
        ttl_s = ttl_s if ttl_s <= _LONGEST_TTL_S else 0
        if class_ == _IN and type_ == CNAME:
            aliases.setdefault(name, (_name(data, at)[0], ttl_s))
        elif class_ == _IN and type_ == wanted and type_ in (A, AAAA):
            ip = socket.inet_ntop(_FAMILY_OF[type_, length], data[at:end])
            ips, least_s = addresses.get(name, ((), ttl_s))
            addresses[name] = ips if ip in ips else (*ips, ip), min(least_s, ttl_s)
        at = end
    return addresses, aliases


def _name(data: bytes, at: int) -> tuple[bytes, int]:
    """The name that begins there, and where what follows it begins. IndexError, ValueError.

    A pointer must lead back, to before all that was read: so that no name is without end.
    """
    parts: list[bytes] = []
    size, end, least = 1, 0, at
    while length := data[at]:
        if length >= _POINTER:
            end = end or at + 2
            at = ((length & 0x3F) << 8) | data[at + 1]
            if at >= least:
                raise ValueError(at)
            least = at
            continue
        size += length + 1
        if length > 63 or size > _LONGEST_NAME:
            raise ValueError(length)
        part = data[at : at + length + 1]
        if len(part) <= length:
            raise IndexError(at)
        parts.append(part)
        at += length + 1
    return b"".join(parts).lower() + ROOT, end or at + 1
