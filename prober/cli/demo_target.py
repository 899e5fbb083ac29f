"""`prober demo-target`: endpoints on loopback that are healthy, slow, flapping, dying, or about to expire."""

import json
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prober.cli.client import Json

if TYPE_CHECKING:
    from prober.demo.scenery import Standing

Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 = any free port.")]


def demo_target(port: Port = 8090, tls_port: Port = 8091, tcp_port: Port = 8093, as_json: Json = False) -> None:
    """Serve a faulty target on loopback until Ctrl-C."""
    import anyio

    with tempfile.TemporaryDirectory(prefix="prober-demo-target-") as folder:
        anyio.run(_serve, Path(folder), port, tls_port, tcp_port, as_json, backend_options={"use_uvloop": True})


async def _serve(folder: Path, port: int, tls_port: int, tcp_port: int, as_json: bool) -> None:
    import anyio

    from prober.demo import standing_target

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with standing_target(folder, port, tls_port, tcp_port) as standing:
            _tell(standing, as_json)
            async for _ in signals:
                break


def _tell(standing: "Standing", as_json: bool) -> None:
    from prober.demo.target import ABOUT

    rows = [(f"{standing.url}{path}", about) for path, about in ABOUT.items()]
    rows += [
        (f"{standing.tls_url}/healthy", f"has a certificate that expires in 5 days; trust {standing.ca}"),
        (f"tcp://{standing.tcp}", "accepts connections, and closes them"),
    ]
    if as_json:
        typer.echo(json.dumps({"endpoints": dict(rows), "control": f"{standing.url}/control", "ca": str(standing.ca)}))
        return
    for endpoint, about in rows:
        typer.echo(f"{endpoint:<34}{about}")
    typer.echo()
    typer.echo(f"""curl -d '{{"path": "/dies", "mode": "down"}}' {standing.url}/control    # or "up", or "auto\"""")
    typer.echo("Ctrl-C ends it.")
