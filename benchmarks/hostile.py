"""What a target can do to the prober: each behaviour of the tests' hostile server is probed beside a healthy target.

The servers are a process of their own. Of each probe: memory that the process needed beyond what it had (the peak that
the kernel kept), the longest turn of the loop by CPU time, and how far past its deadline it ended; and whether the
healthy target beside it, probed all the while, was ever found otherwise. Run: .venv/bin/python benchmarks/hostile.py
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from ctypes import CDLL
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from prober.clock import Clock  # noqa: E402
from prober.core.model import Due, Outcome  # noqa: E402
from prober.core.reason import Reason  # noqa: E402
from prober.probes.base import Probe  # noqa: E402
from prober.probes.http import KIND  # noqa: E402
from tests.wire import hostile, hostile_codings, hostile_tls  # noqa: E402
from tests.wire.certificates import Certificates  # noqa: E402

SERVE = "--serve"
ROWS = [*hostile.BEHAVIOURS, *hostile_codings.BEHAVIOURS, *hostile_tls.BEHAVIOURS]
PATIENCE = {None: 20.0, Reason.HTTP_TIMEOUT: 0.4, Reason.TLS_TIMEOUT: 0.4}  # seconds
CALM = 20  # probes of the healthy target first, so that everything is loaded


class Seen(NamedTuple):
    """One probe of one behaviour."""

    name: str
    extra_bytes: int
    held_us: float
    late: float
    is_as_told: bool
    neighbours: int
    harmed: int


async def serve(folder: Path) -> None:
    """Stands on a port for each behaviour and one for the healthy target, the first, and prints them."""
    certificates = Certificates(folder, datetime.now(UTC))
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(hostile.serving(hostile.answers(hostile.OK)))]
        for row in ROWS:
            context = certificates.context(row.secure) if row.secure else None
            ports.append(await stack.enter_async_context(hostile.serving(row.act, context)))
        print(json.dumps({"ca": str(certificates.ca), "ports": ports}), flush=True)
        await asyncio.get_running_loop().create_future()


def kilobytes(field: str) -> int:
    """A figure of this process's memory, by the kernel's name for it."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def forget_peak() -> None:
    """What this process has now is the most it has had, as far as the kernel knows."""
    gc.collect()
    CDLL(None).malloc_trim(0)  # what earlier ones freed is given back, so that it is not at hand for the next
    Path("/proc/self/clear_refs").write_text("5", "utf-8")


class Turns:
    """Watches the loop: the most CPU time that passed between two of its turns."""

    def __init__(self) -> None:
        self.held_us = 0.0
        self._last = time.thread_time_ns()
        self._loop = asyncio.get_running_loop()
        self._timer: Any = self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        now = time.thread_time_ns()
        self.held_us = max(self.held_us, (now - self._last) / 1_000)
        self._last = now
        self._timer = self._loop.call_soon(self._turn)

    def stop(self) -> float:
        self._timer.cancel()
        return self.held_us


def prober(scheme: str, port: int, timeout_s: float, **keys: Any) -> Probe:
    told = {"url": f"{scheme}://127.0.0.1:{port}/", "timeout": f"{timeout_s * 1000:.0f}ms", **keys}
    return KIND.build(KIND.options.model_validate({"component": "c", "kind": "http", **told}), Clock())


async def beside(healthy: Probe, until: asyncio.Event) -> list[Outcome]:
    """The outcomes of the healthy target, at least one, until it is over."""
    outcomes: list[Outcome] = []
    while not outcomes or not until.is_set():
        outcomes.append((await healthy.probe(Due("healthy", 1_000))).outcome)
        await asyncio.sleep(0.005)
    return outcomes


async def suffered(row: hostile.Behaviour, port: int, healthy: Probe, ca: str) -> Seen:
    patience, over = PATIENCE.get(row.reason, 20.0), asyncio.Event()
    hostile_one = prober(row.scheme, port, patience, ca=ca, **row.options)
    forget_peak()
    before = kilobytes("VmRSS")
    neighbour = asyncio.create_task(beside(healthy, over))
    turns, began = Turns(), time.perf_counter()
    seen = await hostile_one.probe(Due("check", 1_000))
    took, held_us = time.perf_counter() - began, turns.stop()
    extra = kilobytes("VmHWM") - before
    over.set()
    outcomes = await neighbour
    late = took / patience - 1
    # Of two processes it is chance whether a reset comes while connecting or after: it is the same one's fault.
    owners = [reason.owner if reason is not None else None for reason in (seen.reason, row.reason)]
    told = seen.outcome == row.outcome and owners[0] == owners[1]
    if seen.reason is Reason.SELF_STALL:
        late, told = 0.0, bool(seen.stalled_us)
    return Seen(row.name, extra * 1024, held_us, late, told, len(outcomes), len(outcomes) - outcomes.count(Outcome.UP))


async def measured(ca: str, ports: list[int]) -> list[Seen]:
    healthy, *hostiles = prober("http", ports[0], 20), *ports[1:]
    for _ in range(CALM):
        await healthy.probe(Due("healthy", 1_000))
    for _ in range(2):  # the first time, what is loaded only now is loaded
        seen = [await suffered(row, port, healthy, ca) for row, port in zip(ROWS, hostiles, strict=True)]
    return seen


def worst(seen: list[Seen], field: str) -> float:
    """Prints the five that are worst in this."""
    ranked = sorted(seen, key=lambda one: -float(getattr(one, field)))
    print(f"{field}:")
    for one in ranked[:5]:
        print(f"  {getattr(one, field):>12,.2f}  {one.name}")
    return float(getattr(ranked[0], field))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, SERVE, folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as server:
            try:
                assert server.stdout is not None
                place = json.loads(server.stdout.readline())
                seen = uvloop.run(measured(place["ca"], place["ports"]))
            finally:
                server.terminate()
    figures = {
        "behaviours": len(seen),
        "otherwise_than_told": [one.name for one in seen if not one.is_as_told],
        "extra_mib_worst": round(worst(seen, "extra_bytes") / 2**20, 2),
        "loop_held_ms_worst": round(worst(seen, "held_us") / 1_000, 1),
        "late_worst": round(worst(seen, "late"), 3),
        "neighbour_probes": sum(one.neighbours for one in seen),
        "neighbour_harmed": sum(one.harmed for one in seen),
    }
    print(json.dumps({"benchmark": "hostile", "figures": figures}))


if __name__ == "__main__":
    if sys.argv[1:2] == [SERVE]:
        asyncio.run(serve(Path(sys.argv[2])))
    else:
        main()
