"""The life of a maintenance, step by step."""

import pytest

from prober.core import work as life
from prober.core.model import Ending, MaintenanceStatus, Status
from prober.core.orders import MoveMaintenance
from tests.builders import T0, window

PLANNED = life.seen(window(T0 + 100, T0 + 200)._replace(remind_before_ms=50), "upgrade", T0)
UNDER_WAY = life.started(PLANNED, T0 + 100)


@pytest.mark.parametrize(("at_ms", "is_planned"), [(99, False), (100, True), (199, True), (200, False)])
def test_it_holds_from_its_start_to_before_its_end_whether_that_is_acted_on_or_not(
    at_ms: int, is_planned: bool
) -> None:
    for work in (PLANNED, UNDER_WAY) if at_ms >= 100 else (PLANNED,):
        assert life.is_planned([work], "shop", T0 + at_ms) is is_planned
        assert not life.is_planned([work], "blog", T0 + at_ms)


def test_every_step_it_takes_is_one_of_the_table() -> None:
    verifying = life.verified(UNDER_WAY, T0 + 200, str)
    for before, after in (
        (PLANNED, UNDER_WAY),
        (PLANNED, life.cancelled(PLANNED, T0)),
        (UNDER_WAY, verifying),
        (UNDER_WAY, life.completed(UNDER_WAY, T0 + 200, str)),
        (verifying, life.extended(verifying, T0 + 300, T0 + 210)),
        (verifying, life.completed(verifying, T0 + 210, str)),
    ):
        assert after.status in life.MAY_FOLLOW[before.status]


def test_the_receipt_names_what_was_hidden_and_what_still_fails() -> None:
    work = life.noted(UNDER_WAY, "shop", Status.DEGRADED, T0)
    work = life.noted(work, "shop", Status.MAJOR, T0 + 110)
    work = life.noted(work, "shop", Status.OPERATIONAL, T0 + 60_000)
    work = life.noted(work, "shop", Status.PARTIAL, T0 + 120_000)
    assert life.receipt(work, str.title) == [
        "Shop was down from 2023-11-14 22:13 UTC to 2023-11-14 22:14 UTC (59 s).",
        "Shop was partially down from 2023-11-14 22:15 UTC on, and still fails.",
    ]
    assert life.noted(PLANNED, "shop", Status.OPERATIONAL, T0) == PLANNED
    assert "(Shop)" in life.verified(work, T0 + 200, str.title).updates[-1].body


def test_it_is_looked_at_when_something_of_it_is_due() -> None:
    assert life.next_ms(PLANNED) == T0 + 50
    assert life.next_ms(life.reminded(PLANNED)) == T0 + 100
    assert life.next_ms(life.reminded(PLANNED)._replace(auto_start=False)) == T0 + 200
    assert life.next_ms(UNDER_WAY) == T0 + 200
    assert life.next_ms(UNDER_WAY._replace(auto_end=Ending.BY_HAND)) is None
    assert life.next_ms(life.completed(UNDER_WAY, T0 + 150, str)) is None


def test_what_is_declared_anew_is_followed_and_an_extension_kept() -> None:
    longer = life.extended(UNDER_WAY, T0 + 300, T0 + 150)
    declared = window(T0 + 100, T0 + 200)._replace(name="Other")
    again = life.redeclared(longer, declared, T0 + 160)
    assert (again.name, again.end_ms, again.status) == ("Other", T0 + 300, MaintenanceStatus.INPROGRESS)
    moved = life.redeclared(PLANNED, window(T0 + 500, T0 + 600), T0)
    assert (moved.start_ms, moved.planned_end_ms, moved.updates[-1].body) == (
        T0 + 500,
        T0 + 600,
        life.RESCHEDULED_WORDS,
    )


def test_one_that_is_moved_is_reminded_of_anew_if_that_is_still_to_come() -> None:
    def moved(start_ms: int) -> bool:
        order = MoveMaintenance("upgrade", "ann", T0 + start_ms, T0 + 900, ("shop",))
        return life.moved(life.reminded(PLANNED), order, T0 + 60).is_reminded

    assert [moved(start_ms) for start_ms in (100, 105, 120)] == [True, True, False]


def test_of_a_moment_is_told_what_was_told_by_then() -> None:
    over = life.completed(life.started(PLANNED, T0 + 100), T0 + 200, str)
    assert life.as_of(over, PLANNED.first_seen_ms - 1) is None
    planned, running = life.as_of(over, T0 + 99), life.as_of(over, T0 + 199)
    assert planned is not None
    assert running is not None
    assert (planned.status, planned.started_ms, planned.ended_ms) == (MaintenanceStatus.PLANNING, None, None)
    assert (running.status, running.started_ms, running.ended_ms) == (MaintenanceStatus.INPROGRESS, T0 + 100, None)
    assert len(running.updates) < len(over.updates)
    assert life.as_of(over, T0 + 200) is None
