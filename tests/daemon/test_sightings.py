"""What was seen is told to those channels that say it, from what is kept, and to no others."""

from pathlib import Path

import anyio
import pytest

from prober.cli.check_config import read_config
from prober.clock import Clock
from prober.core.model import Notice, Observation, Phase
from prober.core.reason import Reason
from prober.daemon.couriers import Couriers
from prober.daemon.meters import Meters
from prober.daemon.progress import Progress
from prober.daemon.sightings import Sightings
from prober.daemon.world import World
from prober.notifiers import Seen
from prober.store import Store
from tests.builders import T0, observation
from tests.daemon.test_couriers import CONFIG, Sender
from tests.worlds import answers, recording

pytestmark = pytest.mark.anyio

SECRET = "hunter2-hunter2-hunter2"
TEXT = (
    CONFIG.replace("port = 9", 'port = 9\nname = "Shop front"')
    + f"""
[prober]
admin_key = "{SECRET}"
[channels.team]
kind = "slack"
url = "http://127.0.0.1:9/services/x"
evidence = true
[subscriptions.team]
channel = "team"
"""
)
SEEN = Seen("Shop front", "found *** and 503", 120, "processing", "10.0.0.3")


def failed(at_ms: int) -> Observation:
    return observation(
        "down",
        at_ms,
        reason=Reason.HTTP_STATUS,
        detail=f"found {SECRET} and 503",
        phases_us=((Phase.CONNECT, 20_400), (Phase.PROCESSING, 100_000)),
        capsule={"addresses": ["10.0.0.9", "10.0.0.3"]},
    )


async def test_only_channels_that_say_so_are_given_the_evidence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TEXT)
    config = read_config(tmp_path / "config.toml", {})
    async with recording(tmp_path, config.policy()) as (recorder, store), anyio.create_task_group() as tasks:
        recorder.observe([failed(T0 + 1_000), failed(T0 + 2_000)])
        await recorder.flush()
        senders = {id_: Sender() for id_ in config.channels}
        world = World(config, config, config.policy(), recorder, store, Clock(), Meters([], []))
        Couriers(world, Progress(), tasks).follow(config, config.policy(), senders)
        with anyio.fail_after(20):
            while await store.outbox.depths():
                await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    assert {id_: [one.seen for one in sender.sent] for id_, sender in senders.items()} == {
        "hook": [()],
        "team": [(SEEN,)],
    }


async def test_what_is_over_or_cannot_be_read_is_told_without_evidence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TEXT)
    config = read_config(tmp_path / "config.toml", {})
    async with recording(tmp_path, config.policy()) as (recorder, store):
        recorder.observe([failed(T0 + 1_000), failed(T0 + 2_000)])
        recorder.observe(answers("up up", T0 + 3_000))
        await recorder.flush()
        opened, *_, resolved = await notices(store)
        sightings = Sightings(store, config, config.policy())
        assert await sightings.of(opened) == (SEEN,)
        assert await sightings.of(opened._replace(at_ms=T0)) == ()
        assert await sightings.of(resolved) == ()
    assert await sightings.of(opened) == ()  # the store is closed


async def notices(store: Store) -> list[Notice]:
    return [one.notice for one in await store.outbox.pending("team", 9)]
