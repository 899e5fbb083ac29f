"""What goes wrong with ourselves is never blamed on a target, and a target's failure is found nevertheless."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from prober.clock import Clock
from prober.core.model import Due
from prober.core.reason import Owner, Reason
from prober.probes.http import KIND
from tests.wire.hostile import Peer, serving

pytestmark = pytest.mark.anyio

GIVES_UP_S = 0.3

# Probes the ports of its arguments one after another and prints what it saw; with a limit, without descriptors.
CHILD = """
import asyncio, json, resource, sys
from prober.clock import Clock
from prober.core.model import Due
from prober.probes.http import KIND

async def main(limit, ports):
    clock = Clock()
    if limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    for port in ports:
        keys = {"component": "c", "kind": "http", "url": f"http://127.0.0.1:{port}/", "timeout": "5s"}
        seen = await KIND.build(KIND.options.model_validate(keys), clock).probe(Due("shop", 0))
        told = {"outcome": seen.outcome, "reason": seen.reason, "stalled_us": seen.stalled_us, "took_us": seen.took_us}
        print(json.dumps(told), flush=True)

asyncio.run(main(sys.argv[1] == "limit", sys.argv[2:]))
"""


async def child(how: str, *ports: int) -> asyncio.subprocess.Process:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", CHILD, how, *map(str, ports)]
    return await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.PIPE, env=environment)


async def told(process: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    said, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in said.splitlines()]


def blamed(seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in seen if one["reason"] is not None and Reason(one["reason"]).owner is Owner.TARGET]


async def fails(peer: Peer) -> None:
    await peer.hear()
    await peer.say(b"HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n")


async def stopped(rounds: int, stopped_s: float = 1.5) -> None:
    """A process that is stopped in the middle of each probe; the target gives up every second time."""
    running: list[asyncio.subprocess.Process] = []
    asked = 0

    async def act(peer: Peer) -> None:
        nonlocal asked
        await peer.hear()
        asked += 1
        is_patient = asked % 2
        running[0].send_signal(signal.SIGSTOP)
        await asyncio.sleep(GIVES_UP_S)
        if is_patient:
            await peer.say(b"HTTP/1.1 200 x\r\ncontent-length: 0\r\n\r\n")
        else:
            peer.reset()
        await asyncio.sleep(stopped_s - GIVES_UP_S)
        running[0].send_signal(signal.SIGCONT)

    async with serving(act) as port, serving(fails) as failing:
        running.append(await child("stop", *[port] * rounds, failing))
        *seen, last = await told(running[0])
    assert blamed(seen) == []
    assert {(one["outcome"], one["reason"]) for one in seen} == {("up", None), ("unknown", Reason.SELF_STALL)}
    assert all(one["stalled_us"] >= 1_000_000 for one in seen)
    assert all(one["took_us"] < stopped_s * 1e6 for one in seen)
    assert (last["outcome"], last["reason"]) == ("down", Reason.HTTP_STATUS), "the target's own failure is found"


async def test_a_stopped_process_blames_nobody() -> None:
    await stopped(4)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_process_stopped_100_times_for_5_seconds_blames_nobody() -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(stopped(10, 5.0))


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_process_without_descriptors_blames_nobody(rounds: int) -> None:
    async with serving(fails) as port:
        seen = await told(await child("limit", *[port] * rounds))
    assert [one["reason"] for one in seen] == [Reason.SELF_DESCRIPTORS] * rounds


async def test_a_clock_that_jumps_100_times_blames_nobody() -> None:
    dice, off_ns, jumps = random.Random(0), 0, True
    clock = Clock(wall_ns=lambda: time.time_ns() + off_ns)

    async def act(peer: Peer) -> None:
        nonlocal off_ns
        await peer.hear()
        if jumps:
            off_ns += dice.choice((-1, 1)) * dice.randrange(2, 365 * 86_400) * 10**9
        peer.reset()

    async with serving(act) as port:
        keys = {"component": "c", "kind": "http", "url": f"http://127.0.0.1:{port}/", "timeout": "5s"}
        probe = KIND.build(KIND.options.model_validate(keys), clock)
        seen = [(await probe.probe(Due("shop", 0))).reason for _ in range(100)]
        jumps = False
        clock.resync()
        await asyncio.sleep(0.001)
        last = await probe.probe(Due("shop", 0))
    assert set(seen) <= {Reason.SELF_CLOCK, Reason.SELF_STALL}  # a busy machine stands still now and then, too
    assert seen.count(Reason.SELF_CLOCK) > 50
    assert last.reason is Reason.CONNECT_RESET, "the target's own failure is found"
