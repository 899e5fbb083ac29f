"""Whatever is answered, a probe ends with an observation that blames nobody wrongly, and leaves nothing behind.

FUZZ_FROM=<number> begins elsewhere. What has once gone wrong is kept in KEPT, and tried first for ever.
"""

import asyncio
import gc
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from prober.core.model import Due, Observation
from prober.core.reason import Owner, Reason
from prober.wire.url import joined, parse
from tests.wire.hostile import Peer, serving
from tests.wire.mutations import answered, prober, served

pytestmark = pytest.mark.anyio

KEPT: tuple[int, ...] = (
    20_007_179,  # a challenge of Digest with an empty value
)
AT_ONCE = 20
EACH = 100  # probes to one of the healthy neighbour
GROWTH = 20 * 1024 * 1024

# A client that hangs up early is what a server of random answers sees all the time: only what the probe says counts.
_FINE = (Owner.TARGET, None)


@pytest.fixture
def anyio_backend() -> Any:
    """On the loop of production alone: it is its sockets that are tried."""
    return ("asyncio", {"use_uvloop": True})


@pytest.fixture
def escaped() -> Iterator[list[str]]:
    """Notes what the loop is told of exceptions that nobody has caught."""
    found: list[str] = []
    yield found
    assert found == []


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def judged(port: int, number: int | str) -> Observation:
    """What is made of that answer, asked for again while a busy machine stands still for a second, which is told."""
    for _ in range(9):
        seen = await answered(port, number)
        if seen.reason is not Reason.SELF_STALL or not seen.stalled_us:
            break
    return seen


async def fuzzed(numbers: Iterator[int], escaped: list[str]) -> Counter[str]:
    """How often each reason came of these answers; fails at the first that is wrong."""
    reasons: Counter[str] = Counter()
    wrong: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: escaped.append(str(context)))

    async def work(port: int) -> None:
        for number in numbers:
            seen = await judged(port, number)
            owner = seen.reason.owner if seen.reason is not None else None
            if owner not in _FINE or seen.reason is Reason.HTTP_TIMEOUT:
                wrong.append(f"{number}: {seen.reason}: {seen.detail}")
            reasons[str(seen.reason)] += 1
            if number % EACH == 0:
                healthy = await judged(port, "good")
                if healthy.outcome != "up":
                    wrong.append(f"beside {number}: {healthy.reason}: {healthy.detail}")

    async with served() as port, anyio.create_task_group() as tasks:
        for _ in range(AT_ONCE):
            tasks.start_soon(work, port)
    assert wrong == [], wrong[:5]
    return reasons


def numbers(count: int) -> Iterator[int]:
    yield from KEPT
    start = int(os.environ.get("FUZZ_FROM", "0"))
    yield from range(start, start + count)


@pytest.mark.timeout(300)
async def test_20000_broken_answers_are_all_observed(escaped: list[str]) -> None:
    reasons = await fuzzed(numbers(20_000), escaped)
    assert len(reasons) >= 8, reasons  # else the mutations are too dull


@pytest.mark.slow
@pytest.mark.timeout(7_200)
async def test_a_million_broken_answers_are_all_observed_in_bounded_memory(escaped: list[str]) -> None:
    await fuzzed(numbers(20_000), escaped)
    gc.collect()
    before = resident()
    reasons = await fuzzed(iter(range(10**7, 10**7 + 1_000_000)), escaped)
    gc.collect()
    growth = resident() - before
    print(f"1,000,000 broken answers: {growth / 2**20:.1f} MiB more; {dict(reasons.most_common())}")  # noqa: T201
    assert growth < GROWTH


async def dripping(peer: Peer) -> None:
    await peer.hear()
    with suppress(RuntimeError):  # uvloop's word for a connection that is gone by now
        await peer.say(b"HTTP/1.1 200 OK\r\n")
        while True:
            await peer.say(b"X: y\r\n")
            await anyio.sleep(0.001)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def cancelled(count: int) -> None:
    """So many probes are given up at random moments; then there is nothing more open and under way than before."""
    dice = random.Random(0)
    async with served() as quick, serving(dripping) as slow:
        probes = [prober(quick, "good"), prober(slow, "good")]
        await probes[0].probe(Due("shop", 0))
        before, tasks_before = descriptors(), len(asyncio.all_tasks())

        async def work() -> None:
            for _ in range(count // AT_ONCE):
                with anyio.move_on_after(dice.random() * 0.004):
                    await dice.choice(probes).probe(Due("shop", 0))

        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(work)
        with anyio.fail_after(60):
            while descriptors() > before or len(asyncio.all_tasks()) > tasks_before:
                await anyio.sleep(0.01)  # the servers notice in their own time


@pytest.mark.timeout(120)
async def test_2000_cancelled_probes_leave_nothing() -> None:
    await cancelled(2_000)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_100000_cancelled_probes_leave_nothing() -> None:
    await cancelled(100_000)


def test_any_location_leads_somewhere_or_is_refused() -> None:
    dice, base = random.Random(0), parse("http://a.test:81/x/y?z")
    starts = (b"", b"/", b"//", b"http://", b"https:", b"?", b"#", b"http://[", b"HTTP://a.test", b"..")
    for _ in range(20_000):
        location = dice.choice(starts) + dice.randbytes(dice.randrange(20))
        try:
            url = joined(base, location)
        except ValueError:
            continue
        assert url.scheme in ("http", "https")
        assert url.path.startswith("/")
        assert url.path.isascii()
        assert not set(url.path) & set(" \r\n\0")
