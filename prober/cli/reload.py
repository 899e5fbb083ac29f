"""`prober reload`: tells the daemon that runs to apply its configuration file."""

import os
import signal
from pathlib import Path

import typer

from prober.cli.state_dir import ConfigFile, StateDir, directory_of
from prober.errors import ProberError


def reload(
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
) -> None:
    """Have the running daemon apply its configuration file; a file with mistakes is refused here already."""
    from prober.store import owner

    directory = directory_of(config, state_dir)
    process = owner(directory)
    if process is None:
        raise ProberError(f"{directory}: expected a daemon that runs on this state, found none")
    try:
        os.kill(process, signal.SIGHUP)
    except OSError as error:
        raise ProberError(f"process {process}: expected to be allowed to signal it, found: {error.strerror}") from error
    typer.echo(f"Process {process} reads its configuration again; its log says what came of it.")
