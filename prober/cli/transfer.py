"""`prober export` and `prober import`: the state as JSON Lines, and back."""

import json
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.backup import Force, tell_placed
from prober.cli.client import Json
from prober.cli.import_blackbox import import_blackbox
from prober.cli.progress import counted
from prober.cli.state_dir import ConfigFile, StateDir, directory_of
from prober.errors import StoreError

PIPE = Path("-")


def export(
    target: Annotated[Path, typer.Argument(help="The file to write; - is standard output.")] = PIPE,
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the whole state as JSON Lines, while the daemon runs or not."""
    from prober.store import exported
    from prober.store.files import complete

    if as_json and target == PIPE:
        raise typer.BadParameter("--json: expected a file to write, found standard output, where the lines go")
    lines = exported(directory_of(config, state_dir))
    if target == PIPE:
        for line in lines:
            typer.echo(line)
        return
    with complete(target, may_replace=force) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in counted("Exporting", "lines", lines))
    typer.echo(
        json.dumps({"path": str(target), "bytes": target.stat().st_size}) if as_json else f"Exported to {target}."
    )


def import_(
    source: Annotated[Path, typer.Argument(help="What was exported; - is standard input. Or the word blackbox.")],
    file: Annotated[Path | None, typer.Argument(help="After the word blackbox: a blackbox.yml.")] = None,
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make an export the state; the daemon must be stopped. What it replaces is kept aside.

    `prober import blackbox FILE` prints the modules of a blackbox.yml as TOML instead.
    """
    if file is not None:
        if str(source) != "blackbox":
            raise typer.BadParameter(f"expected the word blackbox before a second file, found {source}")
        import_blackbox(file, as_json)
        return
    from prober.store import put_in

    directory = directory_of(config, state_dir)
    try:
        with nullcontext(sys.stdin) if source == PIPE else source.open(encoding="utf-8") as given:
            saved = put_in(directory, counted("Importing", "lines", _lines(given)), may_replace=force)
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "something else"
        raise StoreError(f"{source}: expected an export in UTF-8, found: {found}") from error
    tell_placed("Imported", saved, as_json)


def _lines(file: Iterable[str]) -> Iterable[str]:
    return (line.rstrip("\n") for line in file)
