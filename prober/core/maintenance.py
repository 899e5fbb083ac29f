"""Planned work as it is declared: which times there are, and which boundary comes next.

A window holds from its start (inclusive) to its end (exclusive); one that recurs is as many windows as it has starts,
each known by its own id. What becomes of each of them is in core/work.py.

A clock that is set back makes the last look one of the future. By a little, nothing is acted on twice; by more, what
was seen there counts for nothing: else no boundary would be seen until the clock has come there again.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, takewhile

from prober.core.policy import Maintenance, Policy
from prober.core.recurrence import starts

SET_BACK_MS = 60_000  # a clock that is behind the last look by more has been set back


def is_set_back(handled_ms: int | None, at_ms: int) -> bool:
    """Whether a look at that moment, after one at handled_ms, is one by a clock that was set back."""
    return handled_ms is not None and handled_ms - at_ms > SET_BACK_MS


def occurrences(window: Maintenance, from_ms: int) -> Iterator[Maintenance]:
    """The windows that are not over at from_ms, in order; of one that recurs perhaps without end."""
    recurrence = window.recurrence
    if recurrence is None:
        if from_ms < window.end_ms:
            yield window
        return
    for start_ms in starts(recurrence, from_ms - recurrence.lasts_ms + 1):
        id_, end_ms = f"{window.id}@{start_ms // 1000}", start_ms + recurrence.lasts_ms
        yield window._replace(id=id_, start_ms=start_ms, end_ms=end_ms, recurrence=None)


def upcoming(window: Maintenance, from_ms: int, count: int) -> list[Maintenance]:
    """The first few windows that are not over at from_ms."""
    return list(islice(occurrences(window, from_ms), count))


def between(windows: Iterable[Maintenance], after_ms: int, until_ms: int) -> list[Maintenance]:
    """The windows that touch (after_ms, until_ms], in order of their starts."""
    found = (takewhile(lambda one: one.start_ms <= until_ms, occurrences(w, after_ms)) for w in windows)
    return sorted(chain.from_iterable(found), key=lambda one: (one.start_ms, one.id))


def find(policy: Policy, id_: str) -> Maintenance | None:
    """The one time of planned work that has that id, as it is declared now; None if none has."""
    name, _, start_s = id_.partition("@")
    window = policy.maintenances.get(name)
    if window is None or (window.recurrence is None) is not (start_s == ""):
        return None
    from_ms = int(start_s) * 1000 if start_s.isascii() and start_s.isdigit() else 0
    return next((one for one in upcoming(window, from_ms, 1) if one.id == id_), None)


def next_boundary_ms(windows: Iterable[Maintenance], after_ms: int) -> int | None:
    """The first boundary later than after_ms; None if no window has one."""
    found = chain.from_iterable(near(window, after_ms) for window in windows)
    edges = (edge for one in found for edge in (one.start_ms, one.end_ms))
    return min((edge for edge in edges if edge > after_ms), default=None)


def near(window: Maintenance, after_ms: int) -> Iterator[Maintenance]:
    """The windows under way, and the next one: it may start before they end."""
    for one in occurrences(window, after_ms):
        yield one
        if one.start_ms > after_ms:
            return
