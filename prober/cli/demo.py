"""`prober demo`: everything at work on loopback, without a configuration and without the internet."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from prober.cli.run import logged, watch

if TYPE_CHECKING:
    from prober.config import Config
    from prober.demo import Scenery


def demo() -> None:
    """Watch a target that fails in turn, and print the notices; Ctrl-C ends it and leaves nothing behind."""
    import anyio

    with tempfile.TemporaryDirectory(prefix="prober-demo-") as folder:
        anyio.run(_play, Path(folder), backend_options={"use_uvloop": True})


async def _play(folder: Path) -> None:
    from prober.demo import scenery

    async with scenery(folder, typer.echo) as scene:
        loaded, read = logged(scene.config, scene.env)

        def ready() -> None:
            for line in _welcome(scene, loaded):
                typer.echo(line)

        await watch(loaded, read, ready)
    typer.echo("\nThe demo has ended; nothing of it is left.")


def _welcome(scene: "Scenery", config: "Config") -> list[str]:
    watched = f"{len(config.components)} components are watched on loopback."
    return [
        "",
        f"  Open  http://{scene.public}/",
        "",
        f"  {watched} In 15 seconds the API goes down, an incident opens, and its",
        "  notice arrives here; half a minute later all of it is closed again.",
        "",
        f"  target      {scene.standing.url}/   (make it ill yourself: see docs/demo.md)",
        f"  receiver    {scene.receiver_url}",
        f"  status API  http://{scene.public}/api/v2/summary.json",
        f"  UP API      http://{scene.up}/",
        f"  metrics     http://{scene.public}/metrics",
        f"  terminal    PROBER_SERVER={config.daemon.state_dir}/control.sock ./run status",
        "",
        "  Ctrl-C ends it. What the receiver gets:",
        "",
    ]
