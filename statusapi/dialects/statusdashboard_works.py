"""Planned work, written in the StatusDashboard dialect: events of type 2.

`start` and `end` are needed. With `auto` it starts and ends by the clock, without it when a status says so. It can be
moved, made shorter and given more services; what the configuration declares is moved there. An update leads it
somewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from prober.core.made import Made, deleted_work
from prober.core.model import Ending, MaintenanceState, MaintenanceStatus
from statusapi.auth import Principal
from statusapi.catalog import Catalog, declared, merged
from statusapi.decode import validated
from statusapi.dialects import wire
from statusapi.dialects.statusdashboard_fields import EventFields, kept, name_of, wrong
from statusapi.dialects.statusdashboard_objects import FIRST_IS_DESCRIPTION, MAINTENANCE, STATUSES, TYPES, UPDATE
from statusapi.nouns import ComponentView
from statusapi.orders import ExtendFields, MoveFields, Orders, ScheduleFields, StepFields
from statusapi.problems import Problem, not_found
from statusapi.views import Views

BEGUN = (3, 4)
_OURS = {*MAINTENANCE.values(), *BEGUN}
_JUST_NOW_MS = 60_000


class Works:
    """The deeds, each for a principal who may write."""

    def __init__(self, views: Views, catalog: Catalog, orders: Orders) -> None:
        self._views = views
        self._catalog = catalog
        self._orders = orders

    def find(self, principal: Principal, num: int) -> MaintenanceState | None:
        """The planned work of that number; None if there is none that is theirs."""
        pages = (page for page in self._views.pages.values() if principal.may_see(page.account))
        id_ = next(
            (work.id for page in pages for work in (*page.maintenances, *page.hidden_works) if work.num == num), None
        )
        return None if id_ is None else self._orders.maintenance(principal, id_)

    async def add(self, principal: Principal, fields: EventFields, site: str, services: Sequence[ComponentView]) -> int:
        """Plan it; its number. Raises Problem."""
        self._check_new(fields)
        first, _, rest = (fields.description or "").strip().partition("\n")
        now_ms, start_ms = self._catalog.clock.now_ms(), fields.start or 0
        order = {
            "site": site,
            "name": name_of(first),
            "components": [service.id for service in services],
            "start": None if start_ms <= now_ms else wire.moment(start_ms),
            "end": wire.moment(fields.end or 0),
            "description": rest.strip(),
            "auto_start": bool(fields.starts_itself),
            "auto_end": bool(fields.ends_itself),
            "remind_before": f"{fields.auto_mins}m" if fields.auto_mins else None,
        }
        work = await self._orders.schedule(principal, validated(order, ScheduleFields))
        if fields.status == 1:  # it is what it is by its times
            fields = fields.model_copy(update={"status": None})
        await self._keep(work, {FIRST_IS_DESCRIPTION: True})
        await self._follow(principal, work, fields)
        return work.num

    def _check_new(self, fields: EventFields) -> None:
        for name in ("description", "start", "end"):
            if getattr(fields, name) is None:
                raise wrong(name, "This field is required.")
        if (fields.start or 0) < self._catalog.clock.now_ms() - _JUST_NOW_MS:
            raise wrong("start", "Planned work may not start in the past.")
        if (fields.end or 0) <= max(fields.start or 0, self._catalog.clock.now_ms()):
            raise wrong("end", "Planned work ends after it starts, and not in the past.")
        if fields.status not in (None, 1, *BEGUN):
            raise wrong("status", f"Planned work can't begin as '{STATUSES[fields.status or 0]}'.")
        self._check(fields)

    def _check(self, fields: EventFields) -> None:
        """What can be told before anything is done."""
        for field, num in [("status", fields.status), *(("event_update", one.status) for one in fields.event_update)]:
            if num is not None and num not in _OURS and num != UPDATE:
                raise wrong(field, f"Planned work can't be '{STATUSES[num]}'.")
        if any(one.status in (None, UPDATE, 1, 5) or not one.update.strip() for one in fields.event_update):
            raise wrong("event_update", "An update of planned work has a text, and the status that it leads to.")

    async def change(
        self, principal: Principal, work: MaintenanceState, fields: EventFields, services: Sequence[ComponentView]
    ) -> None:
        """Lead it on, or let it end later. Raises Problem."""
        if fields.type is not None and TYPES[fields.type] != "maintenance":
            raise wrong("type", "The type of an event can't change.")
        self._check(fields)
        order = _moved(work, fields, services)
        self._check_times(work, fields, order)
        if not work.num and any(value for name, value in kept(fields).items() if name != "description"):
            raise declared("maintenance", work.window)
        if set(order) == {"end"} and (fields.end or 0) > work.end_ms:
            work = await self._orders.extend(principal, work.id, validated({"until": order["end"]}, ExtendFields))
        elif order:
            work = await self._orders.move(principal, work.id, validated(order, MoveFields))
        await self._follow(principal, work, fields)

    def _check_times(self, work: MaintenanceState, fields: EventFields, order: dict[str, Any]) -> None:
        start_ms = work.start_ms if fields.start is None else fields.start
        end_ms = work.end_ms if fields.end is None else fields.end
        if fields.auto_mins is not None and fields.auto_mins * 60_000 != (work.remind_before_ms or 0):
            raise wrong("auto_mins", "The reminder of planned work is set when it is made.")
        if "start" in order and start_ms < self._catalog.clock.now_ms():
            raise wrong("start", "Planned work may not start in the past.")
        if "end" in order and end_ms <= max(start_ms, self._catalog.clock.now_ms()):
            raise wrong("end", "Planned work ends after it starts, and not in the past.")

    async def _follow(self, principal: Principal, work: MaintenanceState, fields: EventFields) -> None:
        """Its updates in order, then where it stands, and what only this dialect knows of it."""
        for one in fields.event_update:
            work = await self._step(principal, work, one.status or 0, validated({"body": one.update}, StepFields))
        if fields.status not in (None, UPDATE, MAINTENANCE[work.status]):
            work = await self._step(principal, work, fields.status or 0, StepFields())
        await self._keep(work, kept(fields))

    async def _keep(self, work: MaintenanceState, told: dict[str, Any]) -> None:
        """Note that of it beside what everybody knows."""
        if work.num and told:
            before = self._catalog.made("events", str(work.num))
            await self._catalog.change([Made("events", str(work.num), merged(before, told))])

    async def _step(
        self, principal: Principal, work: MaintenanceState, status: int, fields: StepFields
    ) -> MaintenanceState:
        if status in BEGUN and work.status is not MaintenanceStatus.PLANNING and fields.body is None:
            return work  # started and inprogress are one for us
        if status in BEGUN:
            return await self._orders.start(principal, work.id, fields)
        if status == MAINTENANCE[MaintenanceStatus.COMPLETED]:
            return await self._orders.end(principal, work.id, fields)
        raise wrong(
            "status", f"Planned work that is '{STATUSES[MAINTENANCE[work.status]]}' can't be '{STATUSES[status]}'."
        )

    async def delete_service(self, principal: Principal, work: MaintenanceState, service: str) -> None:
        """Work on it no more. Raises Problem: what is under way goes on with all of its services."""
        if service not in work.components:
            raise not_found()
        rest = [id_ for id_ in work.components if id_ != service]
        if not rest:
            raise Problem(409, "step", "Planned work has at least one service.")
        await self._orders.move(principal, work.id, validated({"components": rest}, MoveFields))

    async def delete_update(self, work: MaintenanceState, part: int) -> None:
        """Take an update out of sight."""
        made = self._catalog.made("events", str(work.num)) if work.num else None
        extra = {} if made is None else made.content
        if not 1 <= part <= len(work.updates) or part in gone(extra):
            raise not_found()
        if not work.num:
            raise declared("maintenance", work.window)
        await self._keep(work, {"without_updates": [*extra.get("without_updates", ()), part]})

    async def delete(self, principal: Principal, work: MaintenanceState) -> None:
        """Take it out of sight, once it is over."""
        await self._orders.withdraw(principal, work.id)
        await self._catalog.change([Made("deleted", deleted_work(work.id), {})])


def _moved(work: MaintenanceState, fields: EventFields, services: Sequence[ComponentView]) -> dict[str, Any]:
    """What of it is to be another, as an order. Times are told to the second; services are added."""
    order: dict[str, Any] = {}
    if fields.start is not None and abs(fields.start - work.start_ms) >= 1000:
        order["start"] = wire.moment(fields.start)
    if (fields.end is not None and abs(fields.end - work.end_ms) >= 1000) or "start" in order:
        order["end"] = wire.moment(work.end_ms if fields.end is None else fields.end)
    more = [service.id for service in services if service.id not in work.components]
    if more:
        order["components"] = [*work.components, *more]
    if fields.starts_itself not in (None, work.auto_start):
        order["auto_start"] = fields.starts_itself
    if fields.ends_itself not in (None, work.auto_end is not Ending.BY_HAND):
        order["auto_end"] = fields.ends_itself
    return order


def gone(extra: Mapping[str, Any]) -> list[int]:
    """The updates of an event that this dialect does not show, by their places from 1."""
    return [*extra.get("without_updates", ()), *([1] if extra.get(FIRST_IS_DESCRIPTION) else [])]
