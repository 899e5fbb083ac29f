"""Random worlds."""

import pytest

from prober.simulate.draw import drawn
from prober.simulate.figures import figures
from prober.simulate.play import play
from prober.simulate.script import read


def test_the_same_seed_gives_the_same_script_and_another_seed_another() -> None:
    assert drawn(7, 30) == drawn(7, 30) != drawn(8, 30)


@pytest.mark.parametrize("seed", range(12))
def test_a_random_world_can_be_read_and_its_network_wakes_nobody(seed: int) -> None:
    found = figures(play(read(drawn(seed, 3), days=3)))
    assert found.probes > 1000
    assert found.false_pages == []
