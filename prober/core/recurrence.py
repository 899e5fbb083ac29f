"""When planned work that repeats begins: RFC 5545 rules in a place's own time.

- The rule is counted in local time: "Sundays at 02:30" stays at 02:30 when the clocks change.
- A local time that the clocks skip is taken as if they had not been changed yet: 02:30 becomes 03:30 on that day.
- A local time that comes twice is taken the first time.
- A window lasts as long as it says in real time, whatever the clocks do meanwhile.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

_DAY_MS = 86_400_000
_AT_ONCE = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


class Recurrence(NamedTuple):
    """rule: an RRULE's value; zone: an IANA name; first: the first start in local time; lasts_ms: of each window."""

    rule: str
    zone: str
    first: datetime
    lasts_ms: int


def checked(rule: str) -> str:
    """The rule, if it can be used. Raises ValueError with what is wrong."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        raise ValueError(f"its FREQ is none of {', '.join(FREQUENCIES)}")
    if "DTSTART" in parts or ":" in rule or "\n" in rule:
        raise ValueError("it holds more than one rule")
    rrulestr(rule, dtstart=datetime(2026, 1, 1, 12))  # noqa: DTZ001 - local time, as the rule is
    return rule


def starts(recurrence: Recurrence, from_ms: int) -> Iterator[int]:
    """The starts at or after from_ms, in order, ms since the epoch."""
    day = from_ms // _DAY_MS - 2  # local dates may be ahead of UTC, and the clocks may skip some time
    while True:
        found = _some(recurrence, day)
        yield from (ms for ms in found if ms >= from_ms)
        if len(found) < _AT_ONCE:
            return
        from_ms = max(from_ms, found[-1] + 1)
        day = max(found[-1] // _DAY_MS - 1, day + 1)


@lru_cache(maxsize=4096)
def _some(recurrence: Recurrence, day: int) -> tuple[int, ...]:
    """The first few starts from that local date on (days since the epoch)."""
    after = (_EPOCH + timedelta(days=day)).replace(tzinfo=None)
    zone = ZoneInfo(recurrence.zone)
    local = _rule(recurrence.rule, recurrence.first).xafter(after, count=_AT_ONCE, inc=True)
    # The same instant twice is one start: two local times may meet where the clocks skip.
    return tuple(sorted({(at.replace(tzinfo=zone) - _EPOCH) // timedelta(milliseconds=1) for at in local}))


@lru_cache(maxsize=512)
def _rule(rule: str, first: datetime) -> rrule:
    found = rrulestr(rule, dtstart=first, cache=True)
    assert isinstance(found, rrule)
    return found
