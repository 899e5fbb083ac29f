"""Hours of a week in a place's own time: those in which a service is promised, or in which a subscription listens.

Written as in "Mo-Fr 08:00-18:00, Sa 09:00-13:00": days, from (inclusive), to (exclusive); "22:00-06:00" ends the next
morning, "00:00-24:00" is the whole day, be that 23, 24 or 25 hours. As in recurrence, a local time that the clocks skip
is taken as if they had not been changed yet, and one that comes twice the first time. Hours that overlap count once.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_PART = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))? ([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")
_DAY_MIN = 24 * 60
LONGEST = 500
_SOON_MS = 12 * 3_600_000  # it is asked often: look at little first
_SURELY_MS = 15 * 86_400_000  # hours come within this time, even if the clocks skip those of a week


class Slot(NamedTuple):
    """Hours of one day of the week, 0 = Monday; minutes from its midnight. to_min: after midnight if above 1440."""

    weekday: int
    from_min: int
    to_min: int


class Hours(NamedTuple):
    """zone: an IANA name."""

    zone: str
    slots: tuple[Slot, ...]


def parsed(text: str, zone: str) -> Hours:
    """The hours that a text says. Raises ValueError if it is not written as above, or longer than anybody means."""
    if len(text) > LONGEST:
        raise ValueError(text[:LONGEST])
    return Hours(zone, tuple(slot for part in text.split(",") for slot in _slots(part.strip())))


def _slots(part: str) -> Iterator[Slot]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(part)
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    from_min, to_min = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if from_min >= _DAY_MIN or to_min > _DAY_MIN or from_min == to_min:
        raise ValueError(part)
    for day in range(first, last + 1 if last >= first else last + 8):
        yield Slot(day % 7, from_min, to_min if to_min > from_min else to_min + _DAY_MIN)


def within(hours: Hours, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """The times of service from start_ms to end_ms: (start, end) in order, not touching each other."""
    joined: list[tuple[int, int]] = []
    for begins_ms, ends_ms in sorted(_times(hours, start_ms, end_ms)):
        begins_ms, ends_ms = max(begins_ms, start_ms), min(ends_ms, end_ms)
        if joined and begins_ms <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], ends_ms)
        elif begins_ms < ends_ms:
            joined.append((begins_ms, ends_ms))
    return joined


def holds(hours: Hours, at_ms: int) -> bool:
    """Whether it is one of the hours."""
    return bool(within(hours, at_ms, at_ms + 1))


def has_come(hours: Hours, since_ms: int, at_ms: int) -> bool:
    """Whether any of the hours were from since_ms (inclusive) to at_ms (exclusive)."""
    return bool(within(hours, max(since_ms, at_ms - _SURELY_MS), at_ms))


def begin_ms(hours: Hours, after_ms: int) -> int | None:
    """When they begin next, later than after_ms; None if they never end."""
    for wait_ms in (_SOON_MS, _SURELY_MS):
        for ms, _ in within(hours, after_ms, after_ms + wait_ms):
            if ms > after_ms:
                return ms
    return None


def begun_ms(hours: Hours, after_ms: int, until_ms: int) -> tuple[int, int] | None:
    """When they began first and last in that time, later than after_ms and at until_ms at the latest; None: not."""
    first_ms = begin_ms(hours, after_ms)
    if first_ms is None or first_ms > until_ms:
        return None
    return first_ms, max(first_ms, *(ms for ms, _ in within(hours, until_ms - _SURELY_MS, until_ms + 1)))


def quiet_ms(hours: Hours, begin_ms: int) -> int:
    """Since when they were over, when they began at begin_ms."""
    start_ms = begin_ms - _SURELY_MS
    return max((end_ms for _, end_ms in within(hours, start_ms, begin_ms)), default=start_ms)


def _times(hours: Hours, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """Of each day that may reach into that time."""
    zone = ZoneInfo(hours.zone)
    day = (_EPOCH + start_ms * _MS).astimezone(zone).date() - timedelta(days=1)
    last = (_EPOCH + end_ms * _MS).astimezone(zone).date()
    while day <= last:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        for slot in hours.slots:
            if slot.weekday == day.weekday():
                edges = (midnight + timedelta(minutes=minutes) for minutes in slot[1:])  # in local time
                begins_ms, ends_ms = ((edge - _EPOCH) // _MS for edge in edges)
                yield begins_ms, ends_ms
        day += timedelta(days=1)
