"""What an answer looked like with which a verdict changed."""

from pathlib import Path

import pytest

from prober.core.model import Phase
from prober.store.capsule import KEPT
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

LATER = T0 + 3_600_000
SHOWN = {"addresses": ["192.0.2.1"], "body": "Busy"}


async def test_it_is_kept_of_changes_only_and_the_first_of_its_like_says_more(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        up, first, second, third = answers("up down down down")
        first = first._replace(capsule=SHOWN)
        second = second._replace(phases_us=((Phase.CONNECT, 12),), facts={"status_code": 503})
        recorder.observe([up, first, second, third])
        await recorder.flush()
        down, before = (await store.archive.about("shop", ["shop"], LATER)).capsules["shop"]
        (earlier,) = (await store.archive.about("shop", ["shop"], second.started_ms - 1)).capsules["shop"]
    assert (down["started_ms"], down["outcome"], down["addresses"], down["body"]) == (
        second.started_ms, "down", ["192.0.2.1"], "Busy",
    )  # fmt: skip
    assert (down["phases_us"], down["facts"]) == ({"connect": 12}, {"status_code": 503})
    assert earlier == before
    assert (before["outcome"], "body" in before) == ("up", False)


async def test_the_oldest_go(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up up up down down down " * KEPT))
        await recorder.flush()
        kept = (await store.archive.about("shop", ["shop"], LATER)).capsules["shop"]
    assert len(kept) == KEPT
    assert kept[0]["outcome"] == "down"


async def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe([one._replace(capsule=SHOWN) for one in answers("up")])
        recorder._put_back(recorder._taken())
        await recorder.flush()
        (kept,) = (await store.archive.about("shop", ["shop"], LATER)).capsules["shop"]
    assert kept["body"] == "Busy"
