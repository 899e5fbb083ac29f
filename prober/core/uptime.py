"""How much of the time a component was up: from its transitions to spans, shares, days and outages.

The rules:

1. At a moment a component has the status of the latest change, in the order they were decided, that holds from then or
   earlier. Before the first change its status is not known. Time that was not watched is not known for ever: what is
   decided after it and holds from before it leaves it out.
2. Time is counted, not answers: every millisecond of a window is in exactly one span, unknown and planned time too.
3. How much of it counts as up is the weight of the span's status. A status without a weight is not judged: its time is
   neither in the numerator nor in the denominator. What is counted for adjacent windows adds up to the whole.
4. A day lasts from a zone's midnight to the next, be that 23, 24 or 25 hours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from prober.core.events import Change, Rule
from prober.core.hours import Hours, within
from prober.core.model import Status, Verdict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_OUT = frozenset({Status.PARTIAL, Status.MAJOR})


class Turn(NamedTuple):
    """From this moment on a component has that status; None = it is not known. is_gap: because nobody watched."""

    at_ms: int
    status: Status | None
    is_gap: bool = False


class Window(NamedTuple):
    """From start_ms (inclusive) to end_ms (exclusive); empty if that is not later."""

    start_ms: int
    end_ms: int


class Span(NamedTuple):
    """Time in one status, never empty; None = it is not known."""

    start_ms: int
    end_ms: int
    status: Status | None

    @property
    def lasted_ms(self) -> int:
        return self.end_ms - self.start_ms


class Accounting(NamedTuple):
    """How much of the time in a status counts as up, from 0 to 1; None = that time is not judged at all."""

    degraded: float | None = 1.0
    partial: float | None = 0.0
    maintenance: float | None = None
    unknown: float | None = None

    def weight(self, status: Status | None) -> float | None:
        """Of time in that status; None = it is not judged."""
        if status is None:
            return self.unknown
        return _ALWAYS[status] if status in _ALWAYS else getattr(self, status.value)


_ALWAYS: dict[Status, float] = {Status.OPERATIONAL: 1.0, Status.MAJOR: 0.0}
USUAL = Accounting()


class Uptime(NamedTuple):
    """A figure, and all that it was counted from.

    up_ms: numerator; judged_ms: denominator; spans: the intervals behind both, in order, filling the window, or what
    of it are hours of service.
    """

    up_ms: float
    judged_ms: int
    spans: tuple[Span, ...]

    @property
    def share(self) -> float | None:
        """From 0 to 1; None if nothing is left to judge."""
        return self.up_ms / self.judged_ms if self.judged_ms else None

    @property
    def worst(self) -> Status | None:
        """The worst status there was, planned work before none; None if nothing is known."""
        known = [span.status for span in self.spans if span.status is not None]
        return max(known, key=_FROM_BEST.index, default=None)

    def spent_ms(self, *statuses: Status | None) -> int:
        """How long it had one of these statuses."""
        return sum(span.lasted_ms for span in self.spans if span.status in statuses)


_FROM_BEST = tuple(Status)


class Outage(NamedTuple):
    """Time during which a component was out, wholly or partly. worst: how much at its worst."""

    start_ms: int
    end_ms: int
    worst: Status

    @property
    def lasted_ms(self) -> int:
        return self.end_ms - self.start_ms


class Day(NamedTuple):
    """A date and the time that it lasts in its zone."""

    date: date
    window: Window


def turns(changes: Iterable[Change], before: Sequence[Turn] = ()) -> list[Turn]:
    """When a component's status became another, in the order of time; at most one at a moment.

    changes: of one component, in the order they were decided. before: what came of earlier ones.
    """
    found = list(before)
    for change in changes:
        _turn_to(found, change)
    return found


def _turn_to(found: list[Turn], change: Change) -> None:
    """From its moment on the change replaces what was thought of that time, but for the gaps in it."""
    first = bisect_left(found, change.since_ms, key=attrgetter("at_ms"))
    replaced = found[first:]
    del found[first:]
    status = None if change.after == Verdict.UNKNOWN else Status(change.after)
    is_within = bool(found) and found[-1].is_gap and replaced and change.since_ms < replaced[0].at_ms
    over = [*found[-1:], *replaced] if is_within else replaced
    if not (over and over[0].is_gap and over[0].at_ms <= change.since_ms):  # else it begins at the gap's end
        is_gap = status is None and change.rule is Rule.NOT_WATCHED
        _add(found, Turn(change.since_ms, status, is_gap))
    for gap, end in pairwise(over):
        if gap.is_gap:
            _add(found, gap)
            _add(found, Turn(end.at_ms, status))


def _add(found: list[Turn], turn: Turn) -> None:
    before = found[-1] if found else Turn(0, None)
    if turn.status is not before.status or turn.is_gap is not before.is_gap:
        found.append(turn)


def spans(turns: Sequence[Turn], window: Window) -> tuple[Span, ...]:
    """The window, cut where the status turned: in order, without gaps; nothing for an empty window."""
    at_ms = attrgetter("at_ms")
    first = bisect_right(turns, window.start_ms, key=at_ms)
    last = bisect_left(turns, window.end_ms, key=at_ms)
    opening = Turn(window.start_ms, turns[first - 1].status if first else None)
    cut = [opening, *turns[first:last]]
    ends_ms = [*(turn.at_ms for turn in cut[1:]), window.end_ms]
    return tuple(
        Span(turn.at_ms, end_ms, turn.status) for turn, end_ms in zip(cut, ends_ms, strict=True) if turn.at_ms < end_ms
    )


def uptime(turns: Sequence[Turn], window: Window, accounting: Accounting = USUAL, hours: Hours | None = None) -> Uptime:
    """How much of the window the component was up. hours: nothing else is looked at; None = all the time is."""
    parts = [window] if hours is None else [Window(*part) for part in within(hours, *window)]
    found = tuple(span for part in parts for span in spans(turns, part))
    weighed = ((span.lasted_ms, accounting.weight(span.status)) for span in found)
    judged = [(ms, weight) for ms, weight in weighed if weight is not None]
    return Uptime(sum(ms * weight for ms, weight in judged), sum(ms for ms, _ in judged), found)


def total(parts: Iterable[Uptime]) -> Uptime:
    """The figure of adjacent windows together, counted the same way, in the order of time."""
    parts = list(parts)
    joined: list[Span] = []
    for span in (span for part in parts for span in part.spans):
        if joined and joined[-1].status is span.status:
            joined[-1] = joined[-1]._replace(end_ms=span.end_ms)
        else:
            joined.append(span)
    return Uptime(sum(part.up_ms for part in parts), sum(part.judged_ms for part in parts), tuple(joined))


def outages(spans: Iterable[Span]) -> list[Outage]:
    """The times of outage, wholly or partly, each as long as it went on without a break; in order.

    spans: in order, without gaps; what reaches beyond them is not counted.
    """
    found = []
    for is_out, run in groupby(spans, key=lambda span: span.status in _OUT):
        if is_out:
            inside = list(run)
            worst = Status.MAJOR if any(span.status is Status.MAJOR for span in inside) else Status.PARTIAL
            found.append(Outage(inside[0].start_ms, inside[-1].end_ms, worst))
    return found


def day_of(at_ms: int, zone: str) -> date:
    """The date at that moment. zone: an IANA name."""
    return (_EPOCH + at_ms * _MS).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=512)
def days(last: date, count: int, zone: str) -> tuple[Day, ...]:
    """So many days up to that one, oldest first. One that the zone skipped is left out: it would be empty."""
    dates = [last - timedelta(days=n) for n in range(count - 1, -2, -1)]
    edges_ms = [_midnight_ms(day, zone) for day in dates]
    found = zip(dates, edges_ms, edges_ms[1:], strict=False)
    return tuple(Day(day, Window(start_ms, end_ms)) for day, start_ms, end_ms in found if start_ms < end_ms)


def _midnight_ms(day: date, zone: str) -> int:
    """Where a day begins: at its first midnight; where the clocks skip that, at the moment when they do."""
    return (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) - _EPOCH) // _MS
