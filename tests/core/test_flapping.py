"""The share of changes, and its two marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.flapping import CHANGES, flapped, share, shifted
from tests.builders import check

ALL = (1 << CHANGES) - 1


def test_the_share_goes_from_none_to_all() -> None:
    assert share(0) == 0
    assert share(ALL) == pytest.approx(1)


def test_a_new_change_weighs_half_as_much_again_as_an_old_one() -> None:
    assert share(1) / share(1 << CHANGES - 1) == pytest.approx(1.5)


@given(st.integers(0, ALL), st.booleans())
def test_the_oldest_change_is_forgotten(flips: int, has_changed: bool) -> None:
    after = shifted(flips, has_changed)
    assert after <= ALL
    assert after & 1 == has_changed
    assert after >> 1 == flips & (ALL >> 1)


@pytest.mark.parametrize(
    ("before", "flips", "expected"),
    [(0, 0b1, 0), (0, ALL, CHANGES), (0, 0b1111111, 7), (7, 0b1, 8), (7, 0b10, 7), (7, 0, 0)],
)
def test_it_flaps_from_the_high_mark_down_to_the_low_one(before: int, flips: int, expected: int) -> None:
    assert flapped(before, flips, check(flap_high=0.3, flap_low=0.05)) == expected


def test_without_marks_it_never_flaps() -> None:
    assert flapped(0, ALL, check()) == flapped(5, ALL, check()) == 0
