"""Which kinds ask, and which are told."""

import pytest

from prober.clock import Clock
from prober.probes import KINDS, Listener, kind
from tests.probes.scene import options


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_made_of_its_own_example_and_only_of_its_own_options(name: str) -> None:
    found = kind(name)
    keys = found.guesses(found.example)
    assert keys is not None
    assert isinstance(found.build(options(name, **keys), Clock()), Listener) is (name == "heartbeat")
    other = options("tcp" if name != "tcp" else "icmp", host="a.test", **({"port": 1} if name != "tcp" else {}))
    with pytest.raises(TypeError):
        found.build(other, Clock())
