"""`prober backup` and `prober restore`: the state as one file, and back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prober.cli.client import Json
from prober.cli.progress import working
from prober.cli.state_dir import ConfigFile, StateDir, directory_of

if TYPE_CHECKING:
    from prober.store import Saved

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def backup(
    target: Annotated[Path, typer.Argument(help="The file to save to.")],
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Save the state to one file, while the daemon runs or not, and read it through."""
    from prober.store import back_up

    directory = directory_of(config, state_dir)
    with working("Saving the state, and reading it through"):
        saved = back_up(directory, target, may_replace=force)
    if as_json:
        head = str(saved.head) if saved.head else None
        typer.echo(json.dumps({"path": str(saved.path), "bytes": saved.size, "head": head}))
        return
    typer.echo(f"Saved {saved.size} bytes to {saved.path}; read through, and in order.")
    if saved.head:
        typer.echo(f"The head of its chain is {saved.head}")


def restore(
    source: Annotated[Path, typer.Argument(help="The backup.", metavar="BACKUP")],
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make a backup the state; the daemon must be stopped. What it replaces is kept aside."""
    from prober.store import restore as put_back

    directory = directory_of(config, state_dir)
    with working("Reading the backup through, and putting it in place"):
        saved = put_back(directory, source, may_replace=force)
    tell_placed("Restored", saved, as_json)


def tell_placed(deed: str, saved: "Saved", as_json: bool) -> None:
    """Where the new state is, and the one that was there before."""
    if as_json:
        aside = str(saved.aside) if saved.aside else None
        typer.echo(json.dumps({"path": str(saved.path), "bytes": saved.size, "aside": aside}))
        return
    kept = f" What was there is kept as {saved.aside}." if saved.aside else ""
    typer.echo(f"{deed} {saved.size} bytes to {saved.path}.{kept}")
