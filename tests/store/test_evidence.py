"""What is kept to explain a verdict, up to a moment."""

from pathlib import Path

import pytest

from prober.core.events import Rule
from prober.core.model import NoticeReason
from prober.store.outbox import Attempt
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

LATER = T0 + 3_600_000


async def test_the_chain_from_answer_to_delivery_is_read_back(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("up down down"))
        await recorder.flush()
        (pending,) = await store.outbox.pending("hook", 9)
        await store.outbox.tried(Attempt(pending.notice.id, 1, T0 + 5000, 12, 503, "it answers 503", T0 + 9000))
        await store.outbox.tried(Attempt(pending.notice.id, 2, T0 + 9000, 15, 200, None, None))
        found = await store.archive.about("shop", ["shop"], LATER)
    assert [(c.before, c.after) for c in found.changes] == [("operational", "major"), ("unknown", "operational")]
    assert [c.rule for c in found.check_changes["shop"]] == [Rule.FAILURES_IN_A_ROW, Rule.FIRST_ANSWER]
    assert [a.outcome for a in found.answers["shop"]] == ["down", "down", "up"]
    assert [i.num for i in found.incidents] == [1]
    (owed,) = found.notices[1]
    assert (owed.reason, owed.progress) == (NoticeReason.OPENED, "delivered")
    assert [(d.status, d.error) for d in owed.deliveries] == [(503, "it answers 503"), (200, None)]


async def test_what_came_later_is_not_evidence(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe([*answers("up down down"), *answers("up up", T0 + 60_000)])
        await recorder.flush()
        early = await store.archive.about("shop", ["shop"], T0 + 2000)
        middle = await store.archive.about("shop", ["shop"], T0 + 10_000)
    assert [c.after for c in early.changes] == ["operational"]
    assert (early.incidents, [a.outcome for a in early.answers["shop"]]) == ((), ["down", "up"])
    assert [n.reason for n in middle.notices[1]] == [NoticeReason.OPENED]


async def test_of_what_is_not_known_there_is_none(tmp_path: Path) -> None:
    async with recording(tmp_path) as (_, store):
        found = await store.archive.about("ghost", ["ghost"], LATER)
    assert (found.changes, found.incidents, found.answers) == ((), (), {"ghost": ()})
