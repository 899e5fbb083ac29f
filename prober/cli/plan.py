"""`prober plan`: what another configuration would change, before it does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from prober.cli.check_config import MISTAKEN, BlackboxConfig, load_config, read_config
from prober.cli.state_dir import directory_of, environment_at
from prober.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from prober.config import Config, Difference, Table
    from prober.core.model import Incident

DIFFERS = 3


class Effect(NamedTuple):
    """What a reload would do to incidents as they are now. unknown: why that can't be told, "" = it can."""

    opened: tuple["Incident", ...] = ()
    closed: tuple["Incident", ...] = ()
    unknown: str = ""


def plan(
    file: Annotated[Path, typer.Argument(help="The configuration that would take its place.")],
    running: Annotated[Path, typer.Option("--running", help="The configuration that runs.")] = Path("config.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with status 3 if anything differs.")] = False,
    blackbox_config: BlackboxConfig = None,
) -> None:
    """Print what differs, which incidents would open or close, and what needs a restart. Nothing is changed."""
    from prober.config import difference

    before, after = _both(file, running, blackbox_config, as_json)
    found = difference(before, after)
    effect = _effect(before, after) if found else Effect()
    if as_json:
        typer.echo(json.dumps({"file": str(file), "running": str(running), **_object(found, effect)}))
    else:
        for line in _lines(found, effect):
            typer.echo(line)
    if exit_code and found:
        raise typer.Exit(DIFFERS)


def _both(file: Path, running: Path, blackbox: Path | None, as_json: bool) -> "tuple[Config, Config]":
    """What runs, and what would: read as if it stood where the other one does. Both have the modules of blackbox, and
    mean by variables what the daemon means that runs on the state, if one does.
    """
    env = environment_at(directory_of(running, None))
    before = load_config(running, env, blackbox=blackbox)
    if not as_json:
        return before, load_config(file, env, folder=running.parent, blackbox=blackbox)
    try:
        return before, read_config(file, env, folder=running.parent, blackbox=blackbox)
    except ConfigError as error:
        typer.echo(json.dumps({"file": str(file), "mistakes": error.mistakes}))
        raise typer.Exit(MISTAKEN) from error


def _effect(before: "Config", after: "Config") -> Effect:
    """Both policies are asked, so that what time alone would do is not told."""
    import anyio

    from prober.clock import Clock
    from prober.core.events import Configured
    from prober.core.own import with_own
    from prober.core.step import step
    from prober.store import peeked

    directory = before.daemon.state_dir
    try:
        state = anyio.run(peeked, directory)
    except StoreError as error:
        return Effect(unknown=str(error))
    if state is None:
        return Effect(unknown=f"there is no state in {directory}")
    event = Configured(Clock().now_ms())
    anyway, then = (step(state, event, with_own(config.policy())) for config in (before, after))
    moved = {incident.num for incident in anyway.incidents} if anyway else set()
    found = [incident for incident in then.incidents if incident.num not in moved] if then else []
    opened = tuple(i for i in found if i.is_open and i.num not in state.incidents)
    return Effect(opened, tuple(i for i in found if not i.is_open))


def _object(found: "Difference", effect: Effect) -> dict[str, Any]:
    from prober.config import restart_keys

    incidents = {
        "opened": [_incident(i) | {"num": None} for i in effect.opened],
        "closed": [_incident(i) for i in effect.closed],
    }
    return {
        "differs": bool(found),
        "tables": {name: _table(table) for name, table in found.items()},
        "needs_restart": restart_keys(found),
        "incidents": None if effect.unknown else incidents,
    }


def _table(table: "Table") -> dict[str, Any]:
    changed = {
        id_: {key.name: {"before": key.before, "after": key.after} for key in keys}
        for id_, keys in table.changed.items()
    }
    return {"added": table.added, "changed": changed, "removed": table.removed, "reordered": table.is_reordered}


def _incident(incident: "Incident") -> dict[str, Any]:
    return {"num": incident.num, "name": incident.name, "components": [a.component for a in incident.affected]}


def _lines(found: "Difference", effect: Effect) -> Iterator[str]:
    from prober.config import restart_keys

    if not found:
        yield "Nothing differs."
        return
    for table in found.values():
        yield table.name
        yield from _lines_of(table)
    for incident in effect.opened:
        yield f"an incident would open: {incident.name}"
    for incident in effect.closed:
        yield f"incident {incident.num} would close: {incident.name}"
    if effect.unknown:
        yield f"which incidents would open or close is not known: {effect.unknown}"
    left = restart_keys(found)
    yield f"A reload applies this, except {', '.join(left)}: a restart does." if left else "A reload applies this."


def _lines_of(table: "Table") -> Iterator[str]:
    for id_ in table.added:
        yield f"  + {id_}"
    for id_, keys in table.changed.items():
        yield f"  ~ {id_}"
        for key in keys:
            yield f"      {key.name}: {key.before} -> {key.after}"
    for id_ in table.removed:
        yield f"  - {id_}"
    if table.is_reordered:
        yield "  in another order"
