"""`prober channels`: how each channel does, and a test notice through one of them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from prober.cli.check_config import load_config
from prober.cli.client import HERE, Json, Server, ask, short
from prober.errors import DeliveryError

if TYPE_CHECKING:
    from prober.config import Config
    from prober.notifiers import Receipt

BAD_USAGE = 2
PATIENCE_S = 60.0  # with each channel
LOOK_EVERY_S = 0.2

channels = typer.Typer(help="See channels, try them, serve one again.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's id.")]


@channels.command("list")
def listed(server: Server = HERE, as_json: Json = False) -> None:
    """Print each channel, how many notices are pending and failed, and its trouble. Asks the running daemon."""
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
        typer.echo(f"{one['id']}  {one['kind']}  {one['owed']} pending  {one['failed']} failed  {state}")
    if not found["channels"]:
        typer.echo("No channel is configured.")


@channels.command()
def enable(name: Name, server: Server = HERE, as_json: Json = False) -> None:
    """Serve a channel again that was disabled. Asks the running daemon."""
    found = ask(server, "POST", f"channels/{name}/enable", {})
    typer.echo(json.dumps(found) if as_json else f"{found['id']} is served, and has {found['owed']} notices pending")


@channels.command("test")
def tried(
    name: Annotated[str | None, typer.Argument(metavar="[CHANNEL]", help="The channel's id; else all.")] = None,
    server: Server = HERE,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Send by this file, without a daemon; nothing is recorded.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send a notice marked as a test, and print what came of it. Exit status: 0 if it arrived, else 1.

    The running daemon sends it the way of all notices and remembers what came of it: it is the channel's drill.
    """
    found = _by_daemon(server, name) if config is None else _by_file(config, name)
    if as_json:
        typer.echo(json.dumps({"channels": found} if name is None else found[0]))
    else:
        for one in found:
            typer.echo(f"{one['channel']}: {'arrived' if one['arrived'] else 'did NOT arrive'}: {one['said']}")
    raise typer.Exit(0 if all(one["arrived"] for one in found) else 1)


def _by_daemon(server: str, name: str | None) -> list[dict[str, Any]]:
    """Owed to all of them at once, and looked at until each has been tried."""
    ids = [one["id"] for one in ask(server, "GET", "channels")["channels"]] if name is None else [name]
    owed = {id_: ask(server, "POST", f"channels/{quote(id_, safe='')}/test", {})["id"] for id_ in ids}
    return [_outcome(server, id_, notice) for id_, notice in owed.items()]


def _outcome(server: str, channel: str, notice: str) -> dict[str, Any]:
    """What came of the first attempt, which is waited for."""
    import anyio

    from prober.daemon.patience import seen

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = ask(server, "GET", f"notices/{notice}")
        return found if found["deliveries"] or found["progress"] != "pending" else None

    found = anyio.run(seen, look, LOOK_EVERY_S, PATIENCE_S)
    last = found["deliveries"][-1] if found and found["deliveries"] else None
    if last is None:
        said = "it has not been tried yet; see prober channels list"
    else:
        said = last["error"] or (f"answered {last['status']}" if last["status"] else "it was taken")
    arrived = found is not None and found["progress"] == "delivered"
    return {"channel": channel, "notice": notice, "arrived": arrived, "said": said}


def _by_file(path: Path, name: str | None) -> list[dict[str, Any]]:
    loaded = load_config(path)
    if not loaded.channels or name not in (None, *loaded.channels):
        known = ", ".join(loaded.channels) or "there are none"
        typer.echo(f"prober channels test: expected one of the channels ({known})", err=True)
        raise typer.Exit(BAD_USAGE)
    return [_once(loaded, id_) for id_ in (loaded.channels if name is None else [name])]


def _once(loaded: "Config", name: str) -> dict[str, Any]:
    import anyio

    target = loaded.channels[name].target()
    try:
        receipt = anyio.run(_sent, loaded, name)
    except DeliveryError as error:
        return {"channel": name, "target": target, "arrived": False, "said": loaded.redact(str(error))}
    status = f"answered {receipt.status}" if receipt.status else "it was taken"
    return {"channel": name, "target": target, "arrived": True, "said": f"{target}: {receipt.detail or status}"}


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
