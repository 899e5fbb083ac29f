"""Which checks are due, and when to look next.

Each check has a fixed grid: one slot every interval, counted from the epoch and shifted by a hash of its id, so that
checks spread evenly and a restart, a reload or a pause changes no slot. A slot that passed unanswered is counted as
missed and not made up for: after a pause each check answers its latest slot once and is back on its grid.

The wheel: slots are kept in buckets of 20 ms, and a bucket is due when its time is wholly over. So a
handful of checks starts at each wake-up, at most one bucket late. A slot of the grid is kept as the check's id alone:
its time follows from the grid: there may be 100,000 of them.
"""

import zlib
from collections.abc import Collection, Mapping
from heapq import heappop, heappush

from prober.core.model import Due

BUCKET_MS = 20
FIRST_LOOK_MS = 5_000  # a check that has never answered need not wait longer than this for its first probe


def spread(id_: str, over_ms: int) -> int:
    """A shift from 0 to over_ms - 1 that is always the same for an id."""
    return zlib.crc32(id_.encode()) % over_ms


def slot_from(id_: str, interval_ms: int, from_ms: int) -> int:
    """The first slot of the check's grid at or after from_ms."""
    return from_ms + (zlib.crc32(id_.encode()) - from_ms) % interval_ms


class Schedule:
    """The slots of all checks from a moment on.

    intervals_ms: by check; it is kept, so it must not change. missed: slots that passed unanswered since then, by
    check; only checks that missed any.
    """

    def __init__(self, intervals_ms: Mapping[str, int], from_ms: int, never_answered: Collection[str] = ()) -> None:
        self.missed: dict[str, int] = {}
        self._intervals_ms = intervals_ms
        self._beside: set[Due] = set()
        self._buckets: dict[int, list[str | Due]] = {}
        self._order: list[int] = []
        self.restart(from_ms, never_answered)

    def restart(self, from_ms: int, never_answered: Collection[str] = ()) -> None:
        """Plan anew from this moment: after the clock has jumped, or at the beginning."""
        self._buckets.clear()
        self._order.clear()
        self._beside.clear()
        for id_ in self._intervals_ms:
            self._begin(id_, from_ms, is_soon=id_ in never_answered)

    def follow(self, intervals_ms: Mapping[str, int], from_ms: int, soon: Collection[str] = ()) -> None:
        """Plan for these checks from this moment on. A check whose interval is as it was keeps every slot it has.

        soon: those of them that need not wait for their slot, for they are new, or probe something else now.
        """
        moved = {id_ for id_, interval_ms in self._intervals_ms.items() if intervals_ms.get(id_) != interval_ms}
        self._forget(moved)
        added = [id_ for id_ in intervals_ms if id_ in moved or id_ not in self._intervals_ms]
        self._intervals_ms = intervals_ms
        self.missed = {id_: slots for id_, slots in self.missed.items() if id_ in intervals_ms}
        for id_ in added:
            self._begin(id_, from_ms, is_soon=id_ in soon)
        for id_ in soon:
            first_ms = from_ms + spread(id_, FIRST_LOOK_MS)
            if id_ not in added and first_ms < slot_from(id_, intervals_ms[id_], from_ms):
                self.add(Due(id_, first_ms))

    def next_ms(self) -> int | None:
        """When to call pop_due next; None if nothing is planned."""
        return (self._order[0] + 1) * BUCKET_MS if self._order else None

    def pop_due(self, now_ms: int) -> list[Due]:
        """The slots to answer now, at most one for each check, and plan the next ones."""
        found: list[Due] = []
        while self._order and (self._order[0] + 1) * BUCKET_MS <= now_ms:
            key = heappop(self._order)
            found += [self._caught_up(planned, key * BUCKET_MS, now_ms) for planned in self._buckets.pop(key)]
        return found

    def add(self, due: Due) -> None:
        """Plan one more probe beside the grid, which stays as it is. A check that is not known has none."""
        if due.check in self._intervals_ms and due not in self._beside:
            self._beside.add(due)
            self._plan(due)

    def is_on_grid(self, due: Due) -> bool:
        """Whether that is one of the check's regular slots."""
        return due.scheduled_ms == slot_from(due.check, self._intervals_ms[due.check], due.scheduled_ms)

    def miss(self, check: str, slots: int = 1) -> None:
        """Count slots that could not be answered."""
        self.missed[check] = self.missed.get(check, 0) + slots

    def _begin(self, id_: str, from_ms: int, *, is_soon: bool) -> None:
        slot_ms, soon_ms = slot_from(id_, self._intervals_ms[id_], from_ms), from_ms + spread(id_, FIRST_LOOK_MS)
        if is_soon and soon_ms < slot_ms:
            self._plan(Due(id_, soon_ms))
        else:
            self._plan_slot(id_, slot_ms)

    def _forget(self, checks: Collection[str]) -> None:
        """Take all that is planned for these checks out of the buckets, which stay where they are."""
        for bucket in self._buckets.values():
            bucket[:] = [one for one in bucket if (one.check if isinstance(one, Due) else one) not in checks]
        self._beside -= {due for due in self._beside if due.check in checks}

    def _caught_up(self, planned: str | Due, from_ms: int, now_ms: int) -> Due:
        """The latest slot of the check that has come, and plan its next one. from_ms: when its bucket begins."""
        if isinstance(planned, str):
            check, interval_ms = planned, self._intervals_ms[planned]
            due = Due(check, slot_from(check, interval_ms, from_ms))
            next_ms = due.scheduled_ms + interval_ms
        else:
            due = planned
            if due in self._beside:
                self._beside.discard(due)
                return due
            check, interval_ms = due.check, self._intervals_ms[due.check]
            next_ms = slot_from(check, interval_ms, due.scheduled_ms + 1)
        if next_ms > now_ms:
            bucket = self._buckets.get(next_ms // BUCKET_MS)
            if bucket is None:
                self._plan_slot(check, next_ms)
            else:
                bucket.append(check)
            return due
        slots = (now_ms - next_ms) // interval_ms + 1
        self.miss(check, slots)
        latest_ms = next_ms + (slots - 1) * interval_ms
        self._plan_slot(check, latest_ms + interval_ms)
        return Due(check, latest_ms)

    def _plan(self, due: Due) -> None:
        self._bucket(due.scheduled_ms).append(due)

    def _plan_slot(self, check: str, at_ms: int) -> None:
        self._bucket(at_ms).append(check)

    def _bucket(self, at_ms: int) -> list[str | Due]:
        key = at_ms // BUCKET_MS
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = []
            heappush(self._order, key)
        return bucket
