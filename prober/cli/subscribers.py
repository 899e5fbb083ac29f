"""`prober subscribers`: readers who get mails of a page, and letting one go. Asks the running daemon by its API."""

import json
from typing import Annotated
from urllib.parse import quote

import typer

from prober.cli.client import HERE, Json, Server, ask, short

subscribers = typer.Typer(help="See who has subscribed by mail, and let one go.", no_args_is_help=True)


@subscribers.command("list")
def listed(
    server: Server = HERE,
    as_json: Json = False,
    site: Annotated[str | None, typer.Option(help="Only those of this site.")] = None,
) -> None:
    """Print each mailbox, and whether its owner has confirmed."""
    found = ask(server, "GET", "subscribers" + (f"?site={quote(site, safe='')}" if site else ""))
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["subscribers"]:
        since = (
            f"since {short(one['confirmed'])}" if one["confirmed"] else f"asked {short(one['asked'])}, not confirmed"
        )
        typer.echo(f"{one['id']}  {one['site']}  {one['address']}  {since}")
    if not found["subscribers"]:
        typer.echo("Nobody has subscribed.")


@subscribers.command()
def remove(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The id, as list prints it.")],
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Send nothing more to a mailbox, and forget its address."""
    found = ask(server, "DELETE", f"subscribers/{quote(id_, safe='')}")
    typer.echo(json.dumps(found) if as_json else f"{found['address']} gets no more mails of {found['site']}")
