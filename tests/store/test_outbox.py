"""Messages owed, and what comes of them."""

from pathlib import Path

import pytest

from prober.store import Attempt
from tests.builders import T0
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio


async def test_a_notice_is_owed_until_it_is_delivered_or_given_up(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down up up"))
        await recorder.flush()
        outbox = store.outbox
        first, second = await outbox.pending("hook", 10)
        later = Attempt(first.notice.id, 1, T0, 12, 500, "answered 500", T0 + 2000)
        await outbox.tried(later)
        assert [(p.attempts, p.next_ms) for p in await outbox.pending("hook", 1)] == [(1, T0 + 2000)]
        await outbox.tried(Attempt(first.notice.id, 2, T0, 12, 200, None, None))
        assert await outbox.pending("hook", 10) == [second]
        await outbox.tried(Attempt(second.notice.id, 1, T0, 12, 400, "answered 400", None))
        assert await outbox.depths() == {}
        assert await outbox.counts() == {("hook", "delivered"): 1, ("hook", "failed"): 1}
        assert [a.error for a in await outbox.attempts(first.notice.id)] == ["answered 500", None]


async def test_writing_an_attempt_again_changes_nothing(tmp_path: Path) -> None:
    async with recording(tmp_path) as (recorder, store):
        recorder.observe(answers("down down"))
        await recorder.flush()
        (one,) = await store.outbox.pending("hook", 10)
        attempt = Attempt(one.notice.id, 1, T0, 12, None, "connection refused", T0 + 9)
        await store.outbox.tried(attempt)
        await store.outbox.tried(attempt)
        assert len(await store.outbox.attempts(one.notice.id)) == 1
