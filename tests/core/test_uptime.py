"""Shares of time from transitions: by a table, by days of any length, and against counting every second."""

from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.events import Change, Rule, Subject
from prober.core.hours import parsed
from prober.core.model import Status
from prober.core.uptime import (
    Accounting,
    Outage,
    Span,
    Turn,
    Uptime,
    Window,
    day_of,
    days,
    outages,
    spans,
    total,
    turns,
    uptime,
)

WORDS = [*(str(status) for status in Status), "unknown"]
S = 1000
UP, MAJOR, PARTIAL, PLANNED = Status.OPERATIONAL, Status.MAJOR, Status.PARTIAL, Status.MAINTENANCE


def change(since_s: int, after: str) -> Change:
    return Change(Subject.COMPONENT, "shop", "?", after, since_s * S, since_s * S, Rule.FROM_CHECKS)


def history(text: str) -> list[Turn]:
    """The turns of changes such as "10 operational, 20 major"; seconds."""
    pairs = (part.split() for part in text.split(",") if part.strip())
    return turns(change(int(second), word) for second, word in pairs)


# changes; the window in seconds; accounting; seconds up, seconds judged
SHARES = [
    ("", (0, 10), Accounting(), (0, 0)),
    ("0 operational", (0, 10), Accounting(), (10, 10)),
    ("4 operational", (0, 10), Accounting(), (6, 6)),
    ("4 operational", (0, 10), Accounting(unknown=0), (6, 10)),
    ("4 operational", (0, 10), Accounting(unknown=1), (10, 10)),
    ("0 operational, 5 major", (0, 10), Accounting(), (5, 10)),
    ("0 operational, 5 major, 8 operational", (0, 10), Accounting(), (7, 10)),
    ("0 operational, 5 degraded", (0, 10), Accounting(), (10, 10)),
    ("0 operational, 5 degraded", (0, 10), Accounting(degraded=0.5), (7.5, 10)),
    ("0 operational, 5 degraded", (0, 10), Accounting(degraded=None), (5, 5)),
    ("0 operational, 5 partial", (0, 10), Accounting(), (5, 10)),
    ("0 operational, 5 partial", (0, 10), Accounting(partial=0.75), (8.75, 10)),
    ("0 operational, 5 maintenance", (0, 10), Accounting(), (5, 5)),
    ("0 operational, 5 maintenance", (0, 10), Accounting(maintenance=0), (5, 10)),
    ("0 operational, 5 maintenance", (0, 10), Accounting(maintenance=1), (10, 10)),
    ("0 operational, 5 unknown, 7 operational", (0, 10), Accounting(), (8, 8)),
    ("0 operational", (10, 10), Accounting(), (0, 0)),
    ("0 operational", (10, 5), Accounting(), (0, 0)),
    ("0 operational, 20 major", (0, 10), Accounting(), (10, 10)),
    ("0 operational, 10 major", (0, 10), Accounting(), (10, 10)),
]


@pytest.mark.parametrize(("text", "window", "accounting", "expected"), SHARES)
def test_time_counts_as_its_status_weighs(
    text: str, window: tuple[int, int], accounting: Accounting, expected: tuple[float, float]
) -> None:
    found = uptime(history(text), Window(window[0] * S, window[1] * S), accounting)
    assert (found.up_ms / S, found.judged_ms / S) == expected
    assert found.share == (expected[0] / expected[1] if expected[1] else None)


def test_a_figure_carries_the_intervals_behind_it() -> None:
    found = uptime(history("2 operational, 5 major, 8 maintenance"), Window(0, 10 * S))
    assert found.spans == (
        Span(0, 2000, None),
        Span(2000, 5000, UP),
        Span(5000, 8000, MAJOR),
        Span(8000, 10000, PLANNED),
    )
    assert (found.worst, found.spent_ms(MAJOR), found.spent_ms(PLANNED, None)) == (MAJOR, 3000, 4000)
    assert Uptime(0, 0, (Span(0, 1, None),)).worst is None


def test_a_change_that_was_set_back_replaces_what_was_thought_of_that_time() -> None:
    assert history("0 operational, 5 degraded, 3 major") == [Turn(0, UP), Turn(3000, MAJOR)]
    assert history("5 operational, 5 major") == [Turn(5000, MAJOR)]
    assert history("0 operational, 5 major, 5 operational") == [Turn(0, UP)]
    assert history("0 unknown") == []


def test_turns_go_on_from_earlier_ones() -> None:
    before = history("0 operational, 5 major")
    assert turns([change(9, "operational")], before) == [*before, Turn(9000, UP)]
    assert before == history("0 operational, 5 major")


def test_an_outage_lasts_until_it_breaks_off_and_is_as_bad_as_it_was_at_its_worst() -> None:
    found = spans(
        history("0 operational, 2 partial, 3 major, 5 operational, 7 partial, 8 maintenance"), Window(0, 10 * S)
    )
    assert outages(found) == [Outage(2000, 5000, MAJOR), Outage(7000, 8000, PARTIAL)]
    assert [outage.lasted_ms for outage in outages(found)] == [3000, 1000]
    assert outages([]) == []


# ---------------------------------------------------------------- days

HOUR = 3_600_000
# zone, date, hours: the clocks go forward and back, at midnight too, and one zone skips a day.
LENGTHS = [
    ("UTC", "2026-03-29", 24),
    ("Europe/Berlin", "2026-03-28", 24),
    ("Europe/Berlin", "2026-03-29", 23),
    ("Europe/Berlin", "2026-10-25", 25),
    ("America/New_York", "2026-03-08", 23),
    ("America/New_York", "2026-11-01", 25),
    ("America/Havana", "2026-03-08", 23),
    ("America/Havana", "2026-11-01", 25),
    ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ("Asia/Beirut", "2026-03-29", 23),
    ("Asia/Kathmandu", "2026-03-29", 24),
]


@pytest.mark.parametrize(("zone", "day", "hours"), LENGTHS)
def test_a_day_lasts_from_midnight_to_midnight_of_its_zone(zone: str, day: str, hours: float) -> None:
    (found,) = days(date.fromisoformat(day), 1, zone)
    assert found.date == date.fromisoformat(day)
    assert (found.window.end_ms - found.window.start_ms) / HOUR == hours
    assert day_of(found.window.start_ms, zone) == day_of(found.window.end_ms - 1, zone) == found.date
    assert day_of(found.window.start_ms - 1, zone) < found.date < day_of(found.window.end_ms, zone)


def test_a_day_that_a_zone_skipped_is_left_out() -> None:
    found = days(date(2011, 12, 31), 3, "Pacific/Apia")
    assert [day.date.day for day in found] == [29, 31]


def test_midnight_is_local() -> None:
    (day,) = days(date(2026, 7, 1), 1, "Europe/Berlin")
    assert day.window.start_ms == datetime.fromisoformat("2026-07-01T00:00:00+02:00").timestamp() * 1000


@given(
    st.dates(date(1971, 1, 1), date(2037, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Gaza"]),
)
def test_days_follow_each_other_without_gaps(last: date, zone: str) -> None:
    found = days(last, 90, zone)
    assert all(one.window.end_ms == other.window.start_ms for one, other in pairwise(found))
    assert found[-1].date == last
    assert len(found) in (89, 90)


# ---------------------------------------------------------------- against counting every second

seconds = st.integers(0, 60)
histories = st.lists(st.tuples(seconds, st.sampled_from(WORDS)), max_size=12)
weights = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0])
accountings = st.builds(Accounting, weights, weights, weights, weights)


def word_at(changes: list[tuple[int, str]], second: int) -> str:
    """Rule 1, taken by its word: the latest decision that holds from then or earlier."""
    return next((word for since, word in reversed(changes) if since <= second), "unknown")


@given(histories, seconds, seconds, accountings)
def test_it_equals_counting_every_second(
    changes: list[tuple[int, str]], start: int, end: int, accounting: Accounting
) -> None:
    worth = {"operational": 1.0, "major": 0.0} | accounting._asdict()
    shown = [word_at(changes, second) for second in range(start, end)]
    counted = [worth[word] for word in shown if worth[word] is not None]
    found = uptime(turns(change(*one) for one in changes), Window(start * S, end * S), accounting)
    assert (found.up_ms, found.judged_ms) == (sum(counted) * S, len(counted) * S)
    for status in Status:
        assert found.spent_ms(status) == shown.count(status) * S
    assert found.spent_ms(None) == shown.count("unknown") * S
    lengths = [outage.lasted_ms for outage in outages(found.spans)]
    assert sum(lengths) == (shown.count("major") + shown.count("partial")) * S


@given(histories, st.lists(seconds, min_size=1, max_size=6).map(sorted), accountings)
def test_adjacent_windows_add_up(changes: list[tuple[int, str]], edges: list[int], accounting: Accounting) -> None:
    found = turns(change(*one) for one in changes)
    parts = [uptime(found, Window(a * S, b * S), accounting) for a, b in pairwise(edges)]
    assert total(parts) == uptime(found, Window(edges[0] * S, edges[-1] * S), accounting)


@given(histories, histories)
def test_it_does_not_matter_how_changes_come_in(first: list[tuple[int, str]], later: list[tuple[int, str]]) -> None:
    at_once = turns(change(*one) for one in [*first, *later])
    assert turns((change(*one) for one in later), turns(change(*one) for one in first)) == at_once
    assert all(one.at_ms < other.at_ms and one.status is not other.status for one, other in pairwise(at_once))


# ---------------------------------------------------------------- what nobody watched


def gap(start_s: int, end_s: int, word: str) -> list[Change]:
    """What is noted at a start after a while in which nobody watched a component that shows that."""
    opening, closing = change(start_s, "unknown"), change(end_s, word)
    return [opening._replace(rule=Rule.NOT_WATCHED), closing._replace(rule=Rule.NOT_WATCHED)]


# when it is decided (seconds after the last), how far it is set back, and to what; None = nobody watched for so long
decided = st.tuples(st.integers(1, 9), st.integers(0, 20), st.sampled_from(WORDS[:-1]) | st.none())


@given(st.lists(decided, max_size=12))
def test_what_nobody_watched_stays_unknown_whatever_is_decided_later(steps: list[tuple[int, int, str | None]]) -> None:
    now, changes, plain, unwatched = 0, list[Change](), list[tuple[int, str]](), set[int]()
    for after, back, word in steps:
        now += after
        since = max(0, now - back)
        if word is not None:
            changes.append(change(since, word))
            plain.append((since, word))
        elif plain:
            since = max([since, *(second + 1 for second in unwatched)])
            unwatched.update(range(since, now))
            changes += gap(since, now, plain[-1][1]) if since < now else []
            plain.append((now, plain[-1][1]))
    found = turns(changes)
    shown = [
        (span.status or "unknown") for span in spans(found, Window(0, now * S)) for _ in range(span.lasted_ms // S)
    ]
    assert shown == ["unknown" if second in unwatched else word_at(plain, second) for second in range(now)]
    assert all(one.at_ms < other.at_ms and one.status is not other.status for one, other in pairwise(found))


def test_an_outage_from_before_a_gap_leaves_it_out() -> None:
    found = uptime(
        turns([change(0, "operational"), *gap(20, 50, "operational"), change(10, "major")]), Window(0, 60 * S)
    )
    assert [(span.start_ms // S, span.status) for span in found.spans] == [
        (0, UP),
        (10, MAJOR),
        (20, None),
        (50, MAJOR),
    ]
    assert (found.up_ms, found.judged_ms) == (10 * S, 30 * S)


# ---------------------------------------------------------------- hours of service


def test_outside_the_hours_of_service_nothing_is_counted() -> None:
    monday = int(datetime.fromisoformat("2026-03-02T00:00Z").timestamp())
    history = turns(change(monday + 3600 * hour, word) for hour, word in [(0, "operational"), (17, "major")])
    found = uptime(history, Window(monday * S, (monday + 7 * 86_400) * S), hours=parsed("Mo-Tu 08:00-18:00", "UTC"))
    assert (found.up_ms, found.judged_ms) == (9 * 3600 * S, 20 * 3600 * S)
    assert [(span.lasted_ms // 3600 // S, span.status) for span in found.spans] == [(9, UP), (1, MAJOR), (10, MAJOR)]


@pytest.mark.parametrize(("day", "share"), [("2026-03-29", 22 / 23), ("2026-10-25", 24 / 25)])
def test_an_hour_is_more_of_a_short_day_than_of_a_long_one(day: str, share: float) -> None:
    (whole,) = days(date.fromisoformat(day), 1, "Europe/Berlin")
    start_s = whole.window.start_ms // S
    history = turns(
        change(start_s + 3600 * hour, w) for hour, w in [(0, "operational"), (5, "major"), (6, "operational")]
    )
    around = Window(whole.window.start_ms - 86_400 * S, whole.window.end_ms + 86_400 * S)
    assert uptime(history, whole.window).share == share
    assert uptime(history, around, hours=parsed("Su 00:00-24:00", "Europe/Berlin")).share == share
