"""`prober components`: what each shows, and what a person sets it to. Asks the running daemon by its API."""

import json
from typing import Annotated, Any

import typer

from prober.cli.client import HERE, Json, Server, ask, short
from prober.cli.explain import explain

PATH = "components"

components = typer.Typer(help="See components, why they show what they show, and set that.", no_args_is_help=True)
components.command("explain")(explain)

Component = Annotated[str, typer.Argument(help="The component's id.")]


@components.command("list")
def listed(server: Server = HERE, as_json: Json = False) -> None:
    """Print what every component shows, and since when."""
    found = ask(server, "GET", PATH)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["components"]:
        typer.echo(_line(one))


@components.command()
def pin(
    component: Component,
    status: Annotated[str, typer.Argument(help="operational, degraded, partial, major or maintenance.")],
    duration: Annotated[
        str | None, typer.Option("--for", metavar="2h", help="For how long; else until it is taken off.")
    ] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Let it show a status, whatever its checks say; an incident opens or ends by it."""
    fields = {"status": status} | ({} if duration is None else {"duration": duration})
    _tell(ask(server, "POST", f"{PATH}/{component}/pin", fields), as_json)


@components.command()
def unpin(component: Component, server: Server = HERE, as_json: Json = False) -> None:
    """Let it show again what its checks say."""
    _tell(ask(server, "DELETE", f"{PATH}/{component}/pin"), as_json)


def _tell(one: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(one) if as_json else _line(one))


def _line(one: dict[str, Any]) -> str:
    pin = one["pin"]
    until = f" until {short(pin['until'])}" if pin and pin["until"] else ""
    pinned = f"  pinned to {pin['status']} by {pin['by']}{until}" if pin else ""
    return f"{one['component']:<24}  {one['status']:<12}  since {short(one['since'])}{pinned}"
