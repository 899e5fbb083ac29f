"""`prober channels`: how each channel does, and a test notice through one of them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prober.cli.check_config import load_config
from prober.cli.client import HERE, Json, Server, ask, short
from prober.errors import DeliveryError

if TYPE_CHECKING:
    from prober.config import Config
    from prober.notifiers import Receipt

BAD_USAGE = 2

channels = typer.Typer(help="See channels, try them, serve one again.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's id.")]
File = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]


@channels.command("list")
def listed(server: Server = HERE, as_json: Json = False) -> None:
    """Print each channel, what it is owed, and its trouble. Asks the running daemon."""
    found = ask(server, "GET", "channels")
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["channels"]:
        state = "well"
        if one["disabled"]:
            state = f"DISABLED since {short(one['disabled'])}: {one['why']}"
        elif one["failing"]:
            state = f"failing since {short(one['failing'])}: {one['why']}"
        typer.echo(f"{one['id']}  {one['kind']}  {one['owed']} owed  {one['failed']} given up  {state}")
    if not found["channels"]:
        typer.echo("No channel is configured.")


@channels.command()
def enable(name: Name, server: Server = HERE, as_json: Json = False) -> None:
    """Serve a channel again that was disabled. Asks the running daemon."""
    found = ask(server, "POST", f"channels/{name}/enable", {})
    typer.echo(json.dumps(found) if as_json else f"{found['id']} is served, and owed {found['owed']} notices")


@channels.command("test")
def tried(name: Name, config: File = Path("config.toml"), as_json: Json = False) -> None:
    """Send a notice marked as a test, now and once, and print what came of it. Exit status: 0 if it arrived, else 1."""
    import anyio

    loaded = load_config(config)
    if name not in loaded.channels:
        known = ", ".join(loaded.channels) or "there are none"
        typer.echo(f"prober channels test: expected one of the channels ({known})", err=True)
        raise typer.Exit(BAD_USAGE)
    target = loaded.channels[name].target()
    try:
        receipt = anyio.run(_sent, loaded, name)
    except DeliveryError as error:
        said, arrived = loaded.redact(str(error)), False
    else:
        status = f"answered {receipt.status}" if receipt.status else "it was taken"
        said, arrived = f"{target}: {receipt.detail or status}", True
    if as_json:
        typer.echo(json.dumps({"channel": name, "target": target, "arrived": arrived, "said": said}))
    else:
        typer.echo(f"{name}: {'arrived' if arrived else 'did NOT arrive'}: {said}")
    raise typer.Exit(0 if arrived else 1)


async def _sent(config: "Config", name: str) -> "Receipt":
    from prober import notifiers
    from prober.clock import Clock
    from prober.core import ids
    from prober.daemon import own_notices
    from prober.notifiers import Parcel, Site

    options, now_ms = config.channels[name], Clock().now_ms()
    id_, site = next(iter(config.sites.items()))
    notice = own_notices.test(name, id_, now_ms)
    notifier = notifiers.kind(options.kind).build(options)
    told_of = Site(id_, ids.slug(f"site:{id_}"), site.name, site.url)
    try:
        return await notifier.send(Parcel(notice, told_of, notice.headline, {}, 1, now_ms))
    finally:
        await notifier.aclose()
