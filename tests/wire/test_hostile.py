"""Whatever a target does, a probe ends in time with the right word for it, and leaves nothing behind."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from prober.clock import Clock
from prober.core.model import Due, Observation
from prober.core.reason import Reason
from prober.probes.http import KIND
from tests.wire import hostile, hostile_codings, hostile_tls
from tests.wire.certificates import Certificates
from tests.wire.hostile import Behaviour, serving, silent

pytestmark = pytest.mark.anyio

IN_TIME = {Reason.HTTP_TIMEOUT: "400ms", Reason.TLS_TIMEOUT: "400ms"}
BEHAVIOURS = [*hostile.BEHAVIOURS, *hostile_codings.BEHAVIOURS, *hostile_tls.BEHAVIOURS]
NAMES = [f"{number:03}-{row.name.replace(' ', '-')}" for number, row in enumerate(BEHAVIOURS)]


def descriptors() -> int:
    """How many there are, but for the spare that libuv keeps from the first listener on."""
    return sum(path.readlink() != Path("/dev/null") for path in Path("/proc/self/fd").iterdir() if path.is_symlink())


def tasks() -> int:
    return len(anyio.get_running_tasks())


async def settles(count: Any, before: int) -> bool:
    """Whether the count comes back to what it was: closing takes the loop a few turns."""
    for _ in range(1000):
        if count() <= before:
            return True
        await anyio.sleep(0.01)
    return False


async def probed(url: str, **keys: Any) -> Observation:
    options = KIND.options.model_validate({"component": "c", "kind": "http", "url": url, **keys})
    return await KIND.build(options, Clock()).probe(Due("check", 1_000))


@pytest.fixture
def ca(certificates: Certificates) -> str:
    return str(certificates.ca)


@pytest.mark.parametrize("row", BEHAVIOURS, ids=NAMES)
async def test_every_behaviour_has_its_verdict(row: Behaviour, certificates: Certificates, ca: str) -> None:
    descriptors_before, tasks_before = descriptors(), tasks()
    context = certificates.context(row.secure) if row.secure else None
    deadline = IN_TIME.get(row.reason, "20s") if row.reason else "20s"
    async with serving(row.act, context) as port:
        seen = await probed(f"{row.scheme}://127.0.0.1:{port}/", ca=ca, timeout=deadline, **row.options)
        if seen.reason is Reason.SELF_STALL and seen.stalled_us:  # a busy machine stood still, and says so
            seen = await probed(f"{row.scheme}://127.0.0.1:{port}/", ca=ca, timeout=deadline, **row.options)
    reason = seen.reason
    assert (seen.outcome, reason) == (row.outcome, row.reason), seen.detail
    assert reason is None or reason.owner == row.owner
    assert bool(seen.detail) == (reason is not None)
    assert row.last is None or seen.phases_us[-1][0] is row.last
    assert seen.took_us >= sum(us for _, us in seen.phases_us) - len(seen.phases_us)
    assert await settles(tasks, tasks_before)
    assert await settles(descriptors, descriptors_before)


def test_there_are_many_of_them_and_no_two_of_one_name() -> None:
    assert len({row.name for row in BEHAVIOURS}) == len(BEHAVIOURS) >= 200


@pytest.mark.parametrize("then", hostile_tls.HALFWAY)
async def test_a_handshake_that_ends_at_any_step_is_the_targets_fault(
    then: str, certificates: Certificates, ca: str
) -> None:
    reason, deadline = hostile_tls.HALFWAY[then]
    for name, act in hostile_tls.of_certificates(certificates):
        if name.startswith(then):  # by one certificate, made once
            async with serving(act) as port:
                seen = await probed(f"https://127.0.0.1:{port}/", ca=ca, timeout=deadline)
            assert (seen.outcome, seen.reason) == ("down", reason), (name, seen.detail)


async def test_a_server_that_wants_our_certificate_says_so_after_the_handshake(
    certificates: Certificates, ca: str
) -> None:
    async with serving(hostile_tls.shakes_hands(certificates.context("client wanted"))) as port:
        seen = await probed(f"https://127.0.0.1:{port}/", ca=ca)
    assert (seen.outcome, seen.reason) == ("down", Reason.TLS_HANDSHAKE), seen.detail


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_cancelled_probes_leave_nothing_behind(scheme: str, ca: str) -> None:
    async with serving(silent) as port:
        await probed(f"{scheme}://127.0.0.1:{port}/", ca=ca, timeout="50ms")
        descriptors_before, tasks_before = descriptors(), tasks()
        for turn in range(200):
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: probed(f"{scheme}://127.0.0.1:{port}/", ca=ca))
                for _ in range(turn % 12):
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()
    assert await settles(tasks, tasks_before)
    assert await settles(descriptors, descriptors_before)


async def test_expiry_is_known_of_the_certificate_that_was_refused(certificates: Certificates, ca: str) -> None:
    async with serving(silent, certificates.context("expired")) as port:
        seen = await probed(f"https://127.0.0.1:{port}/", ca=ca)
    assert seen.reason is Reason.TLS_EXPIRED
    assert 0 < int(seen.facts["cert_expiry_s"]) < Clock().now_ms() / 1000
