"""The life of a maintenance: a table of allowed steps, and the deeds of the automation and of people.

It starts and ends at its time, unless it is declared otherwise or a person says so. What passed while nobody looked is
told with the time it was due. One whose end waits until nothing fails goes on for as long as it may, and is
*verifying* meanwhile. At its end it says what it has hidden. What is written here is public: names, kinds of trouble
and times.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from prober.core.incident import duration_words
from prober.core.model import Ending, Hidden, MaintenanceState, MaintenanceStatus, MaintenanceUpdate, Status
from prober.core.orders import MoveMaintenance
from prober.core.policy import Maintenance

PLANNING, INPROGRESS = MaintenanceStatus.PLANNING, MaintenanceStatus.INPROGRESS
VERIFYING, COMPLETED = MaintenanceStatus.VERIFYING, MaintenanceStatus.COMPLETED
CANCELLED = MaintenanceStatus.CANCELLED

MAY_FOLLOW: Mapping[MaintenanceStatus, frozenset[MaintenanceStatus]] = {
    PLANNING: frozenset({INPROGRESS, CANCELLED}),
    INPROGRESS: frozenset({VERIFYING, COMPLETED}),
    VERIFYING: frozenset({INPROGRESS, COMPLETED}),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
}

STARTED_WORDS = "The maintenance has started."
COMPLETED_WORDS = "The maintenance is completed."
RESCHEDULED_WORDS = "The maintenance has been rescheduled."
NEVER_STARTED_WORDS = "The maintenance is cancelled: it has not been started in its time."
WITHDRAWN_WORDS = "The maintenance is cancelled: it is no longer planned."
CUT_SHORT_WORDS = "The maintenance is completed: it is no longer planned."
_WAS = {Status.MAJOR: "was down", Status.PARTIAL: "was partially down", Status.DEGRADED: "was degraded"}


def is_planned(works: Iterable[MaintenanceState], component: str, at_ms: int) -> bool:
    """Whether the component is in a maintenance at that moment, be its boundary acted on already or not."""
    return any(component in work.components and _holds(work, at_ms) for work in works)


def _holds(work: MaintenanceState, at_ms: int) -> bool:
    if work.status is PLANNING:
        return work.auto_start and work.start_ms <= at_ms < work.end_ms
    is_over = work.end_ms <= at_ms and (work.status is VERIFYING or work.auto_end is Ending.ON_TIME)
    return work.is_under_way and not is_over


def is_withdrawn(work: MaintenanceState) -> bool:
    """Whether it is over because it was not declared any more: declared again, it is planned anew."""
    last = work.updates[-1]
    return last.author == "prober" and last.body.startswith((WITHDRAWN_WORDS, CUT_SHORT_WORDS))


def seen(window: Maintenance, declared_as: str, at_ms: int) -> MaintenanceState:
    """The maintenance that a window is to become, first seen at that moment."""
    reminds_ms = None if window.remind_before_ms is None else window.start_ms - window.remind_before_ms
    return MaintenanceState(
        id=window.id,
        window=declared_as,
        site=window.site,
        name=window.name,
        start_ms=window.start_ms,
        end_ms=window.end_ms,
        planned_end_ms=window.end_ms,
        components=window.components,
        first_seen_ms=at_ms,
        updated_ms=at_ms,
        description=window.description,
        auto_start=window.auto_start,
        auto_end=window.auto_end,
        extend_up_to_ms=window.extend_up_to_ms,
        remind_before_ms=window.remind_before_ms,
        is_reminded=reminds_ms is None or reminds_ms <= at_ms,
        updates=(MaintenanceUpdate(at_ms, PLANNING, window.description or window.name),),
    )


def redeclared(work: MaintenanceState, window: Maintenance, at_ms: int) -> MaintenanceState:
    """The maintenance as its window is declared now; the same if nothing of it has changed.

    An extension is kept unless the end is declared anew.
    """
    again = seen(window, work.window, at_ms)
    is_moved = (window.start_ms, window.end_ms) != (work.start_ms, work.planned_end_ms)
    same = work._replace(
        site=window.site,
        name=window.name,
        components=window.components,
        description=window.description,
        auto_start=window.auto_start,
        auto_end=window.auto_end,
        extend_up_to_ms=window.extend_up_to_ms,
        remind_before_ms=window.remind_before_ms,
    )
    if not is_moved:
        return same
    moved = same._replace(start_ms=window.start_ms, end_ms=window.end_ms, planned_end_ms=window.end_ms)
    return _entered(moved._replace(is_reminded=again.is_reminded), at_ms, work.status, RESCHEDULED_WORDS)


def started(work: MaintenanceState, at_ms: int, body: str = "", author: str = "prober") -> MaintenanceState:
    """The maintenance under way since that moment."""
    begun = work._replace(started_ms=at_ms, is_reminded=True)
    return _entered(begun, at_ms, INPROGRESS, body or STARTED_WORDS, author)


def reminded(work: MaintenanceState) -> MaintenanceState:
    """The maintenance that has been told of once more before its start."""
    return work._replace(is_reminded=True)


def extended(
    work: MaintenanceState, until_ms: int, at_ms: int, body: str = "", author: str = "prober"
) -> MaintenanceState:
    """The maintenance with a later end that a person has given it."""
    status = INPROGRESS if work.is_under_way else work.status
    words = body or f"The maintenance is extended until {_moment(until_ms)}."
    return _entered(work._replace(end_ms=until_ms), at_ms, status, words, author)


def moved(work: MaintenanceState, order: MoveMaintenance, at_ms: int) -> MaintenanceState:
    """The maintenance as a person wants it to be; only times and components are news."""
    after = work._replace(
        start_ms=order.start_ms,
        end_ms=order.end_ms,
        planned_end_ms=order.end_ms,
        components=order.components,
        auto_start=work.auto_start if order.auto_start is None else order.auto_start,
        auto_end=order.auto_end or work.auto_end,
    )
    if is_same_time(work, after):
        return after
    if order.start_ms != work.start_ms and work.remind_before_ms is not None:
        after = after._replace(is_reminded=order.start_ms - work.remind_before_ms <= at_ms)
    status = INPROGRESS if work.is_under_way else work.status
    return _entered(after, at_ms, status, order.body or RESCHEDULED_WORDS, order.author)


def is_same_time(work: MaintenanceState, other: MaintenanceState) -> bool:
    """Whether both have the same times and components."""
    return (work.start_ms, work.end_ms, work.components) == (other.start_ms, other.end_ms, other.components)


def verified(work: MaintenanceState, at_ms: int, names: Callable[[str], str]) -> MaintenanceState:
    """The maintenance that goes on after its time, because something of it still fails."""
    until_ms = work.end_ms + work.extend_up_to_ms
    failing = ", ".join(dict.fromkeys(names(one.component) for one in work.hidden if one.until_ms is None))
    words = f"Not everything works yet{f' ({failing})' if failing else ''}: the maintenance is extended"
    return _entered(work._replace(end_ms=until_ms), at_ms, VERIFYING, f"{words} until {_moment(until_ms)} at most.")


def completed(
    work: MaintenanceState, at_ms: int, names: Callable[[str], str], body: str = "", author: str = "prober"
) -> MaintenanceState:
    """The end of a maintenance, with the receipt of what it has hidden."""
    words = " ".join([body or COMPLETED_WORDS, *receipt(work, names)])
    return _entered(work._replace(ended_ms=at_ms), at_ms, COMPLETED, words, author)


def cancelled(work: MaintenanceState, at_ms: int, body: str = "", author: str = "prober") -> MaintenanceState:
    """The end of a maintenance that has never begun."""
    words = body or "The maintenance is cancelled."
    return _entered(work._replace(ended_ms=at_ms), at_ms, CANCELLED, words, author)


def _entered(
    work: MaintenanceState, at_ms: int, status: MaintenanceStatus, body: str, author: str = "prober"
) -> MaintenanceState:
    entry = MaintenanceUpdate(at_ms, status, body, author)
    return work._replace(status=status, updated_ms=at_ms, updates=(*work.updates, entry))


def noted(work: MaintenanceState, component: str, trouble: Status, since_ms: int) -> MaintenanceState:
    """The maintenance with what it hides of that component by now; the same if that is nothing new.

    since_ms: of the trouble, or of its end.
    """
    is_open = [one.component == component and one.until_ms is None for one in work.hidden]
    since_ms = max(since_ms, work.started_ms or 0)
    if not trouble.depth:
        ended = (one._replace(until_ms=max(since_ms, one.from_ms)) for one in work.hidden)
    elif any(is_open):
        ended = (one._replace(status=max(one.status, trouble, key=lambda s: s.depth)) for one in work.hidden)
    else:
        return work._replace(hidden=(*work.hidden, Hidden(component, trouble, since_ms)))
    pairs = zip(work.hidden, ended, is_open, strict=True)
    return work._replace(hidden=tuple(new if is_this else old for old, new, is_this in pairs))


def receipt(work: MaintenanceState, names: Callable[[str], str]) -> list[str]:
    """What it has hidden, a sentence for each trouble."""
    return [
        f"{names(one.component)} {_WAS[one.status]} from {_moment(one.from_ms)} to {_moment(one.until_ms)}"
        f" ({duration_words(one.until_ms - one.from_ms)})."
        if one.until_ms is not None
        else f"{names(one.component)} {_WAS[one.status]} from {_moment(one.from_ms)} on, and still fails."
        for one in work.hidden
    ]


def next_ms(work: MaintenanceState) -> int | None:
    """When it next needs a look; None = not by the clock."""
    if work.status is PLANNING:
        start_ms = work.start_ms if work.auto_start else work.end_ms
        reminds_ms = start_ms if work.is_reminded else work.start_ms - (work.remind_before_ms or 0)
        return min(start_ms, reminds_ms)
    is_timed = work.status is VERIFYING or (work.is_under_way and work.auto_end is not Ending.BY_HAND)
    return work.end_ms if is_timed else None


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def as_of(work: MaintenanceState, at_ms: int) -> MaintenanceState | None:
    """What people were told of it by a moment, while it was to come or under way; None otherwise.

    Its name, what it works on and its times to come are as they are known now.
    """
    ended_ms, started_ms = work.ended_ms, work.started_ms
    if work.first_seen_ms > at_ms or (ended_ms is not None and ended_ms <= at_ms):
        return None
    has_started = started_ms is not None and started_ms <= at_ms
    return work._replace(
        status=INPROGRESS if has_started else PLANNING,
        started_ms=started_ms if has_started else None,
        ended_ms=None,
        updates=tuple(update for update in work.updates if update.at_ms <= at_ms),
    )
