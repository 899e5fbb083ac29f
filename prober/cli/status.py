"""`prober status`: how everything is, on one screen. Asks the running daemon by its API."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import typer

from prober.cli.client import HERE, Json, Server, ask, ask_if_allowed, look, short

MOST = 10  # lines of a section; the rest is counted
UNDELIVERED = ("pending", "failed")


def status(server: Server = HERE, as_json: Json = False) -> None:
    """Print the headline of each site, open incidents, planned work and undelivered notices."""
    found = overview(server)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for line in told(found):
        typer.echo(line)


def overview(server: str) -> dict[str, Any]:
    """All of that as the API tells it: sites, components, incidents, maintenance, notices."""
    components = ask(server, "GET", "components")["components"]
    sites = dict.fromkeys(one["site"] for one in components)
    return {
        "sites": [_headline(server, site) for site in sites],
        "components": components,
        "incidents": ask(server, "GET", "incidents?open=true")["incidents"],
        "maintenance": [work for site in sites for work in _planned(server, site)],
        "alert_path": ask_if_allowed(server, "alert-path"),
        "notices": [n for word in UNDELIVERED for n in ask(server, "GET", f"notices?progress={word}")["notices"]],
    }


def _headline(server: str, site: str) -> dict[str, Any]:
    found = look(server, f"/s/{quote(site, safe='')}/api/v2/status.json")
    return {"site": site, "name": found["page"]["name"], **found["status"]}


def _planned(server: str, site: str) -> Iterator[dict[str, Any]]:
    """Work under way, then work to come."""
    for state in ("active", "upcoming"):
        found = look(server, f"/s/{quote(site, safe='')}/api/v2/scheduled-maintenances/{state}.json")
        for work in found["scheduled_maintenances"]:
            yield {
                "site": site,
                "name": work["name"],
                "is_under_way": state == "active",
                "start": work["scheduled_for"],
                "end": work["scheduled_until"],
                "components": [one["name"] for one in work["components"]],
            }


def told(found: dict[str, Any]) -> list[str]:
    """The overview, as people read it."""
    shown = Counter((one["site"], one["status"]) for one in found["components"])
    lines = []
    for site in found["sites"]:
        counts = ", ".join(f"{n} {word}" for (of, word), n in sorted(shown.items()) if of == site["site"])
        lines.append(f"{site['name']}: {site['description']} ({counts})")
    return [
        *lines,
        *section("open incidents", [incident_line(one) for one in found["incidents"]]),
        *section("planned work", [work_line(one) for one in found["maintenance"]]),
        *path_lines(found["alert_path"]),
        *section("undelivered notices", [notice_line(one) for one in found["notices"]]),
    ]


def path_lines(found: dict[str, Any] | None) -> list[str]:
    """Whether people would be told; nothing if the key is not the admin's."""
    if found is None:
        return []
    broken = [f"channel {one['id']} {one['broken']}" for one in found["channels"] if one["broken"]]
    if broken:
        return section("alert path: broken channels (prober channels list)", broken)
    drilled = [one["drill"]["at"] for one in found["channels"] if one["drill"] and one["drill"]["arrived"]]
    latest = f"latest drill {short(max(drilled))}" if drilled else "never drilled: prober channels test"
    count = len(found["channels"])
    return [f"alert path: {count} channel{'s' if count != 1 else ''}, {latest}"]


def section(title: str, lines: list[str]) -> list[str]:
    """A title with its lines below, or that there are none."""
    if not lines:
        return [f"{title}: none"]
    rest = [f"  and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return [f"{title}: {len(lines)}", *(f"  {line}" for line in lines[:MOST]), *rest]


def incident_line(one: dict[str, Any]) -> str:
    """Number, where it stands, since when, and who knows of it."""
    known = f"acknowledged by {one['acknowledged_by']}" if one["acknowledged_by"] else "nobody has acknowledged it"
    return f"{one['num']}  {one['status']}  {one['impact']}  since {short(one['started_at'])}  {one['name']}  ({known})"


def work_line(one: dict[str, Any]) -> str:
    """From when to when, and what."""
    state = "now" if one["is_under_way"] else short(one["start"])
    return f"{state} to {short(one['end'])}  {one['name']}: {', '.join(one['components']) or 'no component'}"


def notice_line(one: dict[str, Any]) -> str:
    """Whom it is owed to, what it is about, and how far it is."""
    progress = f"{one['progress']} after {one['attempts']} attempts"
    return f"{one['id']}  {one['channel']}  {one['reason']}  {one['stream']}  {progress}"
