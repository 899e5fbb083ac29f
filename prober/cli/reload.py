"""`prober reload`: tells the daemon that runs to apply its configuration file."""

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.check_config import load_config
from prober.errors import ProberError


def reload(
    config: Annotated[Path, typer.Option("--config", "-c", help="The daemon's configuration file.")] = Path(
        "config.toml"
    ),
    state_dir: Annotated[
        Path | None, typer.Option(help="Where its state is; the file is then judged by the daemon alone.")
    ] = None,
) -> None:
    """Have the running daemon apply its configuration file; a file with mistakes is refused here already."""
    from prober.store import owner

    directory = load_config(config).daemon.state_dir if state_dir is None else state_dir
    process = owner(directory)
    if process is None:
        raise ProberError(f"{directory}: expected a daemon that runs on this state, found none")
    try:
        os.kill(process, signal.SIGHUP)
    except OSError as error:
        raise ProberError(f"process {process}: expected to be allowed to signal it, found: {error.strerror}") from error
    typer.echo(f"Process {process} reads its configuration again; its log says what came of it.")
