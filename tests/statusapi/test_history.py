"""The last 90 days: what is counted when, in which zone, and that counting bit by bit equals counting at once."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prober.core.events import Change, Rule, Subject
from prober.core.model import Status
from prober.core.uptime import Window, day_of, days, turns, uptime
from statusapi.history import DAYS, STEP_MS, DayBar, History, Past, next_look_ms

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOON = 1_800_014_400_000  # 2027-01-15T12:00:00Z
MIDNIGHT = NOON - 12 * HOUR


def change(at_ms: int, after: str, component: str = "shop", decided_ms: int | None = None) -> Change:
    decided_ms = at_ms if decided_ms is None else decided_ms
    return Change(Subject.COMPONENT, component, "?", after, decided_ms, at_ms, Rule.FROM_CHECKS)


def past(*changes: Change, now_ms: int = NOON, zone: str = "UTC") -> Past:
    return History(changes).of("shop", zone, now_ms)


def test_what_was_never_watched_has_days_all_the_same() -> None:
    found = past()
    assert (found.share, len(found.bars), {bar.worst for bar in found.bars}) == (None, DAYS, {None})
    assert (found.bars[0].date, found.bars[-1].date) == (date(2026, 10, 18), date(2027, 1, 15))
    assert [bar.unknown_s for bar in found.bars] == [86_400] * 89 + [43_200]


def test_a_day_tells_how_long_each_state_lasted() -> None:
    found = past(
        change(MIDNIGHT - DAY + HOUR, "operational"),
        change(MIDNIGHT - DAY + 4 * HOUR, "major"),
        change(MIDNIGHT - DAY + 5 * HOUR, "degraded"),
        change(MIDNIGHT - DAY + 7 * HOUR, "maintenance"),
        change(MIDNIGHT - DAY + 10 * HOUR, "partial"),
        change(MIDNIGHT - DAY + 12 * HOUR, "operational"),
    )
    assert found.bars[-2] == DayBar(date(2027, 1, 14), 17 / 20, Status.MAJOR, 3 * 3600, 2 * 3600, 3 * 3600, 3600, 2)
    assert found.bars[-1] == DayBar(date(2027, 1, 15), 1.0, Status.OPERATIONAL, 0, 0, 0, 0, 0)
    assert found.share == (17 + 12) / (20 + 12)


def test_a_day_tells_how_long_nobody_watched() -> None:
    gap = [change(MIDNIGHT + HOUR, "unknown"), change(MIDNIGHT + 4 * HOUR, "operational")]
    found = past(
        change(MIDNIGHT, "operational"),
        *(one._replace(rule=Rule.NOT_WATCHED) for one in gap),
        change(MIDNIGHT + HOUR // 2, "major", decided_ms=MIDNIGHT + 4 * HOUR),
        change(MIDNIGHT + 6 * HOUR, "operational"),
    )
    assert found.bars[-1] == DayBar(date(2027, 1, 15), 6.5 / 9, Status.MAJOR, 9000, 0, 0, 3 * 3600, 2)


def test_changes_of_checks_and_of_other_components_are_not_counted() -> None:
    up = change(MIDNIGHT, "operational")
    others = [change(NOON - HOUR, "major", "mail"), change(NOON - HOUR, "down")._replace(subject=Subject.CHECK)]
    assert past(up, *others) == past(up)


def test_days_are_those_of_the_zone() -> None:
    down = [change(MIDNIGHT - 30 * MINUTE, "major"), change(MIDNIGHT + 30 * MINUTE, "operational")]
    seconds = {
        zone: [bar.down_s for bar in past(*down, zone=zone).bars[-2:]]
        for zone in ("UTC", "Europe/Berlin", "America/New_York")
    }
    assert seconds == {"UTC": [1800, 1800], "Europe/Berlin": [0, 3600], "America/New_York": [3600, 0]}


def test_the_running_day_is_counted_up_to_the_last_step_or_the_latest_change() -> None:
    history = History([change(MIDNIGHT, "operational")])

    def down_s(now_ms: int) -> int:
        return history.of("shop", "UTC", now_ms).bars[-1].down_s

    history.add([change(NOON + 2 * MINUTE, "major", decided_ms=NOON + 3 * MINUTE)])
    assert [down_s(NOON + minute * MINUTE) for minute in (3, 4, 5, 9, 10)] == [60, 60, 180, 180, 480]


def test_a_change_that_was_set_back_over_midnight_changes_yesterday() -> None:
    history = History([change(MIDNIGHT - DAY, "operational")])
    assert history.of("shop", "UTC", MIDNIGHT + MINUTE).bars[-2].down_s == 0
    history.add([change(MIDNIGHT - MINUTE, "major", decided_ms=MIDNIGHT + 2 * MINUTE)])
    assert [bar.down_s for bar in history.of("shop", "UTC", MIDNIGHT + 2 * MINUTE).bars[-2:]] == [60, 120]


def test_a_day_that_has_just_begun_is_known_by_its_first_moment() -> None:
    bar = past(change(MIDNIGHT - DAY, "operational"), now_ms=MIDNIGHT).bars[-1]
    assert (bar.date, bar.share, bar.worst) == (date(2027, 1, 15), 1.0, Status.OPERATIONAL)


def test_a_status_that_has_just_begun_is_known_by_its_first_moment() -> None:
    now_ms = NOON + MINUTE
    assert past(change(now_ms, "operational"), now_ms=now_ms).share == 1.0
    assert past(change(MIDNIGHT, "operational"), change(now_ms, "major"), now_ms=now_ms).bars[-1].outages == 1


def test_a_clock_that_was_set_back_counts_no_time_to_come() -> None:
    assert past(change(MIDNIGHT + 20 * HOUR, "major"), now_ms=NOON).bars[-1].down_s == 0
    assert past(change(MIDNIGHT, "major", decided_ms=NOON + DAY)).bars[-1].down_s <= 12 * 3600 + STEP_MS // 1000


def test_nothing_is_counted_again_until_it_can_be_another() -> None:
    history = History([change(MIDNIGHT, "operational")])
    first = history.of("shop", "UTC", NOON)
    assert history.of("shop", "UTC", NOON + STEP_MS - 1) is first
    assert history.of("shop", "UTC", NOON + STEP_MS) == first


@pytest.mark.parametrize(
    ("zones", "now_ms", "expected_ms"),
    [
        ([], NOON + 1, NOON + STEP_MS),
        (["UTC"], NOON, NOON + STEP_MS),
        (["UTC", "Asia/Kathmandu"], NOON + 6 * HOUR + 14 * MINUTE, NOON + 6 * HOUR + 15 * MINUTE),
        # Monrovia's midnight was at 00:44:30 UTC, which is on no grid.
        (["UTC", "Africa/Monrovia"], 44 * MINUTE, 44 * MINUTE + 30_000),
    ],
)
def test_figures_are_looked_at_again_at_each_step_and_midnight(zones: list[str], now_ms: int, expected_ms: int) -> None:
    assert next_look_ms(zones, now_ms) == expected_ms


moments = st.integers(-100 * DAY, 2 * DAY)
words = st.sampled_from([*(str(status) for status in Status), "unknown"])
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Asia/Kathmandu"])


@settings(max_examples=40)  # each counts thousands of days
@given(st.lists(st.tuples(moments, words, st.booleans()), max_size=12), zones)
def test_counting_bit_by_bit_equals_counting_at_once(steps: list[tuple[int, str, bool]], zone: str) -> None:
    history, changes = History([]), []
    for offset_ms, word, is_looked_at in sorted(steps):
        changes.append(change(MIDNIGHT + offset_ms, word))
        history.add(changes[-1:])
        if is_looked_at:
            history.of("shop", zone, MIDNIGHT + offset_ms)
    now_ms = MIDNIGHT + 2 * DAY + STEP_MS
    found = history.of("shop", zone, now_ms)
    assert found == History(changes).of("shop", zone, now_ms)
    first, *_ = days(day_of(now_ms, zone), DAYS, zone)
    assert found.share == uptime(turns(changes), Window(first.window.start_ms, now_ms)).share
