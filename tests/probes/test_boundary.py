"""Whatever happens within a probe, an observation comes out of it, in time."""

import logging
from collections.abc import Awaitable, Callable

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import Observation, Outcome, Phase
from prober.core.reason import Reason
from prober.probes.boundary import STALL_US, Attempt, Judgement, observe
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


async def test_a_deadline_noticed_far_too_late_is_our_own_stall() -> None:
    late_ns = 0

    async def run(attempt: Attempt) -> None:
        nonlocal late_ns
        attempt.watch.enter(Phase.CONNECT)
        late_ns = (STALL_US + 30_000) * 1_000
        await anyio.sleep_forever()

    seen = await observed(run, timeout_ms=20, clock=Clock(monotonic_ns=lambda: late_ns))
    assert (seen.outcome, seen.reason) == ("unknown", Reason.SELF_STALL)


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
