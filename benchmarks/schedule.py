"""Whether the schedule is kept: 10,000 http checks every 10 s on one core, the same beside 500 that hang, and no-ops.

The first two go the daemon's whole way against nginx on loopback: how late probes start (99 in 100 at most so late),
slots missed, CPU. 500 targets that hang have checks of their own, with a timeout of 5 s. 100,000 checks that do
nothing, 5,000 due a second, show what the schedule itself costs, in CPU for each firing and memory for each check.
This process keeps to one core. Run: .venv/bin/python benchmarks/schedule.py [SECONDS]; 120 without.
"""

import asyncio
import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import anyio

from prober.clock import Clock
from prober.core.model import Observation
from prober.core.policy import CheckPolicy, ComponentPolicy, Policy
from prober.core.schedule import Schedule
from prober.daemon.garbage import settle
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.turns import keep_turns_short
from prober.daemon.upkeep import keep_written
from prober.probes.http import KIND
from prober.record import Recorder
from prober.store import Store

CHECKS = 10_000
INTERVAL_MS = 10_000
HANGING = 500
HANGING_TIMEOUT = "5s"
LIMIT = 2_000
NO_OPS = 100_000
NO_OP_INTERVAL_MS = 20_000
SECONDS = 120
HANGS = "hangs-"


NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; default_type text/plain;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=2048; return 200 "hello, this is a small page\\n"; }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """The port where nginx serves a small page, on a core of its own if there is one."""
    path = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")))
    if path is None:
        raise SystemExit("benchmarks/schedule.py: expected nginx, found none: scripts/services installs it")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    process = subprocess.Popen([path, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


class Lags(Recorder):
    """The recorder, and how late each probe of a target that answers has started."""

    lags_ms: list[int] = []  # noqa: RUF012 - one a run

    def observe(self, observations: Iterable[Observation]) -> None:
        observations = list(observations)
        super().observe(observations)
        self.lags_ms += [o.started_ms - o.scheduled_ms for o in observations if not o.check.startswith(HANGS)]


class Found(NamedTuple):
    """What a run has shown of the checks that answer."""

    p99_ms: int
    missed: int
    probes: int
    cpu_us: float


@asynccontextmanager
async def hanging() -> AsyncIterator[int]:
    """The port of a server that takes connections and says nothing."""

    class Mute(asyncio.Protocol):
        pass

    server = await asyncio.get_running_loop().create_server(Mute, "127.0.0.1", 0, backlog=2048)
    async with server:
        yield server.sockets[0].getsockname()[1]


def world(urls: dict[str, str]) -> Policy:
    return Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms=INTERVAL_MS) for id_ in urls},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in urls},
        subscriptions={},
        maintenances={},
    )


async def kept(folder: Path, urls: dict[str, str], seconds: int) -> Found:
    """Run these checks the daemon's way for so long, once each has answered."""
    policy, clock, progress = world(urls), Clock(), Progress()
    keys = {"kind": "http", "timeout": HANGING_TIMEOUT}
    built = {
        id_: KIND.build(KIND.options.model_validate({"component": id_, "url": url, **keys}), clock)
        for id_, url in urls.items()
    }
    async with Store.open(folder, b"benchmark") as store:
        recorder = Lags(store, await store.load(), policy)
        await recorder.reconfigure(policy, clock.now_ms())
        schedule = Schedule(dict.fromkeys(urls, INTERVAL_MS), clock.now_ms())
        loop = Loop(built, schedule, recorder, clock, Limits(LIMIT), Meters(urls, ()), progress)
        settle()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_written, recorder, progress)
            tasks.start_soon(loop.run)
            await anyio.sleep(2.5 * INTERVAL_MS / 1000)  # until every verdict is known: that is done once
            recorder.lags_ms, before, began_s = [], dict(schedule.missed), time.process_time()
            await anyio.sleep(seconds)
            cpu_s = time.process_time() - began_s
            tasks.cancel_scope.cancel()
        await recorder.flush()
    lags_ms = sorted(recorder.lags_ms)
    missed = sum(slots - before.get(id_, 0) for id_, slots in schedule.missed.items() if not id_.startswith(HANGS))
    return Found(lags_ms[len(lags_ms) * 99 // 100], missed, len(lags_ms), cpu_s / len(lags_ms) * 1e6)


async def both(folder: Path, port: int, seconds: int) -> dict[str, Found]:
    """With targets that answer alone, and beside those that hang."""
    urls = {f"check-{n}": f"http://127.0.0.1:{port}/?{n}" for n in range(CHECKS)}
    found = {"plain": await kept(folder / "plain", urls, seconds)}
    async with hanging() as mute:
        slow = {f"{HANGS}{n}": f"http://127.0.0.1:{mute}/?{n}" for n in range(HANGING)}
        found["beside_hanging"] = await kept(folder / "hanging", urls | slow, seconds)
    return found


def no_ops(seconds: int) -> tuple[float, float]:
    """CPU microseconds for each firing, and bytes of the schedule for each check. Time is counted, not waited for."""
    ids = [f"check-{n}" for n in range(NO_OPS)]
    gc.collect()
    tracemalloc.start()
    schedule = Schedule(dict.fromkeys(ids, NO_OP_INTERVAL_MS), 0)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    fired, now_ms, began_s = 0, 0, time.process_time()
    while now_ms < seconds * 1000:
        next_ms = schedule.next_ms()
        assert next_ms is not None
        now_ms = next_ms
        fired += len(schedule.pop_due(now_ms))
    return (time.process_time() - began_s) / fired * 1e6, size / NO_OPS


def main() -> None:
    """Print the figures."""
    seconds = int(sys.argv[1]) if sys.argv[1:] else SECONDS
    keep_turns_short()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})  # for nginx
    with tempfile.TemporaryDirectory() as name, nginx(Path(name)) as port:
        os.sched_setaffinity(0, {cores[0]})
        found = anyio.run(both, Path(name), port, seconds, backend_options={"use_uvloop": True})
    cpu_us, size = no_ops(seconds)
    figures: dict[str, float] = {"no_op_cpu_us": round(cpu_us, 2), "schedule_bytes_per_check": round(size)}
    for run, one in found.items():
        print(
            f"{run}: {one.probes:,} probes, {one.missed} slots missed, 99% within {one.p99_ms} ms, {one.cpu_us:.0f} us"
        )
        figures |= {f"{run}_lag_p99_ms": one.p99_ms, f"{run}_missed": one.missed, f"{run}_cpu_us": round(one.cpu_us)}
    print(f"no-ops: {cpu_us:.2f} us of CPU for each firing, {size:.0f} bytes for each check")
    print(json.dumps({"benchmark": "schedule", "figures": figures}))


if __name__ == "__main__":
    main()
