"""`prober backup` and `prober restore`: the state as one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from prober.cli.state_dir import ConfigFile, StateDir, directory_of

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def backup(
    target: Annotated[Path, typer.Argument(help="The file to save to.")],
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    force: Force = False,
) -> None:
    """Save the state to one file, while the daemon runs or not, and read it through."""
    from prober.store import back_up

    saved = back_up(directory_of(config, state_dir), target, may_replace=force)
    typer.echo(f"Saved {saved.size} bytes to {saved.path}; read through, and in order.")
    if saved.head:
        typer.echo(f"The head of its chain is {saved.head}")


def restore(
    source: Annotated[Path, typer.Argument(help="The backup.", metavar="BACKUP")],
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    force: Force = False,
) -> None:
    """Make a backup the state; the daemon must be stopped. What it replaces is kept aside."""
    from prober.store import restore as put_back

    saved = put_back(directory_of(config, state_dir), source, may_replace=force)
    kept = f" What was there is kept as {saved.aside}." if saved.aside else ""
    typer.echo(f"Restored {saved.size} bytes to {saved.path}.{kept}")
