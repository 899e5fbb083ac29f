"""From a host's name to the one address that is probed. The only place that looks names up.

It asks the system's resolver, which tells "its name server fails" and "no name server of ours answers" by one and
the same word, "temporary failure". That is taken for our own trouble (self_dns): better unknown than a false alarm.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence

from prober.core.model import Phase
from prober.core.reason import Reason
from prober.wire.address import FAMILIES, VERSIONS, Address, literal
from prober.wire.failure import Failed, failed_by

_BY_ERROR: Mapping[int, Reason] = {
    socket.EAI_NONAME: Reason.DNS_NXDOMAIN,
    socket.EAI_NODATA: Reason.DNS_NO_ADDRESS,
    socket.EAI_ADDRFAMILY: Reason.DNS_NO_ADDRESS,
    socket.EAI_FAIL: Reason.DNS_SERVFAIL,
}


async def resolve(host: str, family: str, *, other_way: bool = False) -> Address:
    """The first address of the name, in the system's order; family: a key of FAMILIES. Raises Failed.

    other_way: the first one of the other family than that address is of, if there is one.
    """
    known = literal(host)
    if known is not None:
        return _checked(known, host, family)
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
    return chosen(addresses, other_way=other_way)


def chosen(addresses: Sequence[Address], *, other_way: bool) -> Address:
    """The first of them, or the first of the other family, if there is one."""
    others = (one for one in addresses if other_way and one.version != addresses[0].version)
    return next(others, addresses[0])


def failed_lookup(error: socket.gaierror, host: str) -> Failed:
    """What the resolver's error means."""
    reason = _BY_ERROR.get(error.errno or 0, Reason.SELF_DNS)
    words = error.strerror or type(error).__name__
    return Failed(reason, f"looking up {host}: {words[:1].lower()}{words[1:]}")


def _checked(address: Address, host: str, family: str) -> Address:
    if family not in ("any", str(address.version)):
        raise Failed(Reason.DNS_NO_ADDRESS, f"{host} is no IPv{family} address")
    return address
