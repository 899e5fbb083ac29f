"""What it costs to deliver a notice, and whether a channel that hangs for ever moves a probe by a millisecond.

Deliveries: couriers of several webhook channels empty a full outbox on disk (synchronous FULL) into a receiver that is
a process of its own. Lag: the same probes at the same slots, once alone and once beside channels whose receiver never
answers; both histograms are printed.
Run: .venv/bin/python benchmarks/outbox.py
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome
from prober.core.policy import CheckPolicy, ComponentPolicy, Need, Policy, SubscriptionPolicy
from prober.core.schedule import Schedule
from prober.daemon.gate import Limits
from prober.daemon.loop import Loop
from prober.daemon.meters import Meters
from prober.daemon.outbox import Courier
from prober.daemon.progress import Progress
from prober.notifiers import Site, kind
from prober.record import Recorder
from prober.store import Store

CHANNELS, INCIDENTS = 4, 250
PROBES_PER_S, LAG_S = 200, 10
RECEIVER = """
import asyncio
class Taker(asyncio.Protocol):
    def connection_made(self, transport): self.transport, self.got = transport, b""
    def data_received(self, data):
        self.got += data
        head, mark, body = self.got.partition(b"\\r\\n\\r\\n")
        if mark and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\\r\\n")[0]):
            self.transport.write(b"HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n")
            self.transport.close()
async def main():
    server = await asyncio.get_running_loop().create_server(Taker, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def world(checks: int, interval_ms: int) -> Policy:
    """So many components with a check each, all told to every channel."""
    ids = [f"check-{n}" for n in range(checks)]
    return Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms, down=Need(1), up=Need(1)) for id_ in ids},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in ids},
        subscriptions={f"s{n}": SubscriptionPolicy(f"s{n}", f"hook{n}") for n in range(CHANNELS)},
        maintenances={},
    )


@asynccontextmanager
async def owing(folder: Path, policy: Policy, incidents: int) -> AsyncIterator[tuple[Store, Recorder]]:
    """A state in which each channel is owed the beginning of so many incidents."""
    async with Store.open(folder, b"benchmark") as store:
        recorder = Recorder(store, await store.load(), policy)
        now_ms = Clock().now_ms()
        await recorder.reconfigure(policy, now_ms)
        recorder.observe(Observation(f"check-{n}", now_ms, now_ms, 900, Outcome.DOWN) for n in range(incidents))
        await recorder.flush()
        yield store, recorder


def couriers(store: Store, policy: Policy, port: int, meters: Meters) -> list[Courier]:
    """One for each channel."""
    sites = {"main": Site("main", "slug", "Main", "http://status.example")}
    webhook = kind("webhook")
    options = webhook.options.model_validate({"kind": "webhook", "url": f"http://127.0.0.1:{port}/"})
    return [
        Courier(f"hook{n}", webhook.build(options), store, sites, policy.components, Clock(), meters, Progress())
        for n in range(CHANNELS)
    ]


async def delivered(folder: Path, port: int) -> dict[str, Any]:
    """How fast, and for how much CPU, everything that is owed is delivered."""
    policy = world(INCIDENTS, 60_000)
    async with owing(folder, policy, INCIDENTS) as (store, _), anyio.create_task_group() as tasks:
        meters = Meters([], [f"hook{n}" for n in range(CHANNELS)])
        began_s, cpu_s = time.perf_counter(), time.process_time()
        for courier in couriers(store, policy, port, meters):
            tasks.start_soon(courier.run)
        while await store.outbox.depths():  # noqa: ASYNC110 - the outbox is on disk
            await anyio.sleep(0.02)
        took_s, spent_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        tasks.cancel_scope.cancel()
    count = CHANNELS * INCIDENTS
    return {"deliveries_per_s": round(count / took_s), "cpu_us_per_delivery": round(spent_s / count * 1e6)}


class _Good:
    """A probe that answers at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def probe(self, due: Due) -> Observation:
        """Up."""
        return Observation(due.check, due.scheduled_ms, self._clock.now_ms(), 100, Outcome.UP)


async def lag(folder: Path, *, hangs: bool) -> dict[str, int]:
    """The histogram of a probe's lag: how many began within so many seconds, not cumulated."""
    policy, clock = world(PROBES_PER_S, 1_000), Clock()
    meters = Meters(policy.checks, [f"hook{n}" for n in range(CHANNELS)])
    async with owing(folder, policy, PROBES_PER_S) as (store, recorder), anyio.create_task_group() as tasks:
        never = await anyio.create_tcp_listener(local_host="127.0.0.1")  # connections wait in its queue
        if hangs:
            port: int = never.listeners[0].extra(anyio.abc.SocketAttribute.local_port)
            for courier in couriers(store, policy, port, meters):
                tasks.start_soon(courier.run)
        schedule = Schedule(dict.fromkeys(policy.checks, 1000), clock.now_ms())
        probes = dict.fromkeys(policy.checks, _Good(clock))
        tasks.start_soon(Loop(probes, schedule, recorder, clock, Limits(500), meters, Progress()).run)
        await anyio.sleep(LAG_S)
        tasks.cancel_scope.cancel()
        await never.aclose()
    buckets = [s for m in meters.lag.collect() for s in m.samples if s.name.endswith("_bucket")]
    counts = [int(sample.value) for sample in buckets]
    each = [count - before for count, before in zip(counts, [0, *counts], strict=False)]
    return {sample.labels["le"]: count for sample, count in zip(buckets, each, strict=True) if count}


def main() -> None:
    """Print the figures."""
    receiver = subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True)
    try:
        port = int(receiver.stdout.readline()) if receiver.stdout else 0
        options = {"use_uvloop": True}
        with tempfile.TemporaryDirectory() as folder:
            figures = anyio.run(delivered, Path(folder, "a"), port, backend_options=options)
            alone = anyio.run(lambda: lag(Path(folder, "b"), hangs=False), backend_options=options)
            beside = anyio.run(lambda: lag(Path(folder, "c"), hangs=True), backend_options=options)
    finally:
        receiver.kill()
        receiver.wait()
    print(f"lag alone, probes within s:                       {alone}")
    print(f"lag beside {CHANNELS} channels that hang, probes within s: {beside}")
    figures |= {"lag_alone": alone, "lag_beside_hanging_channels": beside}
    print(json.dumps({"benchmark": "outbox", "figures": figures}))


if __name__ == "__main__":
    main()
