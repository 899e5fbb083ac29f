"""`prober audit`: who asked for what."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import anyio
import typer

from prober.cli.client import Json
from prober.cli.state_dir import ConfigFile, StateDir, directory_of


def audit(
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the latest.")] = 50,
    as_json: Json = False,
) -> None:
    """Print the latest orders of people that changed something, newest first. A daemon may be running or not."""
    from prober.store import deeds

    found = anyio.run(deeds, directory_of(config, state_dir), limit)
    if as_json:
        typer.echo(json.dumps({"orders": [one._asdict() for one in found]}, ensure_ascii=False))
        return
    for one in found:
        told = json.dumps(one.content, ensure_ascii=False)
        at = datetime.fromtimestamp(one.at_ms / 1000, UTC)
        typer.echo(f"{at:%Y-%m-%d %H:%M:%S} UTC  {one.author}  {one.deed}  {told}")
    if not found:
        typer.echo("Nobody has ordered anything.")
