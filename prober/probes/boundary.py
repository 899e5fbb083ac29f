"""The boundary of every probe: the one deadline, the stopwatch, and how all that can happen becomes an observation.

- A `Failed` that the target owns is *down*; one that is ours or the configuration's is *unknown*.
- When the deadline runs out, the phase that was running names the failure.
- While this process stood still nobody watched: that time is in no phase, and the deadline moves by it, so that an
  answer that came meanwhile is still read. What the target may have done because we were silent is not blamed on it if
  we stood still for long (self_stall), nor what may come of a clock that has jumped (self_clock), nor that it did not
  answer if we have no way to its address any more (self_uplink).
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
from prober.wire.address import Address
from prober.wire.failure import TIMED_OUT, Failed
from prober.wire.phases import Stopwatch
from prober.wire.standstill import standstill
from prober.wire.uplink import lost

log = logging.getLogger(__name__)

STALL_US = 1_000_000  # who stood still for so long may be the cause of a failure
_MOST_MOVES = 3  # of one deadline: a loop that stands still all the time must not move it without end
_LEAST_MOVE_NS = 1_000_000

# What may come of our own silence: the target gave up waiting for us, or we did not hear it in time.
BY_SILENCE = frozenset({
    Reason.DNS_TIMEOUT, Reason.DNS_SERVFAIL, Reason.CONNECT_TIMEOUT, Reason.CONNECT_RESET, Reason.TLS_TIMEOUT,
    Reason.TLS_HANDSHAKE, Reason.STARTTLS_REFUSED, Reason.ICMP_TIMEOUT, Reason.ICMP_LOSS, Reason.HTTP_TIMEOUT,
    Reason.HTTP_TRUNCATED, Reason.EXPECT_TIME, Reason.EXPECT_MESSAGE, Reason.WEBSOCKET_CLOSED,
    Reason.GRPC_MALFORMED, Reason.GRPC_STATUS, Reason.COMMAND_TIMEOUT,
})  # fmt: skip
# What may come of a jump of our clock: the machine slept, or certificates are judged at a wrong moment.
BY_JUMP = BY_SILENCE | {Reason.TLS_EXPIRED, Reason.TLS_NOT_YET_VALID, Reason.CERT_EXPIRING}

# What comes of a network that we have lost: for these the kernel is asked for the way to the address.
BY_NO_WAY = frozenset({
    Reason.DNS_TIMEOUT, Reason.CONNECT_TIMEOUT, Reason.UNREACHABLE, Reason.TLS_TIMEOUT, Reason.ICMP_TIMEOUT,
    Reason.HTTP_TIMEOUT,
})  # fmt: skip


class Judgement(NamedTuple):
    """What a probe that had its answer says of it, if that is not *up*."""

    outcome: Outcome
    reason: Reason
    detail: str


class Attempt:
    """One running probe: its stopwatch, what it has learned, and the failure it has met, if any.

    facts: kept whatever the outcome. failed: stands, even if the deadline passes while more is learned.
    doubt: what it will have been if nothing better comes before the deadline. other_way: see Due.
    pinned: a host and the address of it that is probed.
    tried: the addresses that were connected to. answer, chain: what gives the latest answer, and the certificates
    that were shown, if anybody asks. secrets: what was learned on the way and must not be shown.
    """

    __slots__ = ("answer", "chain", "doubt", "facts", "failed", "other_way", "pinned", "secrets", "tried", "watch")

    def __init__(
        self,
        watch: Stopwatch,
        facts: dict[str, float | int | str | bool],
        *,
        other_way: bool = False,
        pinned: tuple[str, Address] | None = None,
    ) -> None:
        self.watch = watch
        self.facts = facts
        self.other_way = other_way
        self.pinned = pinned
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
    pinned: tuple[str, Address] | None = None,
    witness: Witness | None = None,
) -> Observation:
    """Runs one probe within its deadline and tells what came of it. Only cancellation passes through.

    timed_out: what it means when the deadline runs out, by the phase that was running. pinned: see Attempt.
    witness: of a kind that can show more of an answer that is another than the one before.
    """
    started_ms = clock.now_ms()
    still = standstill(clock.monotonic_ns)
    still.begin()
    attempt = Attempt(Stopwatch(clock.monotonic_ns, still), {}, other_way=due.other_way, pinned=pinned)
    judgement: Judgement | None = None
    try:
        judgement = await _within(timeout_ms / 1000, run(attempt), attempt.watch)
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
    finally:
        still.end()
    watch = attempt.watch
    if judgement is not None:
        judgement = _owned(judgement, attempt, clock)
    outcome, reason, detail = judgement or (Outcome.UP, None, "")
    seen = Observation(
        due.check, due.scheduled_ms, started_ms, watch.took_us, outcome, reason, detail,
        watch.phases_us(), attempt.facts, stalled_us=watch.stalled_us,
    )  # fmt: skip
    if witness is None or not witness.is_news(outcome, reason):
        return seen
    return seen._replace(capsule=_capsule(due.check, witness, attempt))


def _capsule(check: str, witness: Witness, attempt: Attempt) -> Mapping[str, object] | None:
    """What more there is to show; None if that fails by itself, which changes no verdict."""
    answer, chain = attempt.answer, attempt.chain
    try:
        shown = Answer(*answer()) if answer else None
        return witness.capsule(attempt.tried, chain() if chain else (), shown, attempt.secrets)
    except Exception:
        log.exception("what the probe of %s has seen can't be kept", check)
        return None


async def _within(timeout_s: float, run: Awaitable[Judgement | None], watch: Stopwatch) -> Judgement | None:
    """What comes of it; TimeoutError once the time is over, without that in which we stood still.

    `asyncio.timeout` would cost twice as much.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # whoever awaits is in one
    before, is_late = task.cancelling(), False
    timer: asyncio.TimerHandle

    def end(moves: int = 0, known_ns: int = 0) -> None:
        nonlocal is_late, timer
        stood_ns = watch.look()
        more_ns = stood_ns - known_ns
        if more_ns > _LEAST_MOVE_NS and moves < _MOST_MOVES:
            timer = loop.call_later(min(more_ns / 1e9, timeout_s), end, moves + 1, stood_ns)
            return
        is_late = True
        task.cancel()

    timer = loop.call_later(timeout_s, end)
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
    if watch.running is None:
        return Failed(Reason.SELF_STALL, f"nothing was begun within {timeout_ms} ms")
    if watch.stalled_us and watch.took_us * 2 < timeout_ms * 1000:  # the deadline has moved as often as it may
        return Failed(Reason.SELF_STALL, f"we watched for {watch.took_us // 1000} of {timeout_ms} ms")
    return attempt.doubt or Failed(timed_out[watch.running], f"no end of {watch.running} within {timeout_ms} ms")


def _owned(judgement: Judgement, attempt: Attempt, clock: Clock) -> Judgement:
    """The judgement, or that nothing is known of the target since we may be the cause ourselves."""
    outcome, reason, detail = judgement
    if outcome is Outcome.UNKNOWN:
        return judgement
    stalled_us = attempt.watch.stalled_us
    if reason in BY_SILENCE and stalled_us >= STALL_US:
        return Judgement(Outcome.UNKNOWN, Reason.SELF_STALL, f"we stood still for {stalled_us // 1000} ms: {detail}")
    if reason in BY_JUMP:
        jump_ms = clock.jumped_since(attempt.watch.started_ns)
        if jump_ms:
            return Judgement(Outcome.UNKNOWN, Reason.SELF_CLOCK, f"our clock jumped by {jump_ms} ms: {detail}")
    if reason in BY_NO_WAY:
        why = lost(str(attempt.facts.get("ip", "")), attempt.watch.started_ns)
        if why is not None:
            return Judgement(Outcome.UNKNOWN, Reason.SELF_UPLINK, f"{why}: {detail}")
    return judgement
