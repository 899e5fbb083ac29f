"""What an observation costs from the door to the disk, beside plain executemany of the same rows on the same disk.

The daemon's own way: Recorder.observe for each observation, one flush for each second's worth, synchronous FULL.
Run: .venv/bin/python benchmarks/record.py
"""

import json
import sqlite3
import tempfile
import time
from pathlib import Path

import anyio

from prober.core.model import Observation, Outcome
from prober.core.policy import CheckPolicy, ComponentPolicy, Policy
from prober.record import Recorder
from prober.store import Store

CHECKS = 5_000  # each answers once a second
SECONDS = 10


def world() -> Policy:
    """CHECKS components with a check each."""
    ids = [f"check-{n}" for n in range(CHECKS)]
    return Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms=1_000) for id_ in ids},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in ids},
        subscriptions={},
        maintenances={},
    )


def answers(second: int) -> list[Observation]:
    """One good answer of every check."""
    return [Observation(f"check-{n}", second * 1_000, second * 1_000, 900, Outcome.UP) for n in range(CHECKS)]


async def through_the_door(directory: Path, rounds: list[list[Observation]]) -> float:
    """CPU seconds to judge and write all observations."""
    async with Store.open(directory, b"benchmark") as store:
        recorder = Recorder(store, await store.load(), world())
        await recorder.reconfigure(recorder.policy, 0)
        recorder.observe(answers(0))
        recorder.observe(answers(0))
        await recorder.flush()
        began = time.process_time()
        for observations in rounds:
            recorder.observe(observations)
            await recorder.flush()
        return time.process_time() - began


def plainly(directory: Path, rounds: list[list[Observation]]) -> float:
    """CPU seconds to write the same columns with executemany, synchronous FULL."""
    connection = sqlite3.connect(directory / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE observation (a TEXT, b INTEGER, c INTEGER, d INTEGER, e TEXT, f TEXT, g TEXT)")
    began = time.process_time()
    for observations in rounds:
        connection.execute("BEGIN IMMEDIATE")
        rows = [(o.check, o.scheduled_ms, 0, o.took_us, o.outcome, None, None) for o in observations]
        connection.executemany("INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    spent = time.process_time() - began
    connection.close()
    return spent


def main() -> None:
    """Print the figures."""
    rounds = [answers(second) for second in range(1, SECONDS + 1)]
    count = CHECKS * SECONDS
    with tempfile.TemporaryDirectory() as folder:
        door_s = anyio.run(through_the_door, Path(folder), rounds)
        plain_s = plainly(Path(folder), rounds)
    figures = {
        "door_us_per_observation": round(door_s / count * 1e6, 2),
        "plain_us_per_observation": round(plain_s / count * 1e6, 2),
        "ratio": round(door_s / plain_s, 2),
        "observations_per_cpu_s": round(count / door_s),
    }
    print(f"{count:,} observations, {SECONDS} commits: {figures}")
    print(json.dumps({"benchmark": "record", "figures": figures}))


if __name__ == "__main__":
    main()
