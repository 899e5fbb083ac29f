"""`prober run`: the real thing."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Annotated

import typer

from prober.cli.check_config import load_config, read_config
from prober.cli.logs import Redaction, start_logs

if TYPE_CHECKING:
    from prober.config import Config
    from prober.daemon.serve import Application
    from prober.daemon.world import World

RECENT_INCIDENTS = 50  # of each site, read at the start; later ones come by themselves


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")] = Path("config.toml"),
) -> None:
    """Run the daemon: probe on schedule, judge, tell, and serve the page and the API."""
    import anyio

    from prober import fault

    armed = fault.arm()
    loaded, read = logged(config)

    def ready() -> None:
        for line in where(loaded):
            typer.echo(line)

    if armed:
        typer.echo(f"FOR TESTS ONLY: this process will kill itself at {armed}", err=True)
    anyio.run(watch, loaded, read, ready, backend_options={"use_uvloop": True})


def logged(path: Path, env: Mapping[str, str] = os.environ) -> "tuple[Config, Callable[[], Config]]":
    """The configuration in the file, and how to read it again. From now on is logged what it says, without a secret."""
    config = load_config(path, env)
    redaction = Redaction(config.secrets)
    start_logs(config.daemon.log, config.daemon.log_level, redaction)

    def read() -> "Config":
        again = read_config(path, env)
        redaction.know(again.secrets)
        return again

    return config, read


async def watch(config: "Config", read: "Callable[[], Config]", ready: Callable[[], None]) -> None:
    """Bind the listeners, then run the daemon on them until a signal. Raises ProberError if that can't be had.

    read: what the configuration file says by now; called at each SIGHUP.
    """
    from prober.daemon.run import run as run_daemon

    with _listeners(config) as listeners:
        await run_daemon(config, read, listeners, applications, ready)


@contextmanager
def _listeners(config: "Config") -> Iterator[list[socket]]:
    """A bound socket for each listener that is on: public, then UP."""
    from prober.daemon.serve import bound

    wanted = (config.daemon.public, config.daemon.up)
    with ExitStack() as stack:
        yield [stack.enter_context(closing(bound(*address))) for address in wanted if address is not None]


async def applications(world: "World") -> "Sequence[Application]":
    """What is served on each of those listeners."""
    from statusapi import discovery
    from statusapi.app import create_public, create_up
    from statusapi.auth import Auth
    from statusapi.explain import Explain
    from statusapi.history import NEEDED_MS
    from statusapi.latency import Latency
    from statusapi.metrics import Metrics
    from statusapi.orders import Orders
    from statusapi.views import Views

    recent = [
        incident
        for site in world.config.sites
        for incident in await world.store.recent_incidents(site, RECENT_INCIDENTS)
    ]
    past = await world.store.component_changes(world.clock.now_ms() - NEEDED_MS)
    views = Views(world.config, world.recorder, recent, past, world.clock)
    world.ended.callback(views.close)
    metrics = Metrics(world.config, world.recorder, world.clock, world.meters)
    auth, orders = Auth(world.config), Orders(world.config, world.recorder, world.clock)
    explain = Explain(world.config, world.recorder, world.store, world.clock)
    found = discovery.routes(world.config, auth)
    latency = Latency(world.config, world.store, world.clock)
    public = create_public(views, metrics, orders, explain, latency, auth, found, world.not_ready)
    if world.config.daemon.up is None:
        return [public]
    return [public, create_up(views, auth)]


def where(config: "Config") -> list[str]:
    """What to open, a line each."""
    lines = [f"page     http://{config.daemon.public}/", f"metrics  http://{config.daemon.public}/metrics"]
    if config.daemon.up is not None:
        lines.append(f"UP API   http://{config.daemon.up}/")
    return lines
