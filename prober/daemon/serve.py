"""Serves ASGI applications on sockets that are bound before anything else starts."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import uvicorn

from prober.daemon.connection import LONGEST_MESSAGE, PING_EVERY_S, Connection, Socket
from prober.errors import ProberError

Application = Callable[..., Awaitable[None]]
Address = tuple[str, int]

BACKLOG = 1024
DRAIN_S = 5
LINGER_S = 1.0  # who has just connected is still served, and told that it was the last answer
LINGER_STEP_S = 0.02
UNTAKEN_MS = 30_000  # how long a reader may take nothing of an answer before the connection is given up


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ProberError with one sentence if the address can't be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ProberError(f"{host}:{port}: expected an address to listen on, found: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ProberError(f"{host}:{port}: expected a free address to listen on, found: {error.strerror}") from error
    prepare(listener)
    return listener


def prepare(listener: socket.socket) -> None:
    """What every listening socket of ours has, whoever made it."""
    if listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MS)  # connections inherit it
    listener.setblocking(False)


class Replaceable:
    """An application in whose place another can be put; answers under way come from the one they began with."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone, and resets nobody when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody any more, but answer who is here; who says nothing for a while is sent away."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        with anyio.move_on_after(LINGER_S):
            while True:
                await anyio.sleep(LINGER_STEP_S)
                if not self.server_state.connections:
                    break
                for connection in list(self.server_state.connections):
                    if isinstance(connection, Connection):
                        connection.make_last()
        await super().shutdown(sockets)


@asynccontextmanager
async def serving(
    applications: Mapping[socket.socket, Application],
    secured: Mapping[socket.socket, ssl.SSLContext] | None = None,
    connections: Mapping[socket.socket, type[Connection]] | None = None,
) -> AsyncIterator[None]:
    """Serve until the end of the block, then let answers under way finish.

    secured: what is served by TLS. connections: what is served by connections of another kind.
    """
    contexts, kinds = secured or {}, connections or {}
    servers = [
        (_Server(_config(app, contexts.get(listener), kinds.get(listener, Connection))), listener)
        for listener, app in applications.items()
    ]
    async with anyio.create_task_group() as tasks:
        for server, listener in servers:
            tasks.start_soon(_serve, server, listener)
        try:
            yield
        finally:
            for server, _ in servers:
                server.should_exit = True


async def _serve(server: _Server, listener: socket.socket) -> None:
    # Shielded, because a server that is cancelled instead of told to exit drops the answers under way.
    with anyio.CancelScope(shield=True):
        await server.serve(sockets=[listener])


def _config(application: Any, context: ssl.SSLContext | None, connection: type[Connection]) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        ssl_context_factory=None if context is None else lambda *_: context,
        http=connection,
        ws=Socket,
        ws_max_size=LONGEST_MESSAGE,
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PING_EVERY_S,
        ws_per_message_deflate=False,  # it would cost each of thousands some 300 kB
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # who is believed is the operator's to say, see statusapi.limits
        timeout_graceful_shutdown=DRAIN_S,
    )
