"""What history costs: written in the daemon's own way beside plain executemany, and asked of in the page's own way.

Writing: Store.write of batches of raw observations, synchronous FULL; then summing up.
Sustained: the door, the writer and the upkeep of a daemon on one core, at an even pace, with the loop's lag meanwhile.
Asking: the 90 days of 100 components, and the p95 of 30 days of a check, among so many observations' sums.
Run: .venv/bin/python benchmarks/store.py [--observations 1000000] [--history 10000000] [--seconds 20] [--pace 60000]
"""

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from prober.clock import Clock
from prober.core.model import Observation, Outcome
from prober.core.policy import CheckPolicy, ComponentPolicy, Policy
from prober.core.sketch import Sketch
from prober.daemon.garbage import settle
from prober.daemon.progress import Progress
from prober.daemon.turns import keep_turns_short
from prober.daemon.upkeep import SUMMED_AT_ONCE, Kept, keep_small, keep_written
from prober.record import Recorder
from prober.store import Batch, Store
from statusapi.history import DAYS, NEEDED_MS, History

BATCH = 5_000
CHUNKS_PER_S = 50
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
    count = BATCH * len(batches)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    for observations in batches:
        await store.write(Batch([], [], observations, 0, 1, None))
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    began_s = time.process_time()
    while await store.rollups.roll(SUMMED_AT_ONCE):
        pass
    rolled_s = time.process_time() - began_s
    return {
        "rows_per_s": round(count / took_s),
        "own_us_per_row": round(cpu_s / count * 1e6, 2),
        "roll_us_per_row": round(rolled_s / count * 1e6, 2),
    }


async def sustained(folder: Path, seconds: int, per_s: int) -> dict[str, float]:
    """Figures of a daemon's door, writer and upkeep at work on one core, while observations come at an even pace."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lags_ms: list[float] = []
    clock, chunk = Clock(), per_s // CHUNKS_PER_S
    async with Store.open(folder, b"benchmark") as store, anyio.create_task_group() as tasks:
        recorder = Recorder(store, await store.load(), world())
        await recorder.reconfigure(recorder.policy, clock.now_ms())
        for _ in range(2):
            recorder.observe(answers(chunk, clock.now_ms()))
        tasks.start_soon(keep_written, recorder, Progress())
        tasks.start_soon(keep_small, store, clock, Kept(DAY_MS, DAY_MS, DAY_MS, None))
        settle()
        keep_turns_short()
        async with watched(lags_ms):
            began_s, cpu_s = time.perf_counter(), time.process_time()
            for number in range(seconds * CHUNKS_PER_S):
                recorder.observe(answers(chunk, clock.now_ms()))
                await anyio.sleep(max(0.0, began_s + (number + 1) / CHUNKS_PER_S - time.perf_counter()))
            took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        behind = await store._reader.call(_not_summed_up)
        tasks.cancel_scope.cancel()
    count = chunk * seconds * CHUNKS_PER_S
    lags_ms.sort()
    return {
        "sustained_per_s": round(count / took_s),
        "sustained_cpu_share": round(cpu_s / took_s, 2),
        "sustained_us_per_observation": round(cpu_s / count * 1e6, 2),
        "sustained_unwritten": recorder.unwritten,
        "sustained_not_summed_up": behind,
        "sustained_lag_p99_ms": round(lags_ms[int(len(lags_ms) * 0.99)], 2),
        "sustained_lag_max_ms": round(lags_ms[-1], 2),
    }


def world() -> Policy:
    """A thousand components with a check each."""
    ids = [f"check-{n}" for n in range(1_000)]
    return Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms=1_000) for id_ in ids},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in ids},
        subscriptions={},
        maintenances={},
    )


def answers(count: int, at_ms: int) -> list[Observation]:
    """Good answers of that moment, of a thousand checks in turn."""
    return [Observation(f"check-{n % 1_000}", at_ms, at_ms, 900 + n % 977, Outcome.UP) for n in range(count)]


def _not_summed_up(connection: sqlite3.Connection) -> int:
    asked = "SELECT count(*) FROM observation WHERE num > (SELECT rolled_num FROM installation)"
    found: int = connection.execute(asked).fetchone()[0]
    return found


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


async def measured(folder: Path, observations: int, history: int, seconds: int, pace: int) -> dict[str, float]:
    """All figures."""
    (folder / "pace").mkdir()
    steady = await sustained(folder / "pace", seconds, pace)
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
        **steady,
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
    parser.add_argument("--seconds", type=int, default=20, help="for how long the pace is kept")
    parser.add_argument("--pace", type=int, default=60_000, help="observations a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asked_for = (options.observations, options.history, options.seconds, options.pace)
        figures = anyio.run(measured, Path(folder), *asked_for, backend_options={"use_uvloop": True})
    for name, figure in figures.items():
        print(f"{name:24} {figure:,}")
    print(json.dumps({"benchmark": "store", "figures": figures}))


if __name__ == "__main__":
    main()
