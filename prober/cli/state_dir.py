"""Which state a verb works on: the one that a configuration names, or one that is named beside it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.check_config import load_config
from prober.cli.places import told_directory
from prober.errors import StoreError

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The daemon's configuration file.")]
StateDir = Annotated[
    Path | None, typer.Option("--state-dir", help="Where its state is; no configuration is read then.")
]


def directory_of(config: Path, state_dir: Path | None) -> Path:
    """The state directory. If the file does not tell it simply and has mistakes, prints every one and exits with
    status 2.
    """
    if state_dir is not None:
        return state_dir
    return told_directory(config) or load_config(config).daemon.state_dir


def environment_at(directory: Path) -> Mapping[str, str]:
    """By which the daemon on that state reads its file; ours, if none runs there or it may not be looked at."""
    from prober.store import owner

    with suppress(OSError, StoreError):
        if (process := owner(directory)) is not None:
            pairs = Path(f"/proc/{process}/environ").read_bytes().decode("utf-8", "surrogateescape").split("\0")
            return {**os.environ, **dict(pair.split("=", 1) for pair in pairs if "=" in pair)}
    return os.environ
