"""`prober incidents`: what is open, and what a person does about it. Asks the running daemon by its API."""

import json
import re
from typing import Annotated, Any

import typer

from prober.cli.client import HERE, Json, Server, ask, short

PATH = "incidents"

incidents = typer.Typer(help="See incidents, acknowledge them, post to them, open them.", no_args_is_help=True)


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text) or not int(text):
        raise typer.BadParameter(f"expected the number of an incident, found {text[:60]!r}; see prober incidents list")
    return int(text)


Num = Annotated[int, typer.Argument(parser=_number, metavar="NUM", help="The incident's number.")]


@incidents.command("list")
def listed(
    server: Server = HERE,
    as_json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="The newest ones, whether they are open or not.")] = False,
) -> None:
    """Print the open incidents, newest first."""
    found = ask(server, "GET", PATH if every else f"{PATH}?open=true")
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["incidents"]:
        known = f"  acknowledged by {one['acknowledged_by']}" if one["acknowledged_by"] else ""
        state = f"{one['num']:>6}  {one['status']:<13}  {one['impact']:<8}"
        typer.echo(f"{state}  {short(one['started_at'])}  {one['name']}{known}")
    if not found["incidents"]:
        typer.echo("No incident is open." if not every else "No incident is known.")


@incidents.command()
def show(num: Num, server: Server = HERE, as_json: Json = False) -> None:
    """Print one incident with its timeline."""
    _tell(ask(server, "GET", f"{PATH}/{num}"), as_json)


@incidents.command()
def ack(
    num: Num,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="2h", help="For how long; else until it ends.")
    ] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Say that you know of it: reminders stop."""
    fields = {} if duration is None else {"duration": duration}
    _tell(ask(server, "POST", f"{PATH}/{num}/acknowledge", fields), as_json)


@incidents.command()
def update(
    num: Num,
    body: Annotated[str, typer.Argument(help="What is known now; people read it.")],
    status: Annotated[str | None, typer.Option(help="Where it stands now, such as identified.")] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Post an update. From then on the incident is yours: nothing resolves it but a person."""
    fields = {"body": body} | ({} if status is None else {"status": status})
    _tell(ask(server, "POST", f"{PATH}/{num}/updates", fields), as_json)


@incidents.command()
def resolve(
    num: Num,
    body: Annotated[str, typer.Argument(help="How it ended; people read it.")] = "This incident has been resolved.",
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Resolve it."""
    _tell(ask(server, "POST", f"{PATH}/{num}/updates", {"body": body, "status": "resolved"}), as_json)


@incidents.command("open")
def opened(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    body: Annotated[str, typer.Argument(help="What is known; people read it.")],
    site: Annotated[str, typer.Option(help="The site it stands on.")] = "main",
    impact: Annotated[str, typer.Option(help="none, minor, major or critical.")] = "minor",
    components: Annotated[
        list[str] | None, typer.Option("--component", help="What it affects; may be repeated.")
    ] = None,
    started: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="When it began, such as 2026-03-01T22:00:00+01:00.")
    ] = None,
    resolved: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="It is over since then: a record, of which nobody is told.")
    ] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Open one by hand."""
    fields: dict[str, Any] = {"site": site, "name": name, "body": body, "impact": impact}
    moments = {"started_at": started, "resolved_at": resolved}
    fields |= {"components": components or []} | {key: at for key, at in moments.items() if at is not None}
    _tell(ask(server, "POST", PATH, fields), as_json)


def _tell(incident: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(incident))
        return
    until = incident["acknowledged_until"]
    typer.echo(f"{incident['num']}  {incident['name']}  {incident['status']}  {incident['impact']}")
    typer.echo(
        f"  began {short(incident['started_at'])}, affects {', '.join(incident['components']) or 'nothing named'}"
    )
    if incident["acknowledged_by"]:
        typer.echo(f"  acknowledged by {incident['acknowledged_by']}{f' until {short(until)}' if until else ''}")
    for entry in incident["updates"]:
        typer.echo(f"  {short(entry['at'])}  {entry['status']:<13}  {entry['body']}  ({entry['author']})")
