"""The target and the receiver, standing for as long as a block lasts, and what the demo's configuration needs to know.

Ports are the friendly ones of the documentation, and others where those are taken.
"""

import base64
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

from prober.clock import Clock
from prober.demo.certificate import expiring_certificate
from prober.demo.receiver import Receiver
from prober.demo.serve import accepting, address, listener, serving
from prober.demo.target import DEMO, STANDALONE, Cycles, Target
from prober.notifiers.signing import MIN_BYTES, PREFIX

CONFIG = Path(__file__).with_name("demo.toml")

TARGET_PORT, TLS_PORT, RECEIVER_PORT, TCP_PORT = 8090, 8091, 8092, 8093
PUBLIC_PORT, UP_PORT = 8080, 5010


class Standing(NamedTuple):
    """A target that stands.

    url, tls_url: without a slash at the end. tcp: host:port. ca: a PEM file, what a client of tls_url must trust.
    """

    target: Target
    url: str
    tls_url: str
    tcp: str
    ca: Path


class Scenery(NamedTuple):
    """The demo's surroundings.

    config: the configuration to load. env: what its ${NAMES} stand for. public, up: host:port for the daemon's own
    listeners, free a moment ago.
    """

    standing: Standing
    receiver: Receiver
    receiver_url: str
    public: str
    up: str
    config: Path
    env: dict[str, str]


@asynccontextmanager
async def scenery(folder: Path, tell: Callable[[str], None]) -> AsyncIterator[Scenery]:
    """Target and receiver for the demo. folder: exists, for all that is written. tell: called with a line a notice."""
    clock, secret = Clock(), PREFIX + base64.b64encode(secrets.token_bytes(MIN_BYTES)).decode()
    receiver = Receiver(tell, secret, clock)
    ports = (TARGET_PORT, TLS_PORT, TCP_PORT)
    async with AsyncExitStack() as stack:
        standing = await stack.enter_async_context(standing_target(folder, *ports, clock, cycles=DEMO, or_any=True))
        receiving = stack.enter_context(closing(listener(RECEIVER_PORT, or_any=True)))
        await stack.enter_async_context(serving(receiver.app, receiving))
        public, up = _free(PUBLIC_PORT, UP_PORT)
        receiver_url = f"http://{address(receiving)}/"
        env = {
            "TARGET": standing.url,
            "TLS_TARGET": standing.tls_url,
            "CA": str(standing.ca),
            "RECEIVER": receiver_url,
            "SECRET": secret,
            "PUBLIC": public,
            "UP": up,
            "PAGE": f"http://{public}",
            "STATE_DIR": str(folder / "state"),
        }
        yield Scenery(standing, receiver, receiver_url, public, up, _config(folder, standing.tcp), env)


@asynccontextmanager
async def standing_target(
    folder: Path,
    port: int = TARGET_PORT,
    tls_port: int = TLS_PORT,
    tcp_port: int = TCP_PORT,
    clock: Clock | None = None,
    *,
    cycles: Cycles = STANDALONE,
    or_any: bool = False,
) -> AsyncIterator[Standing]:
    """The faulty target on three ports: HTTP, HTTPS, and TCP alone.

    or_any: take other ports where these are taken; without it that raises ProberError.
    """
    clock = clock or Clock()
    target = Target(clock, cycles)
    async with AsyncExitStack() as stack:
        plain, tls, tcp = (
            stack.enter_context(closing(listener(number, or_any=or_any))) for number in (port, tls_port, tcp_port)
        )
        files = expiring_certificate(folder, clock.now_ms())
        await stack.enter_async_context(serving(target.app, plain))
        await stack.enter_async_context(serving(target.app, tls, files.server))
        await stack.enter_async_context(accepting(tcp))
        stack.callback(target.stop)
        yield Standing(target, f"http://{address(plain)}", f"https://{address(tls)}", address(tcp), files.ca)


def _config(folder: Path, tcp: str) -> Path:
    """The configuration of the demo. Ports are numbers, which no ${NAME} can stand for: so this one is written in."""
    written = folder / "demo.toml"
    port = tcp.rpartition(":")[2]
    written.write_text(CONFIG.read_text().replace(f"port = {TCP_PORT}", f"port = {port}"))
    return written


def _free(*ports: int) -> list[str]:
    """Addresses for listeners of others: those ports, or others where they are taken."""
    with ExitStack() as stack:
        found: list[socket.socket] = [stack.enter_context(closing(listener(port, or_any=True))) for port in ports]
        return [address(one) for one in found]
