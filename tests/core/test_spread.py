"""A histogram counts each value once, within its bound."""

from hypothesis import given
from hypothesis import strategies as st

from prober.core.spread import BOUNDS_S, Spread


@given(st.lists(st.integers(0, 100_000_000) | st.sampled_from([round(bound * 1e6) for bound in BOUNDS_S])))
def test_each_bound_has_what_is_not_above_it(values: list[int]) -> None:
    spread = Spread()
    for value in values:
        spread.add(value)
    assert spread.within() == [*(sum(v <= round(bound * 1e6) for v in values) for bound in BOUNDS_S), len(values)]
    assert spread.sum_us == sum(values)


def test_a_copy_stays_as_it_was() -> None:
    spread = Spread()
    spread.add(1)
    copied = spread.copy()
    spread.add(2)
    assert (copied.within()[-1], copied.sum_us) == (1, 1)
