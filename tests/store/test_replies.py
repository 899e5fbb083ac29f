"""Answers to requests that may be repeated, kept for a day."""

from pathlib import Path

import pytest

from prober.store.replies import KEPT_MS, Reply
from tests.builders import T0
from tests.worlds import recording

pytestmark = pytest.mark.anyio


async def test_an_answer_is_found_for_a_day_and_then_forgotten(tmp_path: Path) -> None:
    reply = Reply(b"request", 201, "{}")
    async with recording(tmp_path) as (_, store):
        await store.replies.add(b"id", reply, T0)
        assert await store.replies.find(b"id", T0 + KEPT_MS) == reply
        assert await store.replies.find(b"id", T0 + KEPT_MS + 1) is None
        assert await store.replies.find(b"other", T0) is None
