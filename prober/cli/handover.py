"""`prober handover`: what the next one on call must know. Asks the running daemon by its API."""

import json
from typing import Any

import typer

from prober.cli.client import HERE, Json, Server, ask, short
from prober.cli.status import incident_line, notice_line, overview, path_lines, section, work_line

QUIET = ("operational", "maintenance")


def handover(server: Server = HERE, as_json: Json = False) -> None:
    """Print what fails, what of it nobody is told of, who has acknowledged what, planned work, undelivered notices."""
    found = handed_over(server)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for line in told(found):
        typer.echo(line)


def handed_over(server: str) -> dict[str, Any]:
    """Sorted by what it asks of the one who takes over."""
    found = overview(server)
    incidents = [
        one | {"acknowledged_until": ask(server, "GET", f"incidents/{one['num']}").get("acknowledged_until")}
        for one in found["incidents"]
    ]
    about = {id_ for one in incidents for id_ in one["components"]}
    failing = [one for one in found["components"] if one["status"] not in QUIET]
    return {
        "unacknowledged": [one for one in incidents if not one["acknowledged_by"]],
        "acknowledged": [one for one in incidents if one["acknowledged_by"]],
        "failing": failing,
        "withheld": [one for one in failing if one["component"] not in about],
        "pinned": [one for one in found["components"] if one["pin"] is not None],
        "maintenance": found["maintenance"],
        "alert_path": found["alert_path"],
        "notices": found["notices"],
    }


def told(found: dict[str, Any]) -> list[str]:
    """The same, as people read it."""
    return [
        *section("incidents that nobody has acknowledged", [incident_line(one) for one in found["unacknowledged"]]),
        *section("acknowledged incidents", [incident_line(one) + _until(one) for one in found["acknowledged"]]),
        *section("components that fail", [_component(one) for one in found["failing"]]),
        *section("of them without an incident (prober explain ID)", [one["component"] for one in found["withheld"]]),
        *section("components that a person has pinned", [_component(one) for one in found["pinned"]]),
        *section("planned work", [work_line(one) for one in found["maintenance"]]),
        *path_lines(found["alert_path"]),
        *section("undelivered notices", [notice_line(one) for one in found["notices"]]),
    ]


def _until(one: dict[str, Any]) -> str:
    return f"  until {short(one['acknowledged_until'])}" if one["acknowledged_until"] else "  until it ends"


def _component(one: dict[str, Any]) -> str:
    since = f" since {short(one['since'])}" if one["since"] else ""
    return f"{one['component']}  {one['status']}{since}"
