"""`prober notices`: what was owed to whom, and what became of it. Asks the running daemon by its API."""

import json
from typing import Annotated, Any

import typer

from prober.cli.client import HERE, Json, Server, ask, short

PATH = "notices"

notices = typer.Typer(help="See notices and their deliveries, and send one again.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The notice's id, such as msg_0123456789.")]


@notices.command("list")
def listed(
    server: Server = HERE,
    as_json: Json = False,
    channel: Annotated[str | None, typer.Option(help="Only those of this channel.")] = None,
    progress: Annotated[str | None, typer.Option(help="Only pending, delivered or failed ones.")] = None,
) -> None:
    """Print the newest notices, newest first."""
    asked = [f"{key}={value}" for key, value in (("channel", channel), ("progress", progress)) if value is not None]
    found = ask(server, "GET", f"{PATH}?{'&'.join(asked)}")
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["notices"]:
        typer.echo(_line(one))
    if not found["notices"]:
        typer.echo("There is no such notice.")


@notices.command()
def show(id_: Id, server: Server = HERE, as_json: Json = False) -> None:
    """Print one notice with every attempt to deliver it."""
    _tell(ask(server, "GET", f"{PATH}/{id_}"), as_json)


@notices.command()
def replay(id_: Id, server: Server = HERE, as_json: Json = False) -> None:
    """Send one again, under the same id."""
    _tell(ask(server, "POST", f"{PATH}/{id_}/replay", {}), as_json)


def _line(one: dict[str, Any]) -> str:
    progress = f"told by {one['told_by']}" if one["told_by"] else one["progress"]
    return f"{one['id']}  {short(one['at'])}  {one['channel']}  {one['reason']}  {one['stream']}  {progress}"


def _tell(one: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one))
        return
    typer.echo(_line(one))
    for attempt in one["deliveries"]:
        outcome = attempt["error"] or "delivered"
        typer.echo(f"  {short(attempt['at'])}  {attempt['took_ms']} ms  {outcome}")
