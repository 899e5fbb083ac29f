"""What is true of a world."""

from prober.core.model import Status
from prober.simulate.script import read
from prober.simulate.world import Outage, outages

MIN = 60_000


def test_an_outage_lasts_as_long_as_any_check_of_the_component_is_in_trouble() -> None:
    world = read(
        "check a component=shop\ncheck b component=shop\n00:01 a down for 5m\n00:04 b down for 5m\n00:20 a up 9s"
    )
    assert outages(world) == [Outage("shop", MIN, 9 * MIN, Status.MAJOR)]


def test_slow_is_trouble_where_it_has_a_bound_and_what_goes_on_ends_with_the_world() -> None:
    world = read("check shop degraded_over=2s\n00:01 up 3s\n01:00 down", days=1)
    assert outages(world) == [Outage("shop", MIN, 1440 * MIN, Status.MAJOR)]


def test_flapping_is_one_outage_and_our_own_trouble_is_none() -> None:
    assert outages(read("00:01 flapping for 5m\n01:00 network down for 5m\n02:00 self_dns for 5m")) == [
        Outage("shop", MIN, 6 * MIN, Status.MAJOR)
    ]
