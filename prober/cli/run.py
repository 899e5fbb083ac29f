"""`prober run`: the real thing."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prober.cli.check_config import BlackboxConfig, load_config, read_config
from prober.cli.logs import Redaction, start_logs

if TYPE_CHECKING:
    from prober.config import Config
    from prober.daemon.serve import Application
    from prober.daemon.world import World
    from statusapi.dialects.native import Native
    from statusapi.limits import Limits
    from statusapi.views import Views

RECENT_INCIDENTS = 50  # of each site, read at the start; later ones come by themselves


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")] = Path("config.toml"),
    blackbox_config: BlackboxConfig = None,
) -> None:
    """Run the daemon: probe on schedule, judge, tell, and serve the page and the API."""
    import anyio

    from prober import fault

    armed = fault.arm()
    loaded, read = logged(config, blackbox=blackbox_config)

    def ready() -> None:
        for line in where(loaded):
            typer.echo(line)

    if armed:
        typer.echo(f"FOR TESTS ONLY: this process will kill itself at {armed}", err=True)
    anyio.run(watch, loaded, read, ready, backend_options={"use_uvloop": True})


def logged(
    path: Path, env: Mapping[str, str] = os.environ, blackbox: Path | None = None
) -> "tuple[Config, Callable[[], Config]]":
    """The configuration in the file, and how to read it again. From now on is logged what it says, without a secret."""
    config = load_config(path, env, blackbox=blackbox)
    redaction = Redaction(config.secrets)
    start_logs(config.daemon.log, config.daemon.log_level, redaction)

    def read() -> "Config":
        again = read_config(path, env, blackbox=blackbox)
        redaction.know(again.secrets)
        return again

    return config, read


async def watch(config: "Config", read: "Callable[[], Config]", ready: Callable[[], None]) -> None:
    """Bind the listeners, then run the daemon on them until a signal. Raises ProberError if that can't be had.

    read: what the configuration file says by now; called at each SIGHUP.
    """
    from prober.clock import Clock
    from prober.daemon.listeners import listeners
    from prober.daemon.run import run as run_daemon
    from statusapi.limits import Limits

    limits = Limits(Clock(), config)  # a reload starts nobody's minute anew

    async def make(world: "World") -> "Sequence[Application]":
        return await applications(world, limits)

    with listeners(wanted(config)) as sockets:
        await run_daemon(config, read, sockets, make, ready)


def wanted(config: "Config") -> "dict[str, tuple[str, int]]":
    """Where each listener that is on stands, by its name: public, then UP, then metrics."""
    places = {"public": config.daemon.public, "up": config.daemon.up, "metrics": config.daemon.metrics}
    return {name: (place.host, place.port) for name, place in places.items() if place is not None}


async def applications(world: "World", limits: "Limits") -> "Sequence[Application]":
    """What is served on each of those listeners, and by the control socket."""
    from statusapi import discovery
    from statusapi.alerts import Alerts
    from statusapi.app import Local, create_metrics, create_public, create_up
    from statusapi.catalog import Catalog
    from statusapi.chronicle import Chronicle
    from statusapi.management import Management
    from statusapi.measures import Measures
    from statusapi.metrics import Metrics

    limits.follow(world.config)
    native = await _native(world, limits)

    async def remake() -> None:
        await world.remade.call()

    async def reread() -> str:
        return await world.reread.call()

    catalog = Catalog(world.config, world.store.made, world.clock, remake)
    manage = Management(world.config, native.auth, world.not_ready, reread)
    metrics = Metrics(world.config, world.recorder, world.clock, world.meters, world.adhoc.probe, native.auth)
    alerts = Alerts(world.config, world.recorder, world.clock, native.auth, native.orders)
    chronicle = Chronicle(world.config, world.store, world.clock)
    measures = Measures(world.config, world.store, world.clock, native.views)
    await measures.refresh()
    world.measured.call = measures.refresh
    world.followers += [part.follow for part in (metrics, catalog, chronicle, manage, alerts, measures)]
    found = discovery.routes(world.config, native.auth)
    is_apart = world.config.daemon.metrics is not None
    shared = (None, ()) if is_apart else (metrics, found)
    public = create_public(native, shared[0], catalog, chronicle, limits, shared[1], manage, alerts, world.pings.take)
    served: list[Application] = [public]
    if world.config.daemon.up is not None:
        served.append(create_up(native, catalog, limits))
    if is_apart:
        served.append(create_metrics(metrics, limits, found, manage))
    served.append(Local(public))
    return served


async def _native(world: "World", limits: "Limits") -> "Native":
    """What the native dialect speaks of."""
    from statusapi.api_keys import ApiKeys
    from statusapi.auth import Auth
    from statusapi.delivery import Delivery
    from statusapi.dialects.native import Native
    from statusapi.explain import Explain
    from statusapi.latency import Latency
    from statusapi.orders import Orders
    from statusapi.past import Past
    from statusapi.repeats import Repeats
    from statusapi.subscribers import Readers
    from statusapi.uptimes import Uptimes

    config, recorder, store, clock = world.config, world.recorder, world.store, world.clock

    def look(check: str) -> None:
        world.eyes.call(check)

    views = await _views(world)
    auth = Auth(config, clock, limits, store.keys, await store.keys.all())
    orders = Orders(config, recorder, clock, views)
    explain = Explain(config, recorder, store, clock)
    uptimes, latency = Uptimes(config, store, clock), Latency(config, store, clock)
    delivery = Delivery(config, recorder, store, clock, world.drills.begin)
    keys, past = ApiKeys(config, auth, store.keys, clock), Past(config, recorder, store, clock)
    readers = Readers(config, store.subscribers, limits, clock)
    followers = (views, auth, orders, explain, uptimes, latency, delivery, keys, past, readers)
    world.followers += [part.follow for part in followers]
    repeats = Repeats(store.replies, clock)
    return Native(views, orders, explain, uptimes, latency, delivery, auth, keys, past, repeats, readers, look)


async def _views(world: "World") -> "Views":
    """What is shown, with what the store remembers of before."""
    from statusapi.history import NEEDED_MS
    from statusapi.views import Views

    sites, store = world.config.sites, world.store
    recent = [one for site in sites for one in await store.recent_incidents(site, RECENT_INCIDENTS)]
    works = [one for site in sites for one in await store.recent_maintenances(site, RECENT_INCIDENTS)]
    changes = await store.component_changes(world.clock.now_ms() - NEEDED_MS)
    views = Views(world.config, world.recorder, recent, changes, world.clock, works)
    world.ended.callback(views.close)
    return views


def where(config: "Config") -> list[str]:
    """What to open, a line each."""
    scheme = "http" if config.daemon.metrics_cert is None else "https"
    place = config.daemon.metrics or config.daemon.public
    lines = [f"page     http://{config.daemon.public}/", f"metrics  {scheme}://{place}/metrics"]
    if config.daemon.up is not None:
        lines.append(f"UP API   http://{config.daemon.up}/")
    return lines
