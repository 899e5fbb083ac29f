"""Reports of jobs enter by the door, and are known after a restart."""

from pathlib import Path

import pytest

from prober.clock import Clock
from prober.core.heartbeat import Signal
from prober.core.model import Due
from prober.core.policy import Policy
from prober.core.reason import Reason
from prober.daemon.pings import Pings
from prober.probes.heartbeat import HeartbeatProbe, build
from prober.record import Recorder
from tests.builders import T0, check, policy
from tests.probes.scene import options
from tests.worlds import recording

pytestmark = pytest.mark.anyio

TOKEN = "0d0b3c9c-6f6e-4f0c-8f5b-8a52a1f2a6f1"
MINUTE = 60_000


def rules() -> Policy:
    return policy(check(failures=1, successes=1))


class Job:
    """A check of kind heartbeat that expects a report each hour, at a moment that a test chooses."""

    def __init__(self, recorder: Recorder) -> None:
        self.now_ms = T0
        clock = Clock(wall_ns=self._now_ns, monotonic_ns=self._now_ns)
        self.recorder, self.pings = recorder, Pings(recorder, clock)
        self.probe: HeartbeatProbe = build(options("heartbeat", token=TOKEN, period="1h", grace="10m"), clock)
        self.pings.follow({"shop": self.probe})

    def _now_ns(self) -> int:
        return self.now_ms * 1_000_000

    async def look(self) -> tuple[str, Reason | None]:
        seen = await self.probe.probe(Due("shop", self.now_ms))
        self.recorder.observe([seen])
        return seen.outcome, seen.reason


async def test_a_report_is_judged_at_once(tmp_path: Path) -> None:
    async with recording(tmp_path, rules()) as (recorder, _):
        job = Job(recorder)
        assert await job.look() == ("unknown", Reason.CONFIG_UNHEARD)
        assert await job.pings.take(TOKEN, Signal.FAIL, 7)
        await recorder.flush()
        assert recorder.shown.checks["shop"].verdict == "down"
        assert recorder.latest["shop"].detail.endswith("with exit status 7")
        job.now_ms += MINUTE
        assert await job.pings.take(TOKEN, Signal.GOOD)
        await recorder.flush()
        assert recorder.shown.checks["shop"].verdict == "up"


async def test_an_overdue_report_is_a_failure_of_the_next_look(tmp_path: Path) -> None:
    async with recording(tmp_path, rules()) as (recorder, _):
        job = Job(recorder)
        await job.pings.take(TOKEN, Signal.GOOD)
        job.now_ms += 70 * MINUTE
        assert await job.look() == ("up", None)
        job.now_ms += 1
        assert await job.look() == ("down", Reason.HEARTBEAT_MISSED)
        await recorder.flush()
        assert [i.cause for i in recorder.shown.incidents.values()] != []


async def test_a_token_of_nobody_and_a_mere_log_change_nothing(tmp_path: Path) -> None:
    async with recording(tmp_path, rules()) as (recorder, _):
        job = Job(recorder)
        assert not await job.pings.take("another-token-of-nobody", Signal.GOOD)
        assert not await job.pings.take("\udcff", Signal.GOOD)
        assert await job.pings.take(TOKEN, Signal.LOG)
        assert recorder.heard == {}
        assert recorder.probed["shop"] == 0


@pytest.mark.parametrize(
    ("left", "back", "looked", "expected"),
    [
        (5, 20, 71, ("down", Reason.HEARTBEAT_MISSED)),  # nothing was due while we were away
        (5, 65, 71, ("unknown", Reason.SELF_AWAY)),
        (5, 65, 134, ("unknown", Reason.SELF_AWAY)),
        (5, 65, 136, ("down", Reason.HEARTBEAT_MISSED)),
    ],
)
async def test_a_restart_keeps_what_was_heard_and_excuses_what_was_not(
    tmp_path: Path, left: int, back: int, looked: int, expected: tuple[str, Reason | None]
) -> None:
    async with recording(tmp_path, rules()) as (recorder, _):
        job = Job(recorder)
        await job.pings.take(TOKEN, Signal.GOOD)
        job.now_ms = T0 + left * MINUTE
        await job.look()
        await recorder.flush()
    for again in (back, back + 1):  # a second restart forgets nothing of the first
        async with recording(tmp_path, rules()) as (recorder, store):
            job = Job(recorder)
            job.now_ms = T0 + again * MINUTE
            job.pings.resume(await store.heard(), await store.last_seen_ms(), job.now_ms)
            await job.look()
            await recorder.flush()
            job.now_ms = T0 + looked * MINUTE
            assert await job.look() == expected


async def test_what_was_heard_of_a_check_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    async with recording(tmp_path, rules()) as (recorder, store):
        await Job(recorder).pings.take(TOKEN, Signal.GOOD)
        await recorder.flush()
        assert [heard.check for heard in await store.heard()] == ["shop"]
        await recorder.reconfigure(policy(check("other")), T0 + MINUTE)
        assert await store.heard() == []
        assert recorder.heard == {}
