import gc
import weakref
from collections.abc import Iterator

import pytest

from prober.daemon.garbage import LOOK_AFTER, settle


class Ring:
    """Something that only a look through memory frees."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_is_there_is_set_apart_and_what_was_left_behind_is_not() -> None:
    left = weakref.ref(Ring())
    settle()
    assert left() is None
    assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold()[0] == LOOK_AFTER


def test_what_a_reload_lets_go_is_freed() -> None:
    ring: Ring | None = Ring()
    left = weakref.ref(ring)
    settle()
    ring = None
    gc.collect()
    assert left() is not None
    settle()
    assert left() is None
