"""A transport for addresses that a stranger chose: the guard looks at each address at the moment of connecting."""

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from prober.wire.guard import Guard
from prober.wire.httpx_lean import httpx


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that the guard has judged, and to nothing else."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the host's addresses that takes one."""
        try:
            addresses = await self._guard.addresses(host)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: no stranger's URL leads there."""
        raise httpcore.ConnectError("no local socket is connected to")


def transport(guard: Guard, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    """A transport of its own for one request, without proxies, whose connections the guard judges."""
    made = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    made._pool = httpcore.AsyncConnectionPool(ssl_context=context, network_backend=_Backend(guard))
    return made
