"""Small servers on loopback, for as long as a block lasts, in the process and the event loop of the caller."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import uvicorn
from starlette.types import ASGIApp

from prober.errors import ProberError

LOOPBACK = "127.0.0.1"
DRAIN_S = 1


def listener(port: int, *, or_any: bool = False) -> socket.socket:
    """A listening socket on loopback. If the port is taken: another one if or_any, else ProberError."""
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((LOOPBACK, port))
        found.listen()
    except OSError as error:
        found.close()
        if or_any and port:
            return listener(0)
        raise ProberError(
            f"{LOOPBACK}:{port}: expected a free port, found: {(error.strerror or '').lower()}"
        ) from error
    found.setblocking(False)
    return found


def address(of: socket.socket) -> str:
    """host:port of a listening socket."""
    host, port = of.getsockname()
    return f"{host}:{port}"


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, on: socket.socket, certificate: Path | None = None) -> AsyncIterator[None]:
    """Serve until the end of the block, whose own errors pass as they are, not as a group.

    certificate: a PEM file with key and certificate, for TLS.
    """
    server = _Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="wsproto",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_S,
            ssl_certfile=certificate,
        )
    )
    failed: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_serve, server, on)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again outside the group
            failed = error
        finally:
            server.should_exit = True
    if failed is not None:
        raise failed


async def _serve(server: _Server, on: socket.socket) -> None:
    # Shielded: a server that is cancelled instead of told to exit leaves its connections open.
    with anyio.CancelScope(shield=True):
        await server.serve(sockets=[on])


class _HangUp(asyncio.Protocol):
    """Accepts, and says goodbye."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@asynccontextmanager
async def accepting(on: socket.socket) -> AsyncIterator[None]:
    """Accept TCP connections until the end of the block, and close each at once."""
    server = await asyncio.get_running_loop().create_server(_HangUp, sock=on)
    try:
        yield
    finally:
        server.close()
