"""`prober reload`: has the daemon that runs apply its configuration file, and says what came of it.

It is asked by its control socket; one without is signalled, and only its log says more.
"""

import json
import os
import signal
from pathlib import Path

import typer

from prober.cli.check_config import load_config
from prober.cli.client import BAD_USAGE, Json, reloaded
from prober.cli.places import SOCKET, is_there
from prober.cli.state_dir import ConfigFile, StateDir, directory_of, environment_at
from prober.errors import ProberError


def reload(
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    as_json: Json = False,
) -> None:
    """Have the running daemon apply its configuration file; a file with mistakes is refused here already."""
    from prober.store import owner

    directory = directory_of(config, state_dir)
    if state_dir is None:
        load_config(config, environment_at(directory))
    process = owner(directory)
    if process is None:
        raise ProberError(f"{directory}: expected a daemon that runs on this state, found none")
    if is_there(directory / SOCKET):
        is_applied, said = reloaded(directory / SOCKET)
        if as_json:
            typer.echo(json.dumps({"applied": is_applied, "said": said.rstrip()}))
        else:
            typer.echo(said.rstrip(), err=not is_applied)
        raise typer.Exit(0 if is_applied else BAD_USAGE)
    try:
        os.kill(process, signal.SIGHUP)
    except OSError as error:
        raise ProberError(f"process {process}: expected to be allowed to signal it, found: {error.strerror}") from error
    said = f"Process {process} reads its configuration again; its log says what came of it."
    typer.echo(json.dumps({"applied": None, "said": said}) if as_json else said)
