"""What history costs: written in the daemon's own way beside plain executemany, and asked of in the page's own way.

Writing: Store.write of batches of raw observations, synchronous FULL, with the loop's lag meanwhile; then summing up.
Asking: the 90 days of 100 components, and the p95 of 30 days of a check, among so many observations' sums.
Run: .venv/bin/python benchmarks/store.py [--observations 1000000] [--history 10000000]
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from prober.core.model import Observation, Outcome
from prober.core.sketch import Sketch
from prober.store import Batch, Store
from statusapi.history import DAYS, NEEDED_MS, History

BATCH = 5_000
CHECKS = 100
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
NOW_MS = 20_000 * DAY_MS


def batch(first: int) -> list[Observation]:
    """Good answers of a thousand checks, five of each."""
    return [Observation(f"check-{n % 1_000}", first + n, first + n, 900 + n % 977, Outcome.UP) for n in range(BATCH)]


@asynccontextmanager
async def watched(lags_ms: list[float]) -> AsyncIterator[None]:
    """How late the loop is for what wants to be done every 5 ms."""

    async def look() -> None:
        loop = asyncio.get_running_loop()
        while True:
            wanted_s = loop.time() + 0.005
            await anyio.sleep(0.005)
            lags_ms.append((loop.time() - wanted_s) * 1000)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        yield
        tasks.cancel_scope.cancel()


async def written(store: Store, batches: list[list[Observation]]) -> dict[str, float]:
    """Figures of writing these, and of summing them up."""
    lags_ms: list[float] = []
    count = BATCH * len(batches)
    async with watched(lags_ms):
        began_s, cpu_s = time.perf_counter(), time.process_time()
        for observations in batches:
            await store.write(Batch([], [], observations, 0, 1, None))
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    lags_ms.sort()
    began_s = time.process_time()
    while await store.rollups.roll(BATCH):
        pass
    rolled_s = time.process_time() - began_s
    return {
        "rows_per_s": round(count / took_s),
        "own_us_per_row": round(cpu_s / count * 1e6, 2),
        "loop_lag_p99_ms": round(lags_ms[int(len(lags_ms) * 0.99)], 2) if lags_ms else 0.0,
        "loop_lag_max_ms": round(lags_ms[-1], 2) if lags_ms else 0.0,
        "roll_us_per_row": round(rolled_s / count * 1e6, 2),
    }


def plainly(path: Path, batches: list[list[Observation]]) -> dict[str, float]:
    """The same rows by executemany into the same table on the same file, synchronous FULL."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    began_s, cpu_s = time.perf_counter(), time.process_time()
    for observations in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO observation (check_id, scheduled_ms, lag_ms, took_us, outcome) VALUES (?, ?, ?, ?, ?)",
            [(o.check, o.scheduled_ms, 0, o.took_us, o.outcome) for o in observations],
        )
        connection.execute("COMMIT")
    count = BATCH * len(batches)
    figures = {
        "plain_rows_per_s": round(count / (time.perf_counter() - began_s)),
        "plain_us_per_row": round((time.process_time() - cpu_s) / count * 1e6, 2),
    }
    connection.close()
    return figures


def lived(path: Path, observations: int) -> None:
    """Sums and transitions of 90 days as CHECKS checks leave them that have made so many observations in all."""
    per_hour = max(1, observations // (CHECKS * DAYS * 24))
    hour, day = (Sketch.of(range(900, 900 + 7 * n, 7)).encoded() for n in (per_hour, per_hour * 24))
    checks, from_ms = [f"check-{n}" for n in range(CHECKS)], NOW_MS - DAYS * DAY_MS
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for table, step_ms, count, took in (("hour", HOUR_MS, per_hour, hour), ("day", DAY_MS, per_hour * 24, day)):
        rows = ((c, at_ms, count, took) for c in checks for at_ms in range(from_ms, NOW_MS, step_ms))
        connection.executemany(
            f"INSERT INTO rollup_{table} (check_id, start_ms, up, degraded, down, unknown, took, up_ms)"
            " VALUES (?, ?, ?, 0, 0, 0, ?, 0)",
            rows,
        )
    outages = ((n, c, at_ms) for n, at_ms in enumerate(range(from_ms, NOW_MS, DAY_MS)) for c in checks)
    connection.executemany(
        "INSERT INTO transition VALUES (?, ?, 1, 'component', ?, ?, ?, ?, ?, 'from_checks', '', 1)",
        (
            (2 * number + half, int(c[6:]), c, *words, at_ms + half * MINUTE_MS, at_ms + half * MINUTE_MS)
            for number, c, at_ms in outages
            for half, words in enumerate((("operational", "major"), ("major", "operational")))
        ),
    )
    raw = ((f"check-{n % CHECKS}", from_ms + n * (DAYS * DAY_MS // observations)) for n in range(observations))
    connection.executemany(
        "INSERT INTO observation (check_id, scheduled_ms, lag_ms, took_us, outcome) VALUES (?, ?, 0, 900, 'up')", raw
    )
    connection.execute("COMMIT")
    connection.close()


async def asked(directory: Path) -> dict[str, float]:
    """Milliseconds of the page's questions: at the start, at each look afterwards, and of the API."""
    async with Store.open(directory, b"benchmark") as store:
        began_s = time.perf_counter()
        history = History(await store.component_changes(NOW_MS - NEEDED_MS))
        bars = [history.of(f"check-{n}", "UTC", NOW_MS) for n in range(CHECKS)]
        first_ms = (time.perf_counter() - began_s) * 1000
        assert all(len(past.bars) == DAYS for past in bars)
        again_ms = timed(lambda: [history.of(f"check-{n}", "UTC", NOW_MS + 1) for n in range(CHECKS)])
        began_s = time.perf_counter()
        (whole,) = await store.rollups.between("check-7", NOW_MS - 30 * DAY_MS, NOW_MS, 30 * DAY_MS)
        assert whole.took.quantile(0.95)
        p95_ms = (time.perf_counter() - began_s) * 1000
        began_s = time.perf_counter()
        assert len(await store.rollups.between("check-7", NOW_MS - 30 * DAY_MS, NOW_MS, HOUR_MS)) == 720
        hourly_ms = (time.perf_counter() - began_s) * 1000
    return {
        "bars_of_100_first_ms": round(first_ms, 1),
        "bars_of_100_again_ms": round(again_ms, 2),
        "p95_of_30_days_ms": round(p95_ms, 2),
        "hours_of_30_days_ms": round(hourly_ms, 1),
    }


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began_s = time.perf_counter()
    work()
    return (time.perf_counter() - began_s) * 1000


async def measured(folder: Path, observations: int, history: int) -> dict[str, float]:
    """All figures."""
    batches = [batch(n * BATCH) for n in range(max(1, observations // BATCH))]
    async with Store.open(folder, b"benchmark") as store:
        own = await written(store, batches)
        sizes = await store._reader.call(_bytes_of_observations)
    plain = plainly(folder / "prober.db", batches)
    (folder / "past").mkdir()
    async with Store.open(folder / "past", b"benchmark"):
        pass
    lived(folder / "past" / "prober.db", history)
    return {
        **own,
        **plain,
        "ratio": round(own["own_us_per_row"] / plain["plain_us_per_row"], 2),
        "bytes_per_observation": round(sizes / (BATCH * len(batches)), 1),
        "history": history,
        **await asked(folder / "past"),
    }


def _bytes_of_observations(connection: sqlite3.Connection) -> int:
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return pages * size


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=500_000, help="how many are written")
    parser.add_argument("--history", type=int, default=10_000_000, help="how many there are when the page asks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = anyio.run(
            measured, Path(folder), options.observations, options.history, backend_options={"use_uvloop": True}
        )
    for name, figure in figures.items():
        print(f"{name:24} {figure:,}")
    print(json.dumps({"benchmark": "store", "figures": figures}))


if __name__ == "__main__":
    main()
