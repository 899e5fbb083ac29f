"""Which state a verb works on: the one that a configuration names, or one that is named beside it."""

from pathlib import Path
from typing import Annotated

import typer

from prober.cli.check_config import load_config

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The daemon's configuration file.")]
StateDir = Annotated[
    Path | None, typer.Option("--state-dir", help="Where its state is; no configuration is read then.")
]


def directory_of(config: Path, state_dir: Path | None) -> Path:
    """The state directory; if the configuration has mistakes, prints every one and exits with status 2."""
    return load_config(config).daemon.state_dir if state_dir is None else state_dir
