"""Whatever bytes come to a listener, none is answered by a fault of ours, and a probe beside it notices nothing.

FUZZ_FROM=<number> begins elsewhere. What has once gone wrong is kept in KEPT, and tried first for ever.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import anyio
import pytest

from tests.acceptance.garbled import METRICS, garbled
from tests.acceptance.scene import Daemon, alive, eventually, served
from tests.ports import free_port

pytestmark = pytest.mark.anyio

KEPT: tuple[int, ...] = ()
AT_ONCE = 48
QUIET_S = 0.3  # who has not been answered for so long has asked nothing whole
MORE = """
[accounts.acme]
key = "acme-secret-0123456789"
[maintenance.upgrade]
name = "Upgrade"
site = "main"
start = 2026-01-01T00:00:00
zone = "UTC"
duration = "1h"
rrule = "FREQ=YEARLY"
[alerts.all]
component = "shop"
match = { alertname = "*" }
[modules.http_2xx]
kind = "http"
"""
FAULTS = {*range(500, 600)} - {501}  # which StatusDashboard says of what it does not offer
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@pytest.fixture
def anyio_backend() -> str:
    """It is the daemon's loop that is tried."""
    return "asyncio"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with all its listeners, which limits nobody, and one probe a second."""
    with served() as target, served() as receiver:
        folder, ports = tmp_path_factory.mktemp("garbled"), (target.server_address[1], receiver.server_address[1])
        one = Daemon(folder, *ports, interval="1s", timeout="900ms")
        keys = (
            f'[prober]\nmetrics = "127.0.0.1:{free_port()}"\nmetrics_key = "{METRICS}"\nrate_per_key = 0\n'
            'rate_per_address = 0\ntrusted_proxies = ["127.0.0.1"]\n'
        )
        one.config.write_text(one.config.read_text().replace("[prober]\n", keys) + MORE)
        with alive(one):
            eventually(lambda: scraped(one).get("uptime_probes_total"), "an answer of the probe")
            yield one
            assert one.stop() == 0


def port_of(one: Daemon, listener: str) -> int:
    found = re.search(rf'^{listener} = "127.0.0.1:(\d+)"', one.config.read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def scraped(one: Daemon) -> dict[str, float]:
    """Figures of the check shop, by their names alone, and those without labels."""
    lines = one.get("/metrics", port_of(one, "metrics"), Authorization=f"Bearer {METRICS}").decode().splitlines()
    shop = [line for line in lines if 'check="shop"' in line or "{" not in line]
    return {line.partition("{")[0].split()[0]: float(line.split()[-1]) for line in shop if not line.startswith("#")}


async def asked(one: Daemon, number: int) -> list[int]:
    """The statuses that come of that request."""
    listener, content = garbled(number)
    said = b""
    with suppress(OSError, anyio.BrokenResourceError, anyio.EndOfStream, TimeoutError):
        async with await anyio.connect_tcp("127.0.0.1", port_of(one, listener)) as stream:
            await stream.send(content)
            while True:
                with anyio.fail_after(QUIET_S):
                    said += await stream.receive(1 << 20)
    return [int(status) for status in _STATUS.findall(said)]


async def all_asked(one: Daemon, numbers: Iterator[int]) -> Counter[int]:
    """How often each status was answered. A fault names the request."""
    found: Counter[int] = Counter()

    async def ask() -> None:
        for number in numbers:
            statuses = await asked(one, number)
            found.update(statuses)
            assert not FAULTS & set(statuses), (number, statuses, garbled(number))

    async with anyio.create_task_group() as tasks:
        for _ in range(AT_ONCE):
            tasks.start_soon(ask)
    return found


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(2_500, id="few"),
        pytest.param(100_000, id="many", marks=[pytest.mark.slow, pytest.mark.timeout(1_800)]),
    ],
)
async def test_no_bytes_are_answered_by_a_fault(one: Daemon, count: int) -> None:
    begin = int(os.environ.get("FUZZ_FROM", "0"))
    before = scraped(one)
    found = await all_asked(one, iter([*KEPT, *range(begin, begin + count)]))
    print(f"{count} requests: {dict(sorted(found.items()))}")  # noqa: T201 - scripts/soak shows it
    assert found.keys() >= {200, 400, 401, 404, 405}
    eventually(lambda: scraped(one)["uptime_probes_total"] > before["uptime_probes_total"] + 1, "probes to go on")
    after = scraped(one)
    assert after["uptime_probe_failures_total"] == 0
    assert (after["probe_success"], after["uptime_store_refused_total"]) == (1, 0)
    assert re.findall(r".*(?:Traceback|has failed|Exception in).*", one.log()) == []
