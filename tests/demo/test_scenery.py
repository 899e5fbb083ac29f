"""The demo's surroundings: the target answers, notices arrive, and its configuration fits both."""

import ssl
from contextlib import closing
from pathlib import Path

import anyio
import httpx
import pytest

from prober import config, notifiers, probes
from prober.clock import Clock
from prober.core.model import Due
from prober.demo import CONFIG, Scenery, scenery, standing_target
from prober.demo.serve import address, listener
from prober.demo.target import Mode
from prober.errors import ProberError
from tests.notifiers.parcels import PARCELS

pytestmark = pytest.mark.anyio


def loaded_from(scene: Scenery) -> config.Config:
    return config.load(
        scene.config,
        check_options=lambda kind: probes.kind(kind).options,
        check_kinds=probes.KINDS,
        channel_options=lambda kind: notifiers.kind(kind).options,
        channel_kinds=notifiers.KINDS,
        env=scene.env,
    )


async def test_the_configuration_loads_and_every_check_finds_what_it_describes(tmp_path: Path) -> None:
    async with scenery(tmp_path, print) as scene:
        loaded = loaded_from(scene)
        scene.standing.target.set_mode("/dies", Mode.DOWN)
        scene.standing.target.set_mode("/slow", Mode.DOWN)
        scene.standing.target.set_mode("/flapping", Mode.UP)
        outcomes = {}
        for id_, options in loaded.checks.items():
            probe = probes.kind(options.kind).build(options, Clock())
            seen = await probe.probe(Due(id_, 0))
            limit_ms = options.degraded_over
            outcomes[id_] = "slow" if limit_ms and seen.took_us > limit_ms * 1000 else str(seen.reason or seen.outcome)
    assert outcomes == {
        "shop": "up",
        "api": "http_status",
        "search": "slow",
        "mail": "up",
        "certificate": "cert_expiring",
        "database": "up",
    }


async def test_its_channel_reaches_the_receiver_which_tells_each_notice(tmp_path: Path) -> None:
    told: list[str] = []
    async with scenery(tmp_path, told.append) as scene:
        (options,) = loaded_from(scene).channels.values()
        for parcel in PARCELS.values():
            receipt = await notifiers.kind(options.kind).build(options).send(parcel)
            assert receipt.status == 204
        assert scene.receiver.count == len(PARCELS)
    assert len(told) == len(PARCELS)


async def test_the_environment_covers_every_reference_of_the_configuration(tmp_path: Path) -> None:
    async with scenery(tmp_path, print) as scene:
        for name in scene.env:
            assert f"${{{name}}}" in CONFIG.read_text()


async def test_taken_ports_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with scenery(tmp_path, print) as first, scenery(tmp_path / "other", print) as second:
        assert first.standing.url != second.standing.url
        port = second.standing.tcp.rpartition(":")[2]
        assert f"port = {port}" in second.config.read_text()


async def test_a_target_alone_insists_on_its_ports(tmp_path: Path) -> None:
    with closing(listener(0)) as taken:
        port = int(address(taken).rpartition(":")[2])
        with pytest.raises(ProberError, match="expected a free port"):
            async with standing_target(tmp_path, 0, port, 0):
                pass


async def test_the_certificate_is_good_for_who_trusts_its_authority(tmp_path: Path) -> None:
    async with standing_target(tmp_path, 0, 0, 0) as standing:
        context = ssl.create_default_context(cafile=standing.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            assert (await client.get(f"{standing.tls_url}/healthy")).status_code == 200


async def test_a_delayed_answer_goes_out_before_the_end(tmp_path: Path) -> None:
    statuses: list[int] = []
    waiting: list[anyio.Event] = []  # for a look at the clock, which every request takes

    def look() -> int:
        for event in waiting:
            event.set()
        return 0

    async def ask(url: str) -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            statuses.append((await client.get(url)).status_code)

    async with anyio.create_task_group() as tasks:  # outlives the target, to hear its answer
        standing_up = standing_target(tmp_path, 0, 0, 0, Clock(monotonic_ns=look))
        async with standing_up as standing:
            waiting.append(anyio.Event())
            tasks.start_soon(ask, f"{standing.url}/slow?delay=60")
            await waiting[0].wait()
    assert statuses == [200]
