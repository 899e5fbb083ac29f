"""`prober verify`: whether what was decided stands as it was written."""

from pathlib import Path
from typing import Annotated

import typer

from prober.cli.state_dir import ConfigFile, StateDir, directory_of


def verify(
    database: Annotated[
        Path | None, typer.Argument(help="A database or a backup; without it, the state of the configuration.")
    ] = None,
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    head: Annotated[
        str, typer.Option(help="The head that an earlier run or backup told, NUMBER:DIGEST: it must be in the chain.")
    ] = "",
) -> None:
    """Prove that no decision, incident, notice or delivery was changed since it was written, and read all pages."""
    from prober.store import FILE
    from prober.store import verify as proved

    path = database or directory_of(config, state_dir) / FILE
    proof = proved(path, head)
    typer.echo(
        f"{path}: {proof.links} links from number {proof.first} on, {proof.rows} rows, all as they were written.\n"
        f"Its head is {proof.head}"
    )
