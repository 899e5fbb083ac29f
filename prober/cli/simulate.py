"""`prober simulate`: what would have been told, and when, in a scripted or a random world."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prober.cli.check_config import MISTAKEN, load_config
from prober.cli.progress import working
from prober.core.status import IMPACT_OF
from prober.errors import ConfigError

if TYPE_CHECKING:
    from prober.config import Config
    from prober.simulate import Figures, World

RANDOM_DAYS = 90
_FROM = datetime(2026, 1, 1)  # noqa: DTZ001 - made UTC where it is used, like what is given


def simulate(
    script: Annotated[
        Path | None, typer.Argument(help="What is watched and what happens; see docs/simulation.md.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="A random world instead of a script.")] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=10_000, help="How long; else to the script's end, or 90 days.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="What is watched, instead of the script's.")
    ] = None,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, UTC.")] = _FROM,
    as_script: Annotated[bool, typer.Option("--print", help="Print the random world as a script instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
) -> None:
    """Run a world through the same judgement, in virtual time; print what was told and what was missed."""
    from prober.simulate import drawn, figures, play

    if (script is None) == (seed is None):
        raise typer.BadParameter("expected a script or --seed, found " + ("neither" if script is None else "both"))
    watched = load_config(config) if config else None
    if script is not None:
        name, text = str(script), _read(script)
    else:
        name, text = f"seed-{seed}", drawn(seed or 0, days or RANDOM_DAYS, watched)
        days = days or RANDOM_DAYS
    if as_script:
        typer.echo(text, nl=False)
        return
    world = _world(text, name, int(start.replace(tzinfo=UTC).timestamp() * 1000), days, watched)
    with working("Playing"):
        found = figures(play(world))
    if as_json:
        typer.echo(json.dumps(as_dict(world, found)))
        return
    for line in lines(world, found):
        typer.echo(line)


def _read(script: Path) -> str:
    try:
        return script.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        typer.echo(f"{script}: expected a script, found: {why}", err=True)
        raise typer.Exit(MISTAKEN) from error


def _world(text: str, name: str, from_ms: int, days: int | None, config: "Config | None") -> "World":
    from prober.simulate import read

    try:
        return read(text, name, from_ms, days, config)
    except ConfigError as error:
        for line in error.mistakes:
            typer.echo(line, err=True)
        count = len(error.mistakes)
        typer.echo(f"{count} mistake{'s' if count != 1 else ''} in {name}", err=True)
        raise typer.Exit(MISTAKEN) from error


def lines(world: "World", found: "Figures") -> Iterator[str]:
    """The figures as people read them."""
    from prober.core.incident import duration_words

    lasted = duration_words(world.until_ms - world.from_ms)
    yield f"{lasted} from {_moment(world.from_ms)}: {found.probes} probes, checks {len(world.policy.checks)}"
    yield ""
    yield f"incidents    {len(found.incidents)}"
    for incident in found.incidents:
        until = (
            "still open" if incident.resolved_ms is None else duration_words(incident.resolved_ms - incident.opened_ms)
        )
        yield f"  {_moment(incident.opened_ms)}  {incident.name}  ({until})"
    yield "notices      " + (", ".join(f"{reason} {count}" for reason, count in found.notices.items()) or "none")
    fates = f"detected {found.detected}, within an incident {found.joined}, missed {len(found.missed)}"
    yield f"outages      {found.outages}: {fates}"
    least_ms, median_ms, most_ms = found.detection
    if least_ms is not None and median_ms is not None and most_ms is not None:
        least, middle, most = map(duration_words, (least_ms, median_ms, most_ms))
        yield f"to detect    {least} at least, {middle} in the middle, {most} at most"
    yield f"false pages  {len(found.false_pages)}"
    for page in found.false_pages:
        yield f"  {_moment(page.at_ms)}  {page.component}"
    yield f"missed       {len(found.missed)}"
    for outage, why in found.missed:
        lasted = duration_words(outage.until_ms - outage.from_ms)
        yield f"  {_moment(outage.from_ms)}  {outage.component}  {lasted}: {why}"


def as_dict(world: "World", found: "Figures") -> dict[str, Any]:
    """The figures as programs read them; times in ms since the epoch, durations in ms."""
    return {
        "from_ms": world.from_ms,
        "until_ms": world.until_ms,
        "checks": len(world.policy.checks),
        "probes": found.probes,
        "missed_slots": found.missed_slots,
        "incidents": [
            {
                "name": incident.name,
                "components": [a.component for a in incident.affected],
                "impact": max(IMPACT_OF[a.worst] for a in incident.affected).word,  # the worst it had
                "opened_ms": incident.opened_ms,
                "resolved_ms": incident.resolved_ms,
                "updates": len(incident.updates),
            }
            for incident in found.incidents
        ],
        "notices": dict(found.notices),
        "outages": found.outages,
        "detected": found.detected,
        "joined": found.joined,
        "detection": found.detection._asdict(),
        "false_pages": [{"at_ms": page.at_ms, "component": page.component} for page in found.false_pages],
        "missed": [{**outage._asdict(), "why": why} for outage, why in found.missed],
    }


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
