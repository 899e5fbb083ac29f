"""The loop's turn comes soon, whatever the store's threads are at."""

import sys
from collections.abc import Iterator

import pytest

from prober.daemon.turns import TURN_S, keep_turns_short


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before_s)


def test_turns_are_a_fifth_of_what_python_allows() -> None:
    sys.setswitchinterval(0.005)
    keep_turns_short()
    assert sys.getswitchinterval() == pytest.approx(TURN_S)
