"""Bits flip in the file: what changes a chained row is found by `prober verify`, and nobody stumbles over the rest."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from prober.core.model import Observation
from prober.errors import StoreError
from prober.store import FILE, Store, verify
from prober.store.chain import CHAINED
from prober.store.engine import TOLD
from tests.builders import T0
from tests.worlds import IDENTITY, answers, recording


def seen(path: Path) -> list[str] | None:
    """What the chained rows say, each table read from its own pages; None if they can't be read."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = bytes
            return [str(row) for table in CHAINED for row in connection.execute(f"SELECT * FROM {table} NOT INDEXED")]
    except TOLD:
        return None


async def lived(folder: Path) -> Path:
    """A database with outages, as it is after a clean end."""
    async with recording(folder) as (recorder, _):
        for n in range(8):
            recorder.observe(_outage(n))
            await recorder.flush()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("VACUUM")  # nobody misses a bit of what was let go
        connection.execute("PRAGMA journal_mode = DELETE")
    return folder / FILE


def _outage(n: int) -> list[Observation]:
    return answers("down down up up", T0 + n * 60_000)


def flips(whole: bytes, count: int, seed: int) -> Iterator[bytes]:
    draw = random.Random(seed)
    for _ in range(count):
        flipped = bytearray(whole)
        flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        yield bytes(flipped)


async def survived(folder: Path, count: int, seed: int) -> str:
    path = await lived(folder / "state")
    verify(path)
    whole, before = path.read_bytes(), seen(path)
    changed = found = refused = 0
    for flipped in flips(whole, count, seed):
        shutil.rmtree(folder / "other", ignore_errors=True)
        (folder / "other").mkdir()
        other = folder / "other" / FILE
        other.write_bytes(flipped)
        is_changed = seen(other) != before
        is_found = _is_found(other)
        assert is_found or not is_changed, f"missed: {[n for n in range(len(whole)) if whole[n] != flipped[n]]}"
        changed, found = changed + is_changed, found + is_found
        try:
            async with Store.open(folder / "other", IDENTITY) as store:
                await store.component_changes(0)
        except StoreError:
            refused += 1
    return f"{count} flips: {changed} changed chained rows, {found} found by verify, {refused} refused at the start"


def _is_found(path: Path) -> bool:
    try:
        verify(path)
    except StoreError:
        return True
    return False


@pytest.mark.timeout(180)
def test_100_bits_that_flip_are_found_where_they_matter(tmp_path: Path) -> None:
    print(anyio.run(survived, tmp_path, 100, 1))  # noqa: T201 - the figure is what pytest -rP shows


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_1000_bits_that_flip_are_found_where_they_matter(tmp_path: Path) -> None:
    print(anyio.run(survived, tmp_path, 1000, 2))  # noqa: T201 - the figure is what scripts/soak shows
