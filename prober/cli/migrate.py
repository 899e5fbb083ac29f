"""`prober migrate`: the state brought to this version's schema, before the daemon starts with it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.check_config import load_config
from prober.cli.client import Json
from prober.cli.progress import working
from prober.cli.state_dir import ConfigFile, StateDir


def migrate(
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    backups: Annotated[
        Path | None, typer.Option(help="Where to save it before; else as [backup] says, or beside the state.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Save the state and bring it to this version's schema, as a start would; the daemon must be stopped."""
    from prober.clock import Clock
    from prober.store.upgrade import upgrade

    if state_dir is None:
        found = load_config(config)
        state_dir, backups = found.daemon.state_dir, backups or found.backup.directory
    with working("Saving the state, and bringing it to this version's schema"):
        done = upgrade(state_dir, Clock().now_ms(), backups)
    if as_json:
        saved = str(done.saved.path) if done.saved else None
        typer.echo(json.dumps({"before": done.before, "after": done.after, "saved": saved}))
        return
    if done.before == done.after:
        typer.echo(f"{state_dir}: of schema {done.after}, as this version has it; nothing to do.")
        return
    kept = f"; it was saved before as {done.saved.path}" if done.saved else ""
    typer.echo(f"{state_dir}: brought from schema {done.before} to {done.after}{kept}.")
