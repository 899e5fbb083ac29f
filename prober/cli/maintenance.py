"""`prober maintenance`: when planned work comes next."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from prober.cli.check_config import load_config

if TYPE_CHECKING:
    from prober.config import Config


def maintenance(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")] = Path("config.toml"),
    count: Annotated[int, typer.Option("--next", min=1, max=1000, help="How many times of each window.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON list.")] = False,
) -> None:
    """Print the planned work that is under way or to come, in order of its start."""
    from prober.clock import Clock

    rows = coming(load_config(config), Clock().now_ms(), count)
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo(f"{row['start']}  to  {row['end']}  {row['name']}")
    if not rows:
        typer.echo("No maintenance is planned.")


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
