"""Every quantile is known to within 1 per cent, whatever the parts were."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.sketch import BUCKETS, ERROR, Sketch

took_us = st.integers(0, 60_000_000) | st.floats(0, 1e9, allow_subnormal=False).filter(lambda v: v == 0 or v >= 1)
samples = st.lists(took_us, max_size=60)
shares = st.floats(0, 1)


def test_a_copy_grows_by_itself() -> None:
    one = Sketch.of([5, 0])
    other = one.copy()
    other.add(7)
    assert (one.count, other.count) == (2, 3)


def joined(*parts: Sketch) -> Sketch:
    whole = Sketch()
    for part in parts:
        whole.merge(part)
    return whole


@given(st.lists(took_us, min_size=1, max_size=200), shares)
def test_a_quantile_is_known_to_within_one_per_cent(values: list[float], share: float) -> None:
    exact = sorted(values)[floor(share * (len(values) - 1))]
    found = Sketch.of(values).quantile(share)
    assert found is not None
    assert abs(found - exact) <= ERROR * exact * (1 + 1e-9)


@given(st.lists(samples, max_size=5))
def test_parts_add_up_to_the_whole(parts: list[list[float]]) -> None:
    whole = Sketch.of(value for part in parts for value in part)
    assert joined(*map(Sketch.of, parts)) == whole == joined(*map(Sketch.of, reversed(parts)))
    assert whole.count == sum(map(len, parts))


@given(st.lists(st.lists(st.floats(0, 1e300), max_size=20), max_size=5))
def test_they_do_so_when_there_are_too_many_buckets(parts: list[list[float]]) -> None:
    whole = Sketch.of(value for part in parts for value in part)
    assert joined(*map(Sketch.of, parts)) == whole
    assert len(whole.counts) <= BUCKETS
    assert whole.count == sum(map(len, parts))


@given(st.lists(st.floats(0, 1e300), max_size=60))
def test_what_was_encoded_is_decoded(values: list[float]) -> None:
    sketch = Sketch.of(values)
    assert Sketch.decoded(sketch.encoded()) == sketch


def test_high_quantiles_stay_true_when_the_lowest_buckets_are_one() -> None:
    sketch = Sketch.of([1e-20, 1e-19, *([1e9] * 8)])
    assert sketch.quantile(0.5) == pytest.approx(1e9, rel=ERROR)
    assert sketch.quantile(0) == pytest.approx(sketch.quantile(0.1))
    assert len(sketch.counts) == 2


def test_of_nothing_nothing_is_said() -> None:
    assert Sketch().quantile(0.5) is None
    assert Sketch.decoded(b"") == Sketch()
    assert Sketch() != "a sketch"


def test_nothing_took_no_time() -> None:
    sketch = Sketch.of([0, 0, 0, 5_000])
    assert sketch.quantile(0.5) == 0
    assert sketch.quantile(1) == pytest.approx(5_000, rel=ERROR)


def test_an_hour_of_answers_fits_in_few_bytes() -> None:
    # 3,600 answers between 20 and 400 ms, most of them at the lower end.
    sketch = Sketch.of(20_000 + 380_000 * (n / 3600) ** 4 for n in range(3600))
    assert len(sketch.encoded()) < 400
