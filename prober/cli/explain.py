"""`prober explain`: why a component showed what it showed, and who was told. Asks the running daemon by its API."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from prober.cli.client import HERE, Json, Server, ask, short

_WHY: Mapping[str | None, str] = {
    None: "its keys, as they are now, do not keep it from being told; they were others then, or a storm held it back",
    "notifications": "the call that opened it named other ways to tell people (notifications)",
    "topics": "it does not ask for incidents (topics)",
    "sites": "it is about other sites (sites)",
    "components": "it is about other components or groups (components, groups)",
    "severity": "it is about components of other severities (severity)",
    "min_impact": "the impact was too small for it (min_impact)",
    "escalate_after": "it is told only if nobody acknowledges in time (escalate_after)",
    "hours": "it was opened outside its hours (hours)",
}
_SHOWN = 2  # the latest pieces of evidence of each check


def explain(
    component: Annotated[str, typer.Argument(help="The component's id.")],
    at: Annotated[str | None, typer.Option(metavar="2026-03-01T03:12:00Z", help="The moment; else now.")] = None,
    server: Server = HERE,
    as_json: Json = False,
) -> None:
    """Print the whole chain: answers, verdicts and their rules, what was shown, incidents, notices, deliveries."""
    query = "" if at is None else f"?at={quote(at)}"
    found = ask(server, "GET", f"components/{quote(component, safe='')}/explain{query}")
    if as_json:
        typer.echo(json.dumps(found))
        return
    for line in told(found):
        typer.echo(line)


def told(found: dict[str, Any]) -> list[str]:
    """The answer of the API, as people read it."""
    lines = [f"{found['name']} at {short(found['at'])}: {_held(found['shown'])}"]
    lines += [
        f"  planned work: {one['name']}, {short(one['start'])} to {short(one['end'])}" for one in found["maintenance"]
    ]
    for check in found["checks"]:
        lines.append(f"  check {check['check']}: {_held(check['verdict'])}")
        lines += [f"    {_answer(answer)}" for answer in check["answers"][:5]]
        lines += [line for one in check["evidence"][:_SHOWN] for line in _evidence(one)]
    lines += ["  what was shown, newest first"] if found["changes"] else []
    lines += [f"    {_change(change)}" for change in found["changes"]]
    for incident in found["incidents"]:
        end = f"resolved {short(incident['resolved'])}" if incident["resolved"] else "not resolved by then"
        lines.append(f"  incident {incident['num']}: {incident['name']}, opened {short(incident['opened'])}, {end}")
        lines += [line for notice in incident["notices"] for line in _notice(notice)]
        lines += [] if incident["notices"] else ["    nobody was owed a notice of it"]
        lines += [f"    {_route(route)}" for route in incident["routing"] if not route["told"]]
    return lines if found["incidents"] else [*lines, "  no incident was open about it by then"]


def _route(route: dict[str, Any]) -> str:
    """Why a subscription was not told."""
    return f"{route['subscription']} was not told: {_WHY[route['kept_by']]}"


def _evidence(one: dict[str, Any]) -> list[str]:
    """What was seen when the verdict changed."""
    why = f"  {one['reason']}: {one['detail']}" if one["reason"] else ""
    told = {
        "phases": ", ".join(f"{phase} {us / 1000:.1f} ms" for phase, us in one["phases_us"].items()),
        "stood still": f"{one['stalled_us'] / 1000:.1f} ms" if one.get("stalled_us") else "",
        "addresses": ", ".join(one.get("addresses", [])),
        **one["facts"],
        "chain_sha256": one.get("chain_sha256", ""),
        **{f"header {name}": value for name, value in one.get("headers", {}).items()},
        "body": one.get("body", ""),
    }
    lines = [f"      {name}: {value}" for name, value in told.items() if value != ""]
    return [f"    seen {short(one['started'])} as the verdict changed: {one['outcome']}{why}", *lines]


def _held(held: dict[str, Any] | None) -> str:
    if held is None:
        return "not known yet"
    why = f": {held['detail']}" if held["detail"] else ""
    return f"{held['word']} since {short(held['since'])} by rule {held['rule']}{why}"


def _answer(answer: dict[str, Any]) -> str:
    why = f"  {answer['reason']}: {answer['detail']}" if answer["reason"] else ""
    return f"{short(answer['started'])}  {answer['outcome']:<8}  {answer['took_us'] / 1000:.1f} ms{why}"


def _change(change: dict[str, Any]) -> str:
    why = f"  ({change['detail']})" if change["detail"] else ""
    return f"{short(change['at'])}  {change['before']} -> {change['after']}  by rule {change['rule']}{why}"


def _notice(notice: dict[str, Any]) -> list[str]:
    line = (
        f"    {short(notice['at'])}  {notice['reason']} owed to {notice['subscription']} by channel {notice['channel']}"
    )
    tries = [
        f"      {short(one['at'])}  {'arrived' if one['error'] is None else one['error']}"
        + (f" (HTTP {one['status']})" if one["status"] else "")
        for one in notice["deliveries"]
    ]
    return [f"{line}: {notice['progress']}", *tries]
