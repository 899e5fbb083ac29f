"""`prober verify`: whether what was decided stands as it was written."""

import json
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.client import Json
from prober.cli.progress import working
from prober.cli.state_dir import ConfigFile, StateDir, directory_of
from prober.errors import StoreError


def verify(
    database: Annotated[
        Path | None, typer.Argument(help="A database or a backup; without it, the state of the configuration.")
    ] = None,
    config: ConfigFile = Path("config.toml"),
    state_dir: StateDir = None,
    head: Annotated[
        str, typer.Option(help="The head that an earlier run or backup told, NUMBER:DIGEST: it must be in the chain.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Prove that no decision, incident, notice or delivery was changed since it was written, and read all pages."""
    from prober.store import FILE, chain
    from prober.store import verify as proved

    if head:
        try:
            chain.Head.read(head)
        except StoreError as error:
            raise typer.BadParameter(str(error), param_hint="--head") from error
    path = database or directory_of(config, state_dir) / FILE
    with working(f"Proving {path}"):
        proof = proved(path, head)
    if as_json:
        typer.echo(json.dumps({"path": str(path), **proof._asdict(), "head": str(proof.head)}))
        return
    typer.echo(
        f"{path}: {proof.links} links from number {proof.first} on, {proof.rows} rows, all as they were written.\n"
        f"Its head is {proof.head}"
    )
