"""`prober incidents`: what is open, and what a person does about it. Asks the running daemon by its API."""

import json
import os
from datetime import datetime
from typing import Annotated, Any

import typer

incidents = typer.Typer(help="See incidents, acknowledge them, post to them, open them.", no_args_is_help=True)

BAD_USAGE = 2
REFUSED = 1

Server = Annotated[str, typer.Option(help="Where the daemon's public listener is.")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
Num = Annotated[int, typer.Argument(min=1, help="The incident's number.")]
HERE = "http://127.0.0.1:8080"


@incidents.command("list")
def listed(
    server: Server = HERE,
    as_json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="The newest ones, whether they are open or not.")] = False,
) -> None:
    """Print the open incidents, newest first."""
    found = _ask(server, "GET", "" if every else "?open=true")
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found["incidents"]:
        known = f"  acknowledged by {one['acknowledged_by']}" if one["acknowledged_by"] else ""
        state = f"{one['num']:>6}  {one['status']:<13}  {one['impact']:<8}"
        typer.echo(f"{state}  {_short(one['started_at'])}  {one['name']}{known}")
    if not found["incidents"]:
        typer.echo("No incident is open." if not every else "No incident is known.")


@incidents.command()
def show(num: Num, server: Server = HERE, as_json: Json = False) -> None:
    """Print one incident with its timeline."""
    _tell(_ask(server, "GET", f"/{num}"), as_json)


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
    _tell(_ask(server, "POST", f"/{num}/acknowledge", fields), as_json)


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
    _tell(_ask(server, "POST", f"/{num}/updates", fields), as_json)


@incidents.command()
def resolve(
    num: Num,
    body: Annotated[str, typer.Argument(help="How it ended; people read it.")] = "This incident has been resolved.",
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Resolve it."""
    _tell(_ask(server, "POST", f"/{num}/updates", {"body": body, "status": "resolved"}), as_json)


@incidents.command("open")
def opened(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    body: Annotated[str, typer.Argument(help="What is known; people read it.")],
    site: Annotated[str, typer.Option(help="The site it stands on.")] = "main",
    impact: Annotated[str, typer.Option(help="none, minor, major or critical.")] = "minor",
    components: Annotated[
        list[str] | None, typer.Option("--component", help="What it affects; may be repeated.")
    ] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Open one by hand."""
    fields = {"site": site, "name": name, "body": body, "impact": impact, "components": components or []}
    _tell(_ask(server, "POST", "", fields), as_json)


def _ask(server: str, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
    """The daemon's answer; its refusal, or that it can't be reached, in one sentence and an exit status."""
    import httpx

    key = os.environ.get("PROBER_KEY", "")
    if not key:
        raise _refuse("PROBER_KEY: expected a key of the API in the environment, found none", BAD_USAGE)
    url = f"{server.rstrip('/')}/api/prober/v1/incidents{path}"
    try:
        with httpx.Client(trust_env=False, timeout=10) as client:
            answer = client.request(method, url, json=fields, headers={"Authorization": f"Bearer {key}"})
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
        raise _refuse(f"{server}: expected the daemon's public listener, found: {error}", REFUSED) from None
    try:
        said = answer.json()
    except ValueError:
        raise _refuse(f"{server}: expected the daemon's API, found something else", REFUSED) from None
    if answer.is_success:
        return said
    refusal = said.get("error") if isinstance(said, dict) else None
    message = refusal.get("message") if isinstance(refusal, dict) else f"HTTP {answer.status_code}"
    raise _refuse(str(message), BAD_USAGE if answer.status_code == 400 else REFUSED)


def _refuse(sentence: str, status: int) -> typer.Exit:
    typer.echo(f"prober incidents: {sentence}", err=True)
    return typer.Exit(status)


def _tell(incident: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(incident))
        return
    until = incident["acknowledged_until"]
    typer.echo(f"{incident['num']}  {incident['name']}  {incident['status']}  {incident['impact']}")
    typer.echo(
        f"  began {_short(incident['started_at'])}, affects {', '.join(incident['components']) or 'nothing named'}"
    )
    if incident["acknowledged_by"]:
        typer.echo(f"  acknowledged by {incident['acknowledged_by']}{f' until {_short(until)}' if until else ''}")
    for entry in incident["updates"]:
        typer.echo(f"  {_short(entry['at'])}  {entry['status']:<13}  {entry['body']}  ({entry['author']})")


def _short(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")
