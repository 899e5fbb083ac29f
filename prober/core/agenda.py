"""All planned work in one decision: what is declared becomes maintenances; time, or people, start and end them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from prober.core import work as life
from prober.core.maintenance import find, near
from prober.core.model import Ending, MaintenanceState, MaintenanceStatus, NoticeReason, Status
from prober.core.orders import (
    CancelMaintenance,
    EndMaintenance,
    ExtendMaintenance,
    MoveMaintenance,
    OfMaintenance,
    ScheduleMaintenance,
    StartMaintenance,
)
from prober.core.policy import Maintenance, Policy


class Told(NamedTuple):
    """Something to tell of a maintenance, with its own moment."""

    reason: NoticeReason
    work: MaintenanceState
    at_ms: int


class Agenda:
    """Collects new rows of maintenances beside the old ones.

    trouble: of a component, by its id, whether it is shown or not. touched: components whose planned time has begun or
    ended.
    """

    def __init__(
        self, rows: Mapping[str, MaintenanceState], policy: Policy, at_ms: int, trouble: Callable[[str], Status]
    ) -> None:
        self.changed: dict[str, MaintenanceState] = {}
        self.touched: dict[str, None] = {}
        self.told: list[Told] = []
        self._rows = rows
        self._policy = policy
        self._at_ms = at_ms
        self._trouble = trouble

    def all(self) -> list[MaintenanceState]:
        """Every maintenance, as it is by now."""
        return list({**self._rows, **self.changed}.values())

    def _put(self, work: MaintenanceState) -> None:
        if work != self._get(work.id):
            self.changed[work.id] = work

    def _get(self, id_: str) -> MaintenanceState | None:
        return self.changed.get(id_) or self._rows.get(id_)

    def _tell(self, reason: NoticeReason, work: MaintenanceState, at_ms: int) -> None:
        self._put(work)
        self.told.append(Told(reason, work, at_ms))

    def _name(self, component: str) -> str:
        known = self._policy.components.get(component)
        return component if known is None else known.name

    # ------------------------------------------------------------ by the clock

    def look(self, from_ms: int) -> None:
        """Follow what is declared, and act on all that is due. from_ms: windows that ended until then are no news."""
        for work in self.all():
            if work.is_live and work.window:
                self._follow(work)
        for id_, window in self._policy.maintenances.items():
            for one in near(window, from_ms):
                known = self._get(one.id)
                if known is None or life.is_withdrawn(known) or (not known.is_live and self._is_later(known, one)):
                    self._see(one, id_)
        for work in self.all():
            self._act(work)
        self.told.sort(key=lambda told: (told.at_ms, told.work.is_live, told.work.id))

    def _follow(self, work: MaintenanceState) -> None:
        """What is declared of it now, which may be nothing any more."""
        window = find(self._policy, work.id)
        if window is None or (work.is_under_way and self._is_other(work, window)):
            self._withdraw(work)
            return
        after = life.redeclared(work, window, self._at_ms)
        if len(after.updates) == len(work.updates):
            self._put(after)
        elif work.is_under_way:
            self._tell(NoticeReason.MAINTENANCE_EXTENDED, after, self._at_ms)
        else:
            self._tell(NoticeReason.MAINTENANCE_SCHEDULED, after, self._at_ms)

    def _is_other(self, work: MaintenanceState, window: Maintenance) -> bool:
        """Whether what is under way is declared as other work now: who was told of its start is told of its end."""
        return self._is_later(work, window) or window.components != work.components

    def _is_later(self, work: MaintenanceState, window: Maintenance) -> bool:
        """Whether it is declared for another time by now, which is to come."""
        return window.start_ms != work.start_ms and window.start_ms > self._at_ms

    def _withdraw(self, work: MaintenanceState) -> None:
        if work.is_under_way:
            self._complete(work, self._at_ms, life.CUT_SHORT_WORDS)
        else:
            self._cancel(work, self._at_ms, life.WITHDRAWN_WORDS)

    def _see(self, window: Maintenance, declared_as: str) -> None:
        """A time of planned work that is new here; of what recurs, only the first is news."""
        work = life.seen(window, declared_as, self._at_ms)
        known = [w for w in self.all() if w.window == declared_as and w.is_live]
        is_due = work.auto_start and work.start_ms <= self._at_ms
        if known or is_due:
            self._put(work)
        else:
            self._tell(NoticeReason.MAINTENANCE_SCHEDULED, work, self._at_ms)

    def _act(self, work: MaintenanceState) -> None:
        if work.status is MaintenanceStatus.PLANNING:
            work = self._begun(work)
        if work.is_under_way:
            self._end_if_due(work)

    def _begun(self, work: MaintenanceState) -> MaintenanceState:
        """Start what is due, remind of what is near, and give up what nobody has started."""
        if work.auto_start and work.start_ms <= self._at_ms:
            # What was announced later than it was to start began only then.
            begun_ms = max(work.start_ms, work.updated_ms)
            after = life.started(work, begun_ms)
            if after.auto_end is Ending.ON_TIME and after.end_ms <= self._at_ms:
                self._put(after)  # its end is all that is news by now
            else:
                self._tell(NoticeReason.MAINTENANCE_STARTED, after, begun_ms)
            self._touch(after)
            return after
        if work.end_ms <= self._at_ms:
            self._cancel(work, work.end_ms, life.NEVER_STARTED_WORDS)
        elif not work.is_reminded and work.start_ms - (work.remind_before_ms or 0) <= self._at_ms:
            self._tell(NoticeReason.MAINTENANCE_REMINDER, life.reminded(work), self._at_ms)
        return work

    def _end_if_due(self, work: MaintenanceState) -> None:
        if work.status is MaintenanceStatus.VERIFYING and self._is_green(work):
            self._complete(work, min(self._at_ms, work.end_ms))
        elif work.end_ms <= self._at_ms and work.auto_end is not Ending.BY_HAND:
            if not self._extends_itself(work):
                self._complete(work, work.end_ms)
                return
            after = life.verified(work, work.end_ms, self._name)
            self._tell(NoticeReason.MAINTENANCE_EXTENDED, after, work.end_ms)
            if after.end_ms <= self._at_ms:
                self._complete(after, after.end_ms)

    def _extends_itself(self, work: MaintenanceState) -> bool:
        may = work.auto_end is Ending.WHEN_GREEN and work.extend_up_to_ms > 0
        return may and work.status is MaintenanceStatus.INPROGRESS and not self._is_green(work)

    def end_what_is_green(self, component: str, since_ms: int) -> None:
        """End what only waits until nothing of it fails, if that is so now; since_ms: for the component."""
        for work in self.all():
            if work.status is MaintenanceStatus.VERIFYING and component in work.components and self._is_green(work):
                self._note(work, component, Status.OPERATIONAL, since_ms)
                self._complete(self.changed.get(work.id, work), self._at_ms)

    def _is_green(self, work: MaintenanceState) -> bool:
        return not any(self._trouble(c).depth for c in work.components if c in self._policy.components)

    def _touch(self, work: MaintenanceState) -> None:
        self.touched.update(dict.fromkeys(work.components))

    def _complete(self, work: MaintenanceState, at_ms: int, body: str = "", author: str = "prober") -> None:
        self._tell(NoticeReason.MAINTENANCE_COMPLETED, life.completed(work, at_ms, self._name, body, author), at_ms)
        self._touch(work)

    def _cancel(self, work: MaintenanceState, at_ms: int, body: str, author: str = "prober") -> None:
        self._tell(NoticeReason.MAINTENANCE_CANCELLED, life.cancelled(work, at_ms, body, author), at_ms)

    def note_told(self, id_: str, heard: Sequence[str]) -> None:
        """These subscriptions are told of it."""
        before = self.changed.get(id_) or self._rows[id_]
        self._put(before._replace(told=tuple(dict.fromkeys((*before.told, *heard)))))

    # ------------------------------------------------------------ what it hides

    def note(self, component: str, trouble: Status, since_ms: int) -> None:
        """What the checks make of a component, for the receipts of what hides it."""
        for work in self.all():
            if work.is_under_way and component in work.components:
                self._note(work, component, trouble, since_ms)

    def _note(self, work: MaintenanceState, component: str, trouble: Status, since_ms: int) -> None:
        self._put(life.noted(work, component, trouble, since_ms))

    # ------------------------------------------------------------ what people ask for

    def schedule(self, order: ScheduleMaintenance, num: int) -> None:
        """Plan work that the configuration does not know of."""
        keys = {key: value for key, value in order._asdict().items() if key != "author"}
        work = life.seen(Maintenance(id=f"ordered@{num}", **keys), "", self._at_ms)
        by = work.updates[0]._replace(author=order.author)
        self._tell(NoticeReason.MAINTENANCE_SCHEDULED, work._replace(num=num, updates=(by,)), self._at_ms)
        self._act(self.changed[work.id])

    def carry_out(self, order: OfMaintenance) -> None:
        """Start, extend, move, end or cancel, if it may be."""
        assert not isinstance(order, ScheduleMaintenance)
        work = self.known(order.id)
        if work is None or not may(work, order):
            return
        if isinstance(order, StartMaintenance):
            after = life.started(work, self._at_ms, order.body, order.author)
            self._tell(NoticeReason.MAINTENANCE_STARTED, after, self._at_ms)
            self._touch(work)
        elif isinstance(order, ExtendMaintenance):
            after = life.extended(work, order.until_ms, self._at_ms, order.body, order.author)
            self._tell(NoticeReason.MAINTENANCE_EXTENDED, after, self._at_ms)
        elif isinstance(order, MoveMaintenance):
            self._move(work, order)
        elif isinstance(order, EndMaintenance):
            self._complete(work, self._at_ms, order.body or ENDED_EARLY_WORDS, order.author)
        else:
            self._cancel(work, self._at_ms, order.body, order.author)

    def _move(self, work: MaintenanceState, order: MoveMaintenance) -> None:
        after = life.moved(work, order, self._at_ms)
        is_begun = work.is_under_way
        if life.is_same_time(work, after):
            self._put(after)
        else:
            reason = NoticeReason.MAINTENANCE_EXTENDED if is_begun else NoticeReason.MAINTENANCE_SCHEDULED
            self._tell(reason, after, self._at_ms)
        if is_begun:
            self._touch(after)
        self._act(after)

    def known(self, id_: str) -> MaintenanceState | None:
        """The maintenance of that id; one that is declared and not seen yet as if it were seen now."""
        return known(self._rows, self._policy, id_, self._at_ms)


ENDED_EARLY_WORDS = "The maintenance has been ended early."


def known(rows: Mapping[str, MaintenanceState], policy: Policy, id_: str, at_ms: int) -> MaintenanceState | None:
    """The maintenance of that id; one that is declared and not seen yet as if it were seen at that moment."""
    row, window = rows.get(id_), find(policy, id_)
    if row is not None or window is None or window.end_ms <= at_ms:
        return row
    return life.seen(window, id_.partition("@")[0], at_ms)


def may(work: MaintenanceState, order: OfMaintenance) -> bool:
    """Whether the order can be carried out as the maintenance stands."""
    if isinstance(order, StartMaintenance | CancelMaintenance):
        return work.status is MaintenanceStatus.PLANNING
    if isinstance(order, ExtendMaintenance):
        return work.is_live and order.until_ms > work.end_ms
    if isinstance(order, MoveMaintenance):
        return not work.window and work.is_live and (not work.is_under_way or _is_kept(work, order))
    return work.is_under_way


def _is_kept(work: MaintenanceState, order: MoveMaintenance) -> bool:
    """Whether what is under way keeps its start and all its components: who was told of that is told of its end."""
    return order.start_ms == work.start_ms and set(work.components) <= set(order.components)
