"""From a host's name to the addresses that are probed. The only place where probes have names looked up.

By our own resolver (resolver.py), or by the system's: where the configuration says so, and where the system looks names
up in ways that ours does not know. The system's takes a thread for each look-up, and tells "its name server fails" and
"no name server of ours answers" by one and the same word, "temporary failure". That is taken for our own trouble
(self_dns): better unknown than a false alarm.
"""

import asyncio
import functools
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import FAMILIES, VERSIONS, Address, literal
from prober.wire.failure import Failed, failed_by
from prober.wire.guard import ForbiddenAddress, judge
from prober.wire.resolver import Resolver, Unlike
from prober.wire.system_names import Server, SystemNames

_FIRST = {"4 first": 4, "6 first": 6}
_MOST_SETS = 1024  # of servers that checks name

_BY_ERROR: Mapping[int, Reason] = {
    socket.EAI_NONAME: Reason.DNS_NXDOMAIN,
    socket.EAI_NODATA: Reason.DNS_NO_ADDRESS,
    socket.EAI_ADDRFAMILY: Reason.DNS_NO_ADDRESS,
    socket.EAI_FAIL: Reason.DNS_SERVFAIL,
}


class Names(NamedTuple):
    """How a check has names looked up: by whom, by which servers alone, and whether addresses are kept for a while."""

    by: Literal["own", "system"] = "own"
    servers: tuple[Server, ...] = ()
    keeps: bool = False


_OWN = Names()


def _no_doubts(_: Failed | None) -> None:
    """For who has no use for them."""


async def resolve(
    host: str,
    family: str,
    names: Names = _OWN,
    *,
    other_way: bool = False,
    doubts: Callable[[Failed | None], None] = _no_doubts,
) -> Address:
    """The address that is probed first; family: a key of FAMILIES. An address is known without asking. Raises Failed.

    other_way: by another server, if there are several, and the first address of the other family than is used
    otherwise, if there is one. doubts: told what it will have been if time runs out, and None once that is over.
    """
    known = literal(host)
    if known is not None:
        return _permitted([_checked(known, host, family)], host)[0]
    return chosen(await looked_up(host, family, names, other_way=other_way, doubts=doubts), other_way=other_way)


async def looked_up(
    host: str,
    family: str,
    names: Names = _OWN,
    *,
    other_way: bool = False,
    doubts: Callable[[Failed | None], None] = _no_doubts,
) -> Sequence[Address]:
    """All its addresses, the best first; one at least. Where a guard holds, all of them are judged. Raises Failed."""
    known = literal(host)
    if known is not None:
        return _permitted([_checked(known, host, family)], host)
    if names.by == "system" and not names.servers:
        found: Sequence[Address] = await _by_system(host, family)
    else:
        _guarded([server.ip for server in names.servers], host)
        try:
            ours = own_resolver(names.servers)
            found = await ours.addresses(host, family, doubts, keeps=names.keeps, other_way=other_way)
        except Unlike:
            found = await _by_system(host, family)
    _permitted(found, host)
    first = _FIRST.get(family)
    return found if first is None else sorted(found, key=lambda address: address.version != first)


def chosen(addresses: Sequence[Address], *, other_way: bool) -> Address:
    """The first of them, or the first of the other family, if there is one."""
    others = (one for one in addresses if other_way and one.version != addresses[0].version)
    return next(others, addresses[0])


@functools.lru_cache(maxsize=_MOST_SETS)
def own_resolver(servers: tuple[Server, ...]) -> Resolver:
    """The one that asks these servers; without any, those of the system."""
    return Resolver(SystemNames(time.monotonic), time.monotonic, servers)


async def _by_system(host: str, family: str) -> Sequence[Address]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, family=FAMILIES[family], type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise failed_lookup(error, host) from None
    except OSError as error:
        raise failed_by(error, Phase.RESOLVE, f"looking up {host}") from None
    addresses = [Address(str(a[0]), VERSIONS[number]) for number, *_, a in found if number in VERSIONS]
    if not addresses:
        raise Failed(Reason.DNS_NO_ADDRESS, f"{host} has no address")
    return addresses


def failed_lookup(error: socket.gaierror, host: str) -> Failed:
    """What the system's resolver means by its error."""
    reason = _BY_ERROR.get(error.errno or 0, Reason.SELF_DNS)
    words = error.strerror or type(error).__name__
    return Failed(reason, f"looking up {host}: {words[:1].lower()}{words[1:]}")


def _checked(address: Address, host: str, family: str) -> Address:
    if family in ("4", "6") and family != str(address.version):
        raise Failed(Reason.DNS_NO_ADDRESS, f"{host} is no IPv{family} address")
    return address


def _permitted(addresses: Sequence[Address], host: str) -> Sequence[Address]:
    _guarded([address.ip for address in addresses], host)
    return addresses


def _guarded(ips: Sequence[str], host: str) -> None:
    try:
        judge(ips)
    except ForbiddenAddress as error:
        raise Failed(Reason.ADDRESS_FORBIDDEN, f"{host}: {error}") from None
