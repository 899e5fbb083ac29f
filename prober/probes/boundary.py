"""The boundary of every probe: the one deadline, the stopwatch, and how all that can happen becomes an observation.

- A `Failed` that the target owns is *down*; one that is ours or the configuration's is *unknown*.
- When the deadline runs out, the phase that was running names the failure. If it was noticed far too late, this
  process itself has stood still (self_stall), and nothing is known of the target.
- Anything else that is raised is a fault of our own (self_internal): logged, and *unknown*.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome, Phase
from prober.core.reason import Owner, Reason
from prober.probes.capsule import Answer, Witness
from prober.wire.failure import TIMED_OUT, Failed
from prober.wire.phases import Stopwatch

log = logging.getLogger(__name__)

# A deadline that is noticed later than this was noticed by a process that stood still.
STALL_US = 1_000_000


class Judgement(NamedTuple):
    """What a probe that had its answer says of it, if that is not *up*."""

    outcome: Outcome
    reason: Reason
    detail: str


class Attempt:
    """One running probe: its stopwatch, what it has learned, and the failure it has met, if any.

    facts: kept whatever the outcome. failed: stands, even if the deadline passes while more is learned.
    doubt: what it will have been if nothing better comes before the deadline. other_way: see Due.
    tried: the addresses that were connected to. answer, chain: what gives the latest answer, and the certificates
    that were shown, if anybody asks. secrets: what was learned on the way and must not be shown.
    """

    __slots__ = ("answer", "chain", "doubt", "facts", "failed", "other_way", "secrets", "tried", "watch")

    def __init__(
        self, watch: Stopwatch, facts: dict[str, float | int | str | bool], *, other_way: bool = False
    ) -> None:
        self.watch = watch
        self.facts = facts
        self.other_way = other_way
        self.failed: Failed | None = None
        self.doubt: Failed | None = None
        self.tried: tuple[str, ...] = ()
        self.answer: Callable[[], tuple[Mapping[bytes, bytes], bytes]] | None = None
        self.chain: Callable[[], Sequence[bytes]] | None = None
        self.secrets: tuple[str, ...] = ()

    def doubts(self, failed: Failed | None) -> None:
        """Remembers the doubt; None ends it."""
        self.doubt = failed


async def observe(
    due: Due,
    clock: Clock,
    timeout_ms: int,
    run: Callable[[Attempt], Awaitable[Judgement | None]],
    timed_out: Mapping[Phase, Reason] = TIMED_OUT,
    witness: Witness | None = None,
) -> Observation:
    """Runs one probe within its deadline and tells what came of it. Only cancellation passes through.

    timed_out: what it means when the deadline runs out, by the phase that was running. witness: of a kind that can
    show more of an answer that is another than the one before.
    """
    started_ms = clock.now_ms()
    attempt = Attempt(Stopwatch(clock.monotonic_ns), {}, other_way=due.other_way)
    judgement: Judgement | None = None
    try:
        judgement = await _within(timeout_ms / 1000, run(attempt))
        attempt.watch.stop()
    except Failed as failed:
        attempt.watch.stop()
        judgement = _failure(failed)
    except TimeoutError:
        attempt.watch.stop()
        judgement = _failure(attempt.failed or _out_of_time(attempt, timeout_ms, timed_out))
    except Exception as error:
        attempt.watch.stop()
        log.exception("the probe of %s has failed by itself", due.check)
        judgement = Judgement(Outcome.UNKNOWN, Reason.SELF_INTERNAL, f"{type(error).__name__} in prober itself")
    outcome, reason, detail = judgement or (Outcome.UP, None, "")
    watch = attempt.watch
    seen = Observation(
        due.check, due.scheduled_ms, started_ms, watch.took_us, outcome, reason, detail,
        watch.phases_us(), attempt.facts,
    )  # fmt: skip
    if witness is None or not witness.is_news(outcome, reason):
        return seen
    return seen._replace(capsule=_capsule(witness, attempt))


def _capsule(witness: Witness, attempt: Attempt) -> Mapping[str, object]:
    answer, chain = attempt.answer, attempt.chain
    return witness.capsule(
        attempt.tried, chain() if chain else (), Answer(*answer()) if answer else None, attempt.secrets
    )


async def _within(timeout_s: float, run: Awaitable[Judgement | None]) -> Judgement | None:
    """What comes of it; TimeoutError once the time is over. `asyncio.timeout` would cost twice as much."""
    task = asyncio.current_task()
    assert task is not None  # whoever awaits is in one
    before, is_late = task.cancelling(), False

    def end() -> None:
        nonlocal is_late
        is_late = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(timeout_s, end)
    try:
        judgement = await run
    except asyncio.CancelledError:
        # Cancelled from outside as well: that goes first.
        if is_late and task.uncancel() <= before:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    return judgement


def _failure(failed: Failed) -> Judgement:
    is_targets = failed.reason.owner is Owner.TARGET
    return Judgement(Outcome.DOWN if is_targets else Outcome.UNKNOWN, failed.reason, failed.detail)


def _out_of_time(attempt: Attempt, timeout_ms: int, timed_out: Mapping[Phase, Reason]) -> Failed:
    watch = attempt.watch
    late_us = watch.took_us - timeout_ms * 1000
    if late_us > STALL_US or watch.running is None:
        return Failed(Reason.SELF_STALL, f"the deadline was noticed {late_us // 1000} ms late")
    return attempt.doubt or Failed(timed_out[watch.running], f"no end of {watch.running} within {timeout_ms} ms")
