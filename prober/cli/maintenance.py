"""`prober maintenance`: planned work, and what a person does about it. Asks the running daemon by its API.

When work comes next by a configuration file is read from that alone.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from prober.cli.check_config import load_config
from prober.cli.client import HERE, Json, Server, ask, short
from prober.cli.state_dir import directory_of, environment_at

if TYPE_CHECKING:
    from prober.config import Config

PATH = "maintenances"

maintenance = typer.Typer(help="See planned work, schedule it, start, extend, end and cancel it.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The maintenance's id, as `list` prints it.")]
Body = Annotated[str | None, typer.Argument(help="What people read; else the usual sentence.")]
Count = Annotated[int, typer.Option("--count", min=1, max=1000, help="How many times of each window.")]


@maintenance.callback(invoke_without_command=True)
def of_itself(
    context: typer.Context,
    config: Annotated[Path, typer.Option("--config", "-c", help="As `next` with this file.")] = Path("config.toml"),
    count: Annotated[int, typer.Option("--next", min=1, max=1000, help="As `next --count`.")] = 5,
    as_json: Json = False,
) -> None:
    """See planned work, schedule it, start, extend, end and cancel it; alone, as `next`."""
    if context.invoked_subcommand is None:
        following(config, count, as_json)


@maintenance.command("next")
def following(
    config: Annotated[Path, typer.Argument(help="The configuration file.")] = Path("config.toml"),
    count: Count = 5,
    as_json: Json = False,
) -> None:
    """Print the work that a configuration file declares, under way or to come, in order of its start."""
    from prober.clock import Clock

    env = environment_at(directory_of(config, None))
    rows = coming(load_config(config, env), Clock().now_ms(), count)
    if as_json:
        typer.echo(json.dumps({"maintenances": rows}))
        return
    for row in rows:
        typer.echo(f"{row['start']}  to  {row['end']}  {row['name']}")
    if not rows:
        typer.echo("No maintenance is planned.")


@maintenance.command("list")
def listed(
    server: Server = HERE,
    as_json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="What has ended, too.")] = False,
) -> None:
    """Print the work that is under way or to come, in order of its start."""
    found = ask(server, "GET", PATH)["maintenances"]
    shown = [one for one in reversed(found) if every or one["status"] not in ("completed", "cancelled")]
    if as_json:
        typer.echo(json.dumps({"maintenances": shown}))
        return
    for one in shown:
        span = f"{short(one['start'])}  to  {short(one['end'])}"
        typer.echo(f"{one['id']}  {one['status']:<10}  {span}  {one['name']}")
    if not shown:
        typer.echo("No maintenance is known." if every else "No maintenance is planned.")


@maintenance.command()
def show(id_: Id, server: Server = HERE, as_json: Json = False) -> None:
    """Print one with its timeline and what it has hidden."""
    _tell(ask(server, "GET", _path(id_)), as_json)


@maintenance.command()
def schedule(
    name: Annotated[str, typer.Argument(help="What it is called; people read it.")],
    site: Annotated[str, typer.Option(help="The site it is announced on.")] = "main",
    components: Annotated[
        list[str] | None, typer.Option("--component", help="What is worked on; may be repeated; else the whole site.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="When it starts, such as 2026-03-01T22:00:00+01:00; else now.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="MOMENT", help="When it ends.")] = None,
    duration: Annotated[str | None, typer.Option("--for", metavar="2h", help="How long it lasts, else.")] = None,
    description: Annotated[str, typer.Option(help="What is done, and what to expect.")] = "",
    by_hand: Annotated[bool, typer.Option("--by-hand", help="A person starts and ends it.")] = False,
    extend_up_to: Annotated[
        str | None, typer.Option(metavar="1h", help="While something of it fails it goes on, for so long at most.")
    ] = None,
    remind_before: Annotated[
        str | None, typer.Option(metavar="1h", help="How long before its start it is told once more.")
    ] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Plan work, from now or from later on."""
    fields: dict[str, Any] = {"site": site, "name": name, "components": components or [], "description": description}
    others = {"start": start, "end": end, "duration": duration, "remind_before": remind_before}
    fields |= {key: value for key, value in others.items() if value is not None}
    if by_hand:
        fields |= {"auto_start": False, "auto_end": False}
    if extend_up_to is not None:
        fields |= {"auto_end": "when_green", "extend_up_to": extend_up_to}
    _tell(ask(server, "POST", PATH, fields), as_json)


@maintenance.command("start")
def started(id_: Id, body: Body = None, server: Server = HERE, as_json: Json = False) -> None:
    """Start it now."""
    _step(server, id_, "start", {"body": body}, as_json)


@maintenance.command()
def extend(
    id_: Id,
    body: Body = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="When it ends instead.")] = None,
    by: Annotated[str | None, typer.Option(metavar="1h", help="How much later it ends, else.")] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Let it end later."""
    _step(server, id_, "extend", {"body": body, "until": until, "duration": by}, as_json)


@maintenance.command("end")
def ended(id_: Id, body: Body = None, server: Server = HERE, as_json: Json = False) -> None:
    """End it now."""
    _step(server, id_, "end", {"body": body}, as_json)


@maintenance.command()
def cancel(id_: Id, body: Body = None, server: Server = HERE, as_json: Json = False) -> None:
    """Call it off before it has started."""
    _step(server, id_, "cancel", {"body": body}, as_json)


def _step(server: str, id_: str, step: str, fields: dict[str, str | None], as_json: bool) -> None:
    said = {key: value for key, value in fields.items() if value is not None}
    _tell(ask(server, "POST", f"{_path(id_)}/{step}", said), as_json)


def _path(id_: str) -> str:
    return f"{PATH}/{quote(id_, safe='@')}"


def _tell(work: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(work))
        return
    typer.echo(f"{work['id']}  {work['name']}  {work['status']}")
    typer.echo(f"  {short(work['start'])}  to  {short(work['end'])}, of {', '.join(work['components']) or 'nothing'}")
    for one in work["hidden"]:
        until = "and goes on" if one["until"] is None else f"to {short(one['until'])}"
        typer.echo(f"  hides {one['component']}: {one['status']} from {short(one['from'])} {until}")
    for entry in work["updates"]:
        typer.echo(f"  {short(entry['at'])}  {entry['status']:<10}  {entry['body']}  ({entry['author']})")


def coming(config: "Config", now_ms: int, count: int) -> list[dict[str, object]]:
    """The next `count` times of each window that are not over, as what people read; times in the window's own zone."""
    from prober.core.maintenance import upcoming

    found = [
        (one, config.maintenance[id_].zone)
        for id_, window in config.policy().maintenances.items()
        for one in upcoming(window, now_ms, count)
    ]
    found.sort(key=lambda pair: (pair[0].start_ms, pair[0].id))
    return [
        {
            "maintenance": one.id,
            "name": one.name,
            "site": one.site,
            "status": "inprogress" if one.start_ms <= now_ms else "planning",
            "start": _moment(one.start_ms, zone),
            "end": _moment(one.end_ms, zone),
            "components": list(one.components),
        }
        for one, zone in found
    ]


def _moment(at_ms: int, zone: str) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
