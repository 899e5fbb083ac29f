"""The verbs of `prober`."""

import json
import sys
from collections.abc import Iterator
from typing import NoReturn

import typer

from prober import __version__
from prober.cli.audit import audit
from prober.cli.backup import backup, restore
from prober.cli.channels import channels
from prober.cli.check_config import check_config
from prober.cli.client import Json
from prober.cli.components import components
from prober.cli.demo import demo
from prober.cli.demo_target import demo_target
from prober.cli.explain import explain
from prober.cli.handover import handover
from prober.cli.incidents import incidents
from prober.cli.keys import keys
from prober.cli.maintenance import maintenance
from prober.cli.migrate import migrate
from prober.cli.notices import notices
from prober.cli.plan import plan
from prober.cli.probe import probe
from prober.cli.reload import reload
from prober.cli.run import run
from prober.cli.schema import schema
from prober.cli.simulate import simulate
from prober.cli.status import status
from prober.cli.subscribers import subscribers
from prober.cli.transfer import export, import_
from prober.cli.verify import verify
from prober.errors import ProberError

app = typer.Typer(
    name="prober",
    help="Watches endpoints, opens and closes incidents, tells people, and shows the result.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("run")(run)
app.command("check-config")(check_config)
app.command("plan")(plan)
app.command("schema")(schema)
app.command("reload")(reload)
app.command("probe")(probe)
app.command("status")(status)
app.command("handover")(handover)
app.command("explain")(explain)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("verify")(verify)
app.command("audit")(audit)
app.command("migrate")(migrate)
app.command("export")(export)
app.command("import")(import_)
app.add_typer(incidents, name="incidents")
app.add_typer(maintenance, name="maintenance")
app.add_typer(components, name="components")
app.add_typer(notices, name="notices")
app.add_typer(channels, name="channels")
app.add_typer(keys, name="keys")
app.add_typer(subscribers, name="subscribers")
app.command("simulate")(simulate)
app.command("demo")(demo)
app.command("demo-target")(demo_target)


@app.command("version")
def version(as_json: Json = False) -> None:
    """Print the version."""
    typer.echo(json.dumps({"version": __version__}) if as_json else __version__)


def main() -> None:
    """Run the verb on the command line; our own trouble ends in one sentence and exit status 1."""
    try:
        app()
    except ProberError as error:
        _give_up(error)
    except OSError as error:  # of a file that nobody has foreseen: no permission, no room, a folder in its place
        if error.filename is None or error.strerror is None:
            raise
        _give_up(ProberError(f"{error.filename}: {error.strerror.lower()}"))
    except BaseExceptionGroup as group:
        ours, others = group.split(ProberError)
        if ours is None or others is not None:
            raise
        _give_up(*_leaves(ours))


def _give_up(*errors: BaseException) -> NoReturn:
    for error in errors:
        typer.echo(f"prober: {error}", err=True)
    sys.exit(1)


def _leaves(group: BaseExceptionGroup[ProberError]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
