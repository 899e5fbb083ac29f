"""`prober check-config`: what a configuration will watch and whom it will tell, or every mistake it has."""

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from prober.cli.lint import errors, warnings
from prober.errors import ConfigError

if TYPE_CHECKING:
    from prober.config import Config
    from prober.options import CheckOptions

logger = logging.getLogger(__name__)

MISTAKEN = 2

BlackboxConfig = Annotated[
    Path | None,
    typer.Option("--blackbox-config", help="A blackbox.yml of blackbox_exporter, whose modules are taken in as well."),
]


def load_config(
    path: Path, env: Mapping[str, str] = os.environ, folder: Path | None = None, blackbox: Path | None = None
) -> "Config":
    """The configuration in the file; if it has mistakes, prints every one and exits with status 2.

    env: what its ${NAMES} stand for. folder: where its relative paths begin, if that is not where it is. blackbox: a
    blackbox.yml with more modules.
    """
    try:
        return read_config(path, env, folder, blackbox)
    except ConfigError as error:
        for line in error.mistakes:
            typer.echo(line, err=True)
        typer.echo(_count(error.mistakes, path), err=True)
        raise typer.Exit(MISTAKEN) from error


def read_config(
    path: Path, env: Mapping[str, str] = os.environ, folder: Path | None = None, blackbox: Path | None = None
) -> "Config":
    """The configuration in the file, with the modules of a blackbox.yml. Raises ConfigError with every mistake."""
    from prober import notifiers, probes
    from prober.config import load
    from prober.probes.targets import PLACEHOLDERS

    def options(kind: str) -> "type[CheckOptions]":
        return probes.kind(kind).options

    config = load(
        path,
        check_options=options,
        check_kinds=tuple(probes.KINDS),
        channel_options=lambda kind: notifiers.kind(kind).options,
        channel_kinds=tuple(notifiers.KINDS),
        module_keys=PLACEHOLDERS,
        env=env,
        folder=folder,
    )
    if blackbox is None:
        return config
    from prober.config.blackbox_modules import with_blackbox

    config, noted = with_blackbox(config, blackbox, options, PLACEHOLDERS)
    for line in noted:
        logger.warning("%s", line)
    return config


def _count(mistakes: Sequence[str], path: Path) -> str:
    return f"{len(mistakes)} mistake{'s' if len(mistakes) != 1 else ''} in {path}"


def check_config(
    file: Annotated[Path, typer.Argument(help="The configuration file.")] = Path("config.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
    blackbox_config: BlackboxConfig = None,
) -> None:
    """Print what will be watched and who hears of it; exit status 2 with every mistake of the file if it has any."""
    if not as_json:
        if _show(load_config(file, blackbox=blackbox_config)):
            raise typer.Exit(MISTAKEN)
        return
    try:
        config = read_config(file, blackbox=blackbox_config)
    except ConfigError as error:
        typer.echo(json.dumps({"file": str(file), "mistakes": error.mistakes}))
        raise typer.Exit(MISTAKEN) from error
    overview = {listing.title: [row._asdict() for row in listing.rows] for listing in listings(config)}
    found = list(errors(config))
    typer.echo(json.dumps({"file": str(file), **overview, "errors": found, "warnings": list(warnings(config))}))
    if found:
        raise typer.Exit(MISTAKEN)


class Check(NamedTuple):
    """A row of what is watched. detection: the longest time from the start of an outage to the verdict *down*."""

    component: str
    check: str
    kind: str
    target: str
    interval: str
    failures: int
    detection: str


class Channel(NamedTuple):
    """A row of where notices go."""

    channel: str
    kind: str
    target: str


class Subscription(NamedTuple):
    """A row of what is told to a channel."""

    subscription: str
    channel: str
    topics: str
    limited_to: str


class Route(NamedTuple):
    """A row of who hears of a component's incidents. within: from the start of an outage, at the latest."""

    component: str
    trouble: str
    channel: str
    subscription: str
    within: str


class Window(NamedTuple):
    """A row of planned work."""

    maintenance: str
    name: str
    site: str
    start: str
    end: str
    repeats: str
    components: str


class Listing(NamedTuple):
    """One section of what is printed."""

    title: str
    rows: Sequence[Any]


def listings(config: "Config") -> list[Listing]:
    """What the configuration declares, as people read it: references as they were written, no secret."""
    shown = config.as_written
    return [
        Listing("checks", _checks(config, shown)),
        Listing("channels", [Channel(i, c.kind, shown(c.target())) for i, c in config.channels.items()]),
        Listing("subscriptions", _subscriptions(config)),
        Listing("routes", _routes(config)),
        Listing("maintenance", _windows(config, shown)),
    ]


def _checks(config: "Config", shown: Callable[[str], str]) -> list[Check]:
    from prober.config.reach import detected_within_ms
    from prober.config.words import quiet
    from prober.options import show_duration

    return [
        Check(
            component=options.component,
            check=id_,
            kind=options.kind,
            target=quiet(shown(options.target())),
            interval=show_duration(options.interval),
            failures=options.failures,
            detection=show_duration(detected_within_ms(options)),
        )
        for id_, options in config.checks.items()
    ]


def _subscriptions(config: "Config") -> list[Subscription]:
    rows = []
    for id_, one in config.subscriptions.items():
        limits = [f"{key} {', '.join(ids)}" for key in ("sites", "groups", "components") if (ids := getattr(one, key))]
        limits += [f"severity {', '.join(one.severity)}"] if one.severity else []
        limits += [f"{one.hours} ({one.zone})"] if one.hours is not None else []
        limits += [f"impact {one.min_impact} and up"] if one.min_impact != "none" else []
        rows.append(Subscription(id_, one.channel, ", ".join(one.topics), "; ".join(limits) or "-"))
    return rows


def _routes(config: "Config") -> list[Route]:
    from prober.config.reach import routes
    from prober.core.model import Status
    from prober.options import show_duration

    return [
        Route(
            one.component,
            one.mildest.name.lower() + ("" if one.mildest is Status.MAJOR else " and up"),
            one.channel,
            one.subscription,
            show_duration(one.within_ms),
        )
        for one in routes(config)
    ]


def _windows(config: "Config", shown: Callable[[str], str]) -> list[Window]:
    from prober.options import show_duration

    return [
        Window(
            maintenance=id_,
            name=shown(window.name),
            site=window.site,
            start=window.start.isoformat(),
            end=window.end.isoformat() if window.end else f"after {show_duration(window.duration or 0)}",
            repeats=f"{window.rrule} in {window.zone}" if window.rrule else "once",
            components=", ".join(window.components or ["all"]),
        )
        for id_, window in config.maintenance.items()
    ]


def _show(config: "Config") -> int:
    """How many errors it has."""
    is_terminal = sys.stdout.isatty()
    for listing in listings(config):
        if not listing.rows:
            continue
        header = [field.replace("_", " ") for field in listing.rows[0]._fields]
        rows = [[str(cell) for cell in row] for row in listing.rows]
        (_show_rich if is_terminal else _show_plain)(listing.title, header, rows)
    for warning in warnings(config):
        typer.echo(f"warning: {warning}")
    found = list(errors(config))
    for error in found:
        typer.echo(f"error: {error}", err=True)
    checks, components, sites = len(config.checks), len(config.components), len(config.sites)
    if not found:
        typer.echo(f"{config.path} is good: checks {checks}, components {components}, sites {sites}")
    return len(found)


def _show_plain(title: str, header: list[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    typer.echo(title)
    for row in [header, *rows]:
        typer.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    typer.echo()


def _show_rich(title: str, header: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    console.print(table)
    console.print()
