"""`prober keys`: who may use the status API. Asks the running daemon by its API, with an admin's key."""

import json
from typing import Annotated, Any

import typer

from prober.cli.client import HERE, Json, Server, ask, short

PATH = "keys"

keys = typer.Typer(help="Make, list and revoke keys of the status API.", no_args_is_help=True)


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call it, such as who uses it.")],
    account: Annotated[str | None, typer.Option(help="The account it opens; without it, what your own opens.")] = None,
    scope: Annotated[str, typer.Option(help="What it is good for: read, write or admin.")] = "write",
    expires_in: Annotated[str | None, typer.Option(metavar="90d", help="For how long; else for ever.")] = None,
    instead_of: Annotated[str | None, typer.Option(metavar="ID", help="A key that is revoked by it.")] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Make a key and print it: it is told once, and kept nowhere."""
    named = {"account": account, "expires_in": expires_in, "instead_of": instead_of}
    fields = {"name": name, "scope": scope} | {key: value for key, value in named.items() if value is not None}
    made = ask(server, "POST", PATH, fields)
    if not as_json:
        typer.echo(f"{made['id']}  {_opens(made)}: this is told once", err=True)
    typer.echo(json.dumps(made) if as_json else made["key"])


@keys.command("list")
def listed(server: Server = HERE, as_json: Json = False) -> None:
    """Print the keys that there are and were, newest first; never what they are."""
    found = ask(server, "GET", PATH)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["keys"]:
        used = f"used {short(one['used_at'])}" if one["used_at"] else "never used"
        typer.echo(f"{one['id']}  {_opens(one)}  {one['name']}  {used}{_end(one)}")
    if not found["keys"]:
        typer.echo("No key was made.")


@keys.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as the list has it.")],
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Let a key open nothing any more."""
    gone = ask(server, "DELETE", f"{PATH}/{id_}")
    typer.echo(json.dumps(gone) if as_json else f"{gone['id']}  {gone['name']}{_end(gone)}")


def _opens(key: dict[str, Any]) -> str:
    return f"{key['scope']:<5}  {key['account'] or 'every account'}"


def _end(key: dict[str, Any]) -> str:
    if key["revoked_at"]:
        return f", revoked {short(key['revoked_at'])}"
    return f", expires {short(key['expires_at'])}" if key["expires_at"] else ""
