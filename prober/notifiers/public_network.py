"""Connections to public addresses only: what an outsider asks us to call must not be what only we can reach.

A name is looked up once, every address it has must be public, and the connection goes to one of those that were
judged: a name that means something else a moment later gains nothing.
"""

from collections.abc import Iterable
from errno import EACCES
from ipaddress import ip_address
from typing import Any

import httpcore
from anyio import getaddrinfo


def is_public(address: str) -> bool:
    """Whether an IP address may be reached by everybody; an IPv4 address within an IPv6 one is judged as itself."""
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """How connections are made by httpx, within these bounds."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await getaddrinfo(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [str(address[0]) for *_, address in found]
        if not addresses or not all(map(is_public, addresses)):
            raise httpcore.ConnectError from OSError(EACCES, "expected a public address, found one that is not")
        return await self._backend.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError("nothing here waits")
