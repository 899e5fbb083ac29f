"""What each component has shown in the last 90 days: read once at the start, and from then on extended by decisions.

The rules:

1. A day is one of its site's zone. Those that are over are counted once, the one that runs again and again.
2. The day that runs is counted up to the last full step of a few minutes, or to the moment of the component's latest
   change if that is later. So a figure changes at a change, at midnight, and in between no more often than steps come.
3. Degraded counts as up, out and partly out as down; planned work and time that was not watched are not judged.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from prober.core.events import Change, Subject
from prober.core.model import Status
from prober.core.uptime import Day, Turn, Uptime, Window, day_of, days, outages, total, turns, uptime

DAYS = 90
SHORTER, YEAR = (7, 30), 365  # days of which there is a figure as well
STEP_MS = 5 * 60_000
NEEDED_MS = (YEAR + 2) * 86_400_000  # whatever the zone and its clocks


class DayBar(NamedTuple):
    """One day of a component.

    share: of the judged time, from 0 to 1; None if there is none. worst: status of the day; None = it was not watched.
    down_s, degraded_s, maintenance_s, unknown_s: whole seconds out (partly too), degraded, planned, not watched.
    outages: how often it was out (partly too).
    """

    date: date
    share: float | None
    worst: Status | None
    down_s: int
    degraded_s: int
    maintenance_s: int
    unknown_s: int
    outages: int


class Past(NamedTuple):
    """The last 90 days of a component, oldest first. share: of the judged time, from 0 to 1; None if there is none.

    uptimes: the same of the last so many days, by their number.
    """

    share: float | None
    bars: tuple[DayBar, ...]
    uptimes: Mapping[int, float | None] = {}


class History:
    """The past of every component. It is asked for often and changes seldom: what was counted is kept."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._components: defaultdict[str, _Component] = defaultdict(_Component)
        self.add(changes)

    def add(self, changes: Iterable[Change]) -> None:
        """Take more changes, in the order they were decided; those of checks are none of ours."""
        found: defaultdict[str, list[Change]] = defaultdict(list)
        for change in changes:
            if change.subject is Subject.COMPONENT:
                found[change.id].append(change)
        for id_, mine in found.items():
            self._components[id_].add(mine)

    def of(self, component: str, zone: str, now_ms: int) -> Past:
        """The past of a component in days of that zone."""
        return self._components[component].past(zone, now_ms)


def next_look_ms(zones: Iterable[str], now_ms: int) -> int:
    """When figures may be others though nothing has changed: at the next step, or midnight of one of the zones."""
    midnights = (days(day_of(now_ms, zone), 1, zone)[0].window.end_ms for zone in zones)
    return min((now_ms - now_ms % STEP_MS + STEP_MS, *midnights))


class _Component:
    """The turns of one component, and what was last counted from them."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._changed_ms = 0
        self._over: dict[Day, tuple[Uptime, DayBar]] = {}
        self._closed_for: tuple[date, str] | None = None
        self._closed_of = dict.fromkeys((*SHORTER, DAYS, YEAR), total([]))
        self._bars: tuple[DayBar, ...] = ()
        self._past_for: Window | None = None
        self._past = Past(None, ())

    def add(self, changes: list[Change]) -> None:
        self._turns = turns(changes, self._turns)
        self._changed_ms = changes[-1].at_ms
        since_ms = min(change.since_ms for change in changes)
        self._over = {day: known for day, known in self._over.items() if day.window.end_ms <= since_ms}
        self._closed_for = self._past_for = None

    def past(self, zone: str, now_ms: int) -> Past:
        *over, running = days(day_of(now_ms, zone), DAYS, zone)
        if self._closed_for != (running.date, zone):
            self._close(over, zone)
            self._closed_for, self._past_for = (running.date, zone), None
        window = Window(running.window.start_ms, self._until_ms(running, now_ms))
        if self._past_for != window:
            so_far, bar = self._counted(Day(running.date, window))
            uptimes = {count: total([closed, so_far]).share for count, closed in self._closed_of.items()}
            self._past = Past(uptimes[DAYS], (*self._bars, bar), uptimes)
            self._past_for = window
        return self._past

    def _close(self, over: list[Day], zone: str) -> None:
        """Count the days that are over and were not counted yet, and forget what was before them."""
        bars_ms = over[0].window.start_ms
        year_ms = days(over[-1].date, YEAR - 1, zone)[0].window.start_ms
        first = bisect_right(self._turns, year_ms, key=attrgetter("at_ms"))
        self._turns = self._turns[max(first - 1, 0) :]
        self._over = {day: self._over.get(day) or self._counted(day) for day in over}
        known = [counted for counted, _ in self._over.values()]
        self._closed_of = {count: total(known[1 - count :]) for count in (*SHORTER, DAYS)}  # and the day that runs
        self._closed_of[YEAR] = total([uptime(self._turns, Window(year_ms, bars_ms)), *known])
        self._bars = tuple(bar for _, bar in self._over.values())

    def _counted(self, day: Day) -> tuple[Uptime, DayBar]:
        counted = uptime(self._turns, day.window)
        return counted, _bar(day.date, counted)

    def _until_ms(self, running: Day, now_ms: int) -> int:
        """Rule 2. What has just begun, a status or a day, is known by its first moment."""
        step_ms = now_ms - now_ms % STEP_MS
        until_ms = min(max(step_ms, self._changed_ms + 1), step_ms + STEP_MS, running.window.end_ms)
        return max(until_ms, running.window.start_ms + 1)


def _bar(day: date, counted: Uptime) -> DayBar:
    return DayBar(
        date=day,
        share=counted.share,
        worst=counted.worst,
        down_s=counted.spent_ms(Status.PARTIAL, Status.MAJOR) // 1000,
        degraded_s=counted.spent_ms(Status.DEGRADED) // 1000,
        maintenance_s=counted.spent_ms(Status.MAINTENANCE) // 1000,
        unknown_s=counted.spent_ms(None) // 1000,
        outages=len(outages(counted.spans)),
    )
