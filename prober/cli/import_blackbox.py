"""`prober import blackbox`: the modules of a blackbox.yml as TOML, and a line for each thing that has no equal."""

import json
from pathlib import Path

import typer

from prober.cli.check_config import MISTAKEN
from prober.errors import ConfigError


def import_blackbox(file: Path, as_json: bool) -> None:
    """Print the modules; exit status 2 with every mistake of the file if it has any."""
    from prober import probes
    from prober.config.blackbox import written
    from prober.config.blackbox_modules import read
    from prober.probes.targets import PLACEHOLDERS

    try:
        found = read(file, lambda kind: probes.kind(kind).options, PLACEHOLDERS)
        if found.converted.mistakes:
            raise ConfigError(found.converted.mistakes)
    except ConfigError as error:
        for line in error.mistakes:
            typer.echo(line, err=True)
        raise typer.Exit(MISTAKEN) from error
    without = [*found.converted.refused, *found.mistakes]
    modules = {id_: one for id_, one in found.converted.modules.items() if "kind" in one.keys}
    if as_json:
        told = {"toml": written(modules), "modules": list(modules), "refused": without, "noted": found.converted.noted}
        typer.echo(json.dumps(told))
        return
    for line in [*without, *found.converted.noted]:
        typer.echo(f"# {line}")
    typer.echo(written(modules), nl=False)
    typer.echo(f"{len(modules)} modules; {len(without)} things have no equal, see the first lines", err=True)
