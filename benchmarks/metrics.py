"""What a scrape of 1,000 components costs, beside prometheus_client's plain registry that holds the same series.

The registry's labels are children that live on; ours are read off the live state. CPU of one scrape each, the smallest
of several with an answer of every check that is new, and the most CPU that the loop's thread spends on a scrape before
others have their turn: plain, and gzipped as Prometheus asks for it. Run: .venv/bin/python benchmarks/metrics.py
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from prober.cli.check_config import read_config
from prober.clock import Clock
from prober.core.model import Observation, Outcome, Phase
from prober.daemon.meters import Meters
from prober.record import Recorder
from prober.store import Store
from statusapi.auth import Auth
from statusapi.limits import Limits
from statusapi.metrics import Metrics

COMPONENTS = 1_000
TIMES = 7
PHASES = (Phase.RESOLVE, Phase.CONNECT, Phase.TLS, Phase.PROCESSING, Phase.TRANSFER)
AS_IS = {"Accept-Encoding": "identity"}
AS_PROMETHEUS = {"Accept-Encoding": "gzip", "Accept": "application/openmetrics-text;version=1.0.0"}
FACTS: dict[str, float | int | str | bool] = {
    "ip": "192.0.2.1", "ip_protocol": 4, "status_code": 200, "http_version": 1.1, "content_length": 1256,
    "body_length": 1256, "redirects": 0, "ssl": 1, "tls_version": "TLS 1.3", "tls_cipher": "TLS_AES_128_GCM_SHA256",
    "cert_expiry_s": 2_000_000_000,
}  # fmt: skip


def took(us: int) -> tuple[tuple[Phase, int], ...]:
    """Phases that took so long, and a little different each."""
    return tuple((phase, us + at * 1_013) for at, phase in enumerate(PHASES))


def config() -> str:
    parts = ["[checks]\n"]
    parts += [f'c{n} = {{ kind = "http", url = "https://127.0.0.1:9/{n}" }}\n' for n in range(COMPONENTS)]
    parts += [f'[components.c{n}]\nname = "Component number {n}"\n' for n in range(COMPONENTS)]
    return "".join(parts)


def registry(text: str) -> CollectorRegistry:
    """The same series, each a child of a gauge."""
    made = CollectorRegistry()
    for family in text_string_to_metric_families(text):
        gauges: dict[str, Gauge] = {}
        for sample in family.samples:
            if sample.name.startswith("process_"):
                continue
            names = list(sample.labels)
            gauge = gauges.get(sample.name)
            if gauge is None:
                known = [name if name != "le" else "bound" for name in names]
                gauge = gauges[sample.name] = Gauge(sample.name, family.documentation, known, registry=made)
            (gauge.labels(*sample.labels.values()) if names else gauge).set(sample.value)
    return made


class Stalls:
    """The most CPU of the thread for which nothing else ran."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def watch(self) -> None:
        last_s = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now_s = time.thread_time()
            self.worst_s, last_s = max(self.worst_s, now_s - last_s), now_s


async def measured(folder: Path) -> dict[str, float]:
    path = folder / "config.toml"
    path.write_text(config())
    loaded, clock = read_config(path, {}), Clock()
    async with Store.open(folder, b"benchmark" * 4) as store:
        recorder = Recorder(store, await store.load(), loaded.policy())
        await recorder.reconfigure(loaded.policy(), clock.now_ms())

        async def answer_all(n: int) -> None:
            now_ms = clock.now_ms()
            recorder.observe(
                [
                    Observation(
                        id_, now_ms, now_ms, 5_000 + n * 37 + at, Outcome.UP, None, "", took(n * 41 + at), FACTS
                    )
                    for at, id_ in enumerate(loaded.checks)
                ]
            )
            await recorder.flush()

        async def nobody(
            module: str, target: str, within_ms: int | None, hostname: str | None
        ) -> tuple[str, Observation]:
            raise ValueError(module)

        auth = Auth(loaded, clock, Limits(clock, loaded))
        metrics = Metrics(loaded, recorder, clock, Meters(loaded.checks, loaded.channels), nobody, auth)
        transport = httpx.ASGITransport(Starlette(routes=metrics.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://prober") as client:
            return await compared(client, answer_all)


async def compared(client: httpx.AsyncClient, answer_all: Callable[[int], Awaitable[None]]) -> dict[str, float]:
    await answer_all(0)
    text = (await client.get("/metrics", headers=AS_IS)).text
    plain = registry(text)
    ours_s: list[float] = []
    gzipped_s: list[float] = []
    theirs_s: list[float] = []
    for n in range(TIMES):
        await answer_all(n)
        for headers, spent_s in ((AS_IS, ours_s), (AS_PROMETHEUS, gzipped_s)):
            begun_s = time.process_time()
            await client.get("/metrics", headers=headers)
            spent_s.append(time.process_time() - begun_s)
        begun_s = time.process_time()
        generate_latest(plain)
        theirs_s.append(time.process_time() - begun_s)
    held_s = min([await held(client, answer_all, n) for n in range(TIMES)])
    return {
        "series": sum(not line.startswith("#") for line in text.splitlines()),
        "scrape_ms": round(min(ours_s) * 1000, 1),
        "gzipped_ms": round(min(gzipped_s) * 1000, 1),
        "registry_ms": round(min(theirs_s) * 1000, 1),
        "cpu_ratio": round(min(ours_s) / min(theirs_s), 2),
        "loop_held_cpu_ms": round(held_s * 1000, 1),
    }


async def held(client: httpx.AsyncClient, answer_all: Callable[[int], Awaitable[None]], n: int) -> float:
    """The longest stall of a scrape; seconds."""
    await answer_all(n)
    stalls = Stalls()
    watching = asyncio.ensure_future(stalls.watch())
    await asyncio.sleep(0)
    for headers in (AS_IS, AS_PROMETHEUS):
        async with client.stream("GET", "/metrics", headers=headers):
            pass  # what the client does with it is no part of a scrape
    await asyncio.sleep(0)
    watching.cancel()
    return stalls.worst_s


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"benchmark": "metrics", "figures": asyncio.run(measured(Path(folder)))}))
