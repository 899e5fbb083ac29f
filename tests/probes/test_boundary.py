"""Whatever happens within a probe, an observation comes out of it, in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import Observation, Outcome, Phase
from prober.core.reason import Reason
from prober.probes.boundary import STALL_US, Attempt, Judgement, observe
from prober.probes.capsule import Witness
from prober.wire.failure import Failed
from tests.probes.scene import DUE

pytestmark = pytest.mark.anyio


Run = Callable[[Attempt], Awaitable[Judgement | None]]


async def observed(run: Run, timeout_ms: int = 5_000, clock: Clock | None = None) -> Observation:
    return await observe(DUE, clock or Clock(), timeout_ms, run)


async def test_an_answer_without_a_complaint_is_up() -> None:
    async def run(attempt: Attempt) -> None:
        attempt.watch.enter(Phase.CONNECT)
        attempt.facts["ip"] = "127.0.0.1"

    seen = await observed(run)
    assert (seen.check, seen.scheduled_ms, seen.outcome, seen.reason, seen.detail) == (
        DUE.check,
        DUE.scheduled_ms,
        "up",
        None,
        "",
    )
    assert ([phase for phase, _ in seen.phases_us], seen.facts) == ([Phase.CONNECT], {"ip": "127.0.0.1"})


async def test_a_judgement_stands_as_it_is() -> None:
    async def run(_: Attempt) -> Judgement:
        return Judgement(Outcome.DEGRADED, Reason.CERT_EXPIRING, "soon")

    seen = await observed(run)
    assert (seen.outcome, seen.reason, seen.detail) == ("degraded", Reason.CERT_EXPIRING, "soon")


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [(Reason.CONNECT_REFUSED, "down"), (Reason.SELF_UPLINK, "unknown"), (Reason.CONFIG_INVALID, "unknown")],
)
async def test_only_the_targets_own_failures_are_down(reason: Reason, outcome: str) -> None:
    async def run(_: Attempt) -> None:
        raise Failed(reason, "words")

    seen = await observed(run)
    assert (seen.outcome, seen.reason, seen.detail) == (outcome, reason, "words")


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.RESOLVE, Reason.DNS_TIMEOUT),
        (Phase.CONNECT, Reason.CONNECT_TIMEOUT),
        (Phase.TLS, Reason.TLS_TIMEOUT),
        (Phase.TRANSFER, Reason.HTTP_TIMEOUT),
    ],
)
async def test_the_deadline_is_named_by_the_phase_in_which_it_ran_out(phase: Phase, reason: Reason) -> None:
    async def run(attempt: Attempt) -> None:
        attempt.watch.enter(Phase.SEND)
        attempt.watch.enter(phase)
        await anyio.sleep_forever()

    seen = await observed(run, timeout_ms=20)
    assert (seen.outcome, seen.reason, seen.detail) == ("down", reason, f"no end of {phase} within 20 ms")
    assert seen.phases_us[-1][0] is phase


async def test_a_failure_that_is_known_stands_even_if_time_runs_out_while_more_is_learned() -> None:
    async def run(attempt: Attempt) -> None:
        attempt.failed = Failed(Reason.TLS_EXPIRED, "words")
        await anyio.sleep_forever()

    assert (await observed(run, timeout_ms=20)).reason is Reason.TLS_EXPIRED


class Hands:
    """A clock whose monotonic and wall time a test moves."""

    def __init__(self) -> None:
        self.ns = self.wall_ns = 0
        self.clock = Clock(wall_ns=lambda: self.ns + self.wall_ns, monotonic_ns=lambda: self.ns)

    def stand_still(self, us: int) -> None:
        self.ns += us * 1_000


@pytest.mark.parametrize("stalled_us", [STALL_US, 5 * STALL_US])
async def test_a_target_that_gave_up_while_we_stood_still_is_not_blamed(stalled_us: int) -> None:
    hands = Hands()

    async def run(attempt: Attempt) -> None:
        attempt.watch.enter(Phase.TLS)
        hands.stand_still(stalled_us)
        raise Failed(Reason.CONNECT_RESET, "words")

    seen = await observed(run, clock=hands.clock)
    assert (seen.outcome, seen.reason, seen.stalled_us) == ("unknown", Reason.SELF_STALL, stalled_us)
    assert (seen.took_us, seen.phases_us) == (0, ((Phase.TLS, 0),))
    assert seen.detail == f"we stood still for {stalled_us // 1000} ms: words"


@pytest.mark.parametrize("reason", [Reason.CONNECT_REFUSED, Reason.HTTP_MALFORMED, Reason.HTTP_STATUS])
async def test_what_no_standstill_explains_is_blamed_as_ever(reason: Reason) -> None:
    hands = Hands()

    async def run(attempt: Attempt) -> None:
        hands.stand_still(5 * STALL_US)
        raise Failed(reason, "words")

    assert (await observed(run, clock=hands.clock)).reason is reason


async def test_what_can_not_be_shown_changes_no_verdict(caplog: pytest.LogCaptureFixture) -> None:
    async def run(attempt: Attempt) -> None:
        attempt.chain = lambda: [b"der", 7]  # type: ignore[list-item]
        raise Failed(Reason.CONNECT_REFUSED, "words")

    seen = await observe(DUE, Clock(), 5_000, run, witness=Witness(lambda: ()))
    assert (seen.outcome, seen.reason, seen.capsule) == ("down", Reason.CONNECT_REFUSED, None)
    assert f"what the probe of {DUE.check} has seen can't be kept" in caplog.text


async def test_a_deadline_that_passed_while_we_stood_still_moves_and_the_answer_counts() -> None:
    hands, heard = Hands(), anyio.Event()

    async def run(attempt: Attempt) -> None:
        attempt.watch.enter(Phase.PROCESSING)
        hands.stand_still(1_900_000)
        asyncio.get_running_loop().call_later(0.7, heard.set)
        await heard.wait()

    seen = await observed(run, timeout_ms=500, clock=hands.clock)
    assert (seen.outcome, seen.reason, seen.stalled_us) == ("up", None, 1_900_000)


async def test_a_deadline_that_passed_while_we_stood_still_for_all_of_it_blames_nobody() -> None:
    hands = Hands()

    async def run(attempt: Attempt) -> None:
        attempt.watch.enter(Phase.CONNECT)
        hands.stand_still(100_000)
        await anyio.sleep_forever()

    seen = await observed(run, timeout_ms=20, clock=hands.clock)
    assert (seen.outcome, seen.reason) == ("unknown", Reason.SELF_STALL)


@pytest.mark.parametrize("reason", [Reason.CONNECT_RESET, Reason.TLS_EXPIRED])
@pytest.mark.parametrize("is_followed", [False, True], ids=["unfollowed", "followed"])
async def test_a_jump_of_our_clock_is_not_blamed_on_the_target(reason: Reason, is_followed: bool) -> None:
    hands = Hands()

    async def run(_: Attempt) -> None:
        hands.wall_ns += 3_600 * 10**9
        if is_followed:
            hands.clock.resync()
        raise Failed(reason, "words")

    seen = await observed(run, clock=hands.clock)
    assert (seen.outcome, seen.reason) == ("unknown", Reason.SELF_CLOCK)
    assert seen.detail == "our clock jumped by 3600000 ms: words"


async def test_a_probe_after_the_jump_blames_as_ever() -> None:
    hands = Hands()
    hands.wall_ns += 3_600 * 10**9
    hands.clock.resync()
    hands.ns += 1

    async def run(_: Attempt) -> None:
        raise Failed(Reason.TLS_EXPIRED, "words")

    assert (await observed(run, clock=hands.clock)).reason is Reason.TLS_EXPIRED


async def test_a_fault_of_ours_is_logged_and_unknown(caplog: pytest.LogCaptureFixture) -> None:
    async def run(_: Attempt) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        seen = await observed(run)
    assert (seen.outcome, seen.reason) == ("unknown", Reason.SELF_INTERNAL)
    assert seen.detail == "ZeroDivisionError in prober itself"
    assert "the probe of shop has failed by itself" in caplog.text


async def test_cancellation_passes_through() -> None:
    async def run(_: Attempt) -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01) as scope:
        await observed(run)
        pytest.fail("it came back")
    assert scope.cancelled_caught
