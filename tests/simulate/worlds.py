"""Random worlds that are quick to run."""

import re

from prober.simulate.draw import drawn
from prober.simulate.script import read
from prober.simulate.world import World

SLOWER = {"30s": "5m", "1m": "10m", "2m": "15m"}


def slow_world(seed: int, days: int) -> World:
    """The world of that seed, probed less often, so that it has a tenth of the events."""
    script = re.sub(r" interval=(\w+)", lambda found: f" interval={SLOWER[found[1]]}", drawn(seed, days))
    return read(script, days=days)
