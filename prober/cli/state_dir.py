"""Which state a verb works on: the one that a configuration names, or one that is named beside it."""

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.check_config import load_config
from prober.cli.client import STATES
from prober.errors import StoreError

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The daemon's configuration file.")]
StateDir = Annotated[
    Path | None, typer.Option("--state-dir", help="Where its state is; no configuration is read then.")
]


def directory_of(config: Path, state_dir: Path | None) -> Path:
    """The state directory. Of the file that key alone is read, if it stands there as it is: a backup can be made while
    the rest has mistakes, or names variables that only the daemon has. Else, if the file has mistakes, prints every one
    and exits with status 2.
    """
    if state_dir is not None:
        return state_dir
    try:
        told = tomllib.loads(config.read_text("utf-8")).get("prober", {})
        if "include" not in told:
            return _directory(config.parent, told)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # read as a whole it is told what is wrong with it
    return load_config(config).daemon.state_dir


def _directory(folder: Path, told: Mapping[str, object]) -> Path:
    """Raises LookupError if it can't be told so simply."""
    said = told.get("state_dir")
    if isinstance(said, str) and said and "${" not in said and "\0" not in said:
        return folder / said
    if said is not None:
        raise LookupError("state_dir")
    if (found := os.environ.get("STATE_DIRECTORY", "").split(":")[0]) != "":
        return Path(found)
    usual, of_systemd = folder / STATES[0], STATES[1]
    return of_systemd if of_systemd.exists() and not usual.exists() else usual


def environment_at(directory: Path) -> Mapping[str, str]:
    """By which the daemon on that state reads its file; ours, if none runs there or it may not be looked at."""
    from prober.store import owner

    with suppress(OSError, StoreError):
        if (process := owner(directory)) is not None:
            pairs = Path(f"/proc/{process}/environ").read_bytes().decode("utf-8", "surrogateescape").split("\0")
            return {**os.environ, **dict(pair.split("=", 1) for pair in pairs if "=" in pair)}
    return os.environ
