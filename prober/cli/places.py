"""Where a daemon's state is on this host, as far as that can be told simply, and its control socket."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

SOCKET = "control.sock"
STATES = (Path("prober-state"), Path("/var/lib/prober"))  # where the state is, unless a configuration says otherwise


def told_directory(config: Path) -> Path | None:
    """The state directory by that key of the file alone; None if it takes the whole file to know it.

    A backup can be made while the rest has mistakes, or names variables that only the daemon has.
    """
    try:
        told = tomllib.loads(config.read_text("utf-8")).get("prober", {})
        return None if "include" in told else _directory(config.parent, told)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _directory(folder: Path, told: Mapping[str, object]) -> Path | None:
    said = told.get("state_dir")
    if isinstance(said, str) and said and "${" not in said and "\0" not in said:
        return folder / said
    if said is not None:
        return None
    if (found := os.environ.get("STATE_DIRECTORY", "").split(":")[0]) != "":
        return Path(found)
    usual, of_systemd = folder / STATES[0], STATES[1]
    return of_systemd if is_there(of_systemd) and not is_there(usual) else usual


def control_socket() -> Path | None:
    """That of the configuration that is here, or of a state at one of the usual places; None if there is none."""
    told = told_directory(Path("config.toml"))
    states = STATES if told is None else (told, *STATES)
    return next((path for path in (state / SOCKET for state in states) if is_there(path)), None)


def is_there(path: Path) -> bool:
    """Whether it is there, or may be: who may not look is told so when it is used."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True
