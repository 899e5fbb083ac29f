"""`prober schema`: the configuration as a JSON Schema, for editors."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from prober.options import Options


def schema() -> None:
    """Print the JSON Schema of the configuration, which editors of TOML complete and check by."""
    typer.echo(text(), nl=False)


def text() -> str:
    """The schema as it stands in docs/config.schema.json."""
    from prober import notifiers, probes
    from prober.config.schema import config_schema

    kinds: Mapping[str, Mapping[str, type[Options]]] = {
        "checks": {kind: probes.kind(kind).options for kind in probes.KINDS},
        "channels": {kind: notifiers.kind(kind).options for kind in notifiers.KINDS},
    }
    return json.dumps(config_schema(kinds), indent=1, ensure_ascii=False) + "\n"
