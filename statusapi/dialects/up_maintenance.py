"""Planned work, put and deleted in the UP dialect.

Into an account's collection it is planned. One that there is may be led through its life (`status`) and last longer
(`duration`); what was read can be put back, and changes nothing. What was planned here can be moved, made shorter and
given other components; what the configuration declares is moved there.
"""

from collections.abc import Callable
from typing import Any

from prober.core.made import Made, deleted_work
from prober.core.model import MaintenanceState, MaintenanceStatus
from statusapi.auth import Principal
from statusapi.catalog import Catalog, declared, merged
from statusapi.decode import validated
from statusapi.dialects.up_fields import MaintenanceFields
from statusapi.dialects.up_objects import MAINTENANCE
from statusapi.dialects.wire import moment
from statusapi.orders import ExtendFields, MoveFields, Orders, ScheduleFields, StepFields
from statusapi.problems import Problem

MINUTE_MS = 60_000


class Works:
    """The deeds, each for a principal who may write."""

    def __init__(self, catalog: Catalog, orders: Orders, knows: Callable[[Principal, str], bool]) -> None:
        """knows: whether there is an incident of that id that is theirs."""
        self._catalog = catalog
        self._orders = orders
        self._knows = knows

    async def plan(self, principal: Principal, site: str, fields: MaintenanceFields) -> str:
        """Plan work on a site; its id. Raises Problem."""
        if fields.name is None:
            raise Problem(400, "field", "name: expected a value, found none")
        if fields.duration is None:
            raise Problem(400, "field", "duration: expected a number of minutes, found none")
        if fields.status is MaintenanceStatus.COMPLETED:
            raise Problem(400, "field", "status: expected NOTSTARTEDYET or INPROGRESS")
        self._check_incident(principal, fields)
        order = {
            "site": site,
            "name": fields.name,
            "components": list(dict.fromkeys(fields.components)),
            "start": None if fields.start is None else fields.start.isoformat(),
            "duration": f"{fields.duration}m",
            "description": fields.body or "",
        }
        work = await self._orders.schedule(principal, validated(order, ScheduleFields))
        await self._link(work, fields)
        if fields.status is MaintenanceStatus.INPROGRESS and work.status is MaintenanceStatus.PLANNING:
            await self._orders.start(principal, work.id, StepFields())
        return work.id

    async def change(self, principal: Principal, id_: str, fields: MaintenanceFields) -> None:
        """Move one that there is, and lead it through its life. Raises Problem, and changes nothing, if it can't be."""
        work = self._orders.maintenance(principal, id_)
        body = None if fields.body == work.description else fields.body
        order, status = self._moved(work, fields), fields.status
        is_step = status is not None and MAINTENANCE[status] != MAINTENANCE[work.status]
        if is_step:
            self._check_step(work, status)
        elif body is not None and not order:
            raise Problem(400, "field", "body: expected a status, other times or components with it")
        self._check_incident(principal, fields)
        await self._link(work, fields)
        if order:
            await self._move(principal, work, order | {"body": None if is_step else body})
        if is_step:
            step = self._orders.start if status is MaintenanceStatus.INPROGRESS else self._orders.end
            await step(principal, id_, StepFields(body=body))

    def _check_incident(self, principal: Principal, fields: MaintenanceFields) -> None:
        if fields.incident is not None and not self._knows(principal, fields.incident):
            raise Problem(400, "field", "incident: expected one of the account's incidents")

    async def _link(self, work: MaintenanceState, fields: MaintenanceFields) -> None:
        """Note which incident it is for. Raises Problem for what the configuration declares."""
        if fields.incident is None:
            return
        if not work.num:
            raise declared("maintenance", work.window)
        before = self._catalog.made("events", str(work.num))
        if before is None or before.content.get("incident") != fields.incident:
            await self._catalog.change([Made("events", str(work.num), merged(before, {"incident": fields.incident}))])

    async def _move(self, principal: Principal, work: MaintenanceState, order: dict[str, Any]) -> None:
        """What only lasts longer is extended, which may be done with what the configuration declares as well."""
        is_longer = set(order) == {"end", "body"} and order["end"] > moment(work.end_ms)
        if is_longer:
            later = {"until": order["end"], "body": order["body"]}
            await self._orders.extend(principal, work.id, validated(later, ExtendFields))
        else:
            await self._orders.move(principal, work.id, validated(order, MoveFields))

    def _moved(self, work: MaintenanceState, fields: MaintenanceFields) -> dict[str, Any]:
        """What of its times and components is to be another. Times are told to the second."""
        start_ms, lasts_ms = work.start_ms, work.end_ms - work.start_ms
        order: dict[str, Any] = {}
        if fields.start is not None and abs(int(fields.start.timestamp() * 1000) - start_ms) >= 1000:
            start_ms = int(fields.start.timestamp() * 1000)
            order["start"] = fields.start.isoformat()
        if fields.duration is not None and fields.duration != lasts_ms // MINUTE_MS:
            lasts_ms = fields.duration * MINUTE_MS
            order["end"] = moment(start_ms + lasts_ms)
        if fields.components and set(fields.components) != set(work.components):
            order["components"] = list(fields.components)
        return order

    def _check_step(self, work: MaintenanceState, status: MaintenanceStatus | None) -> None:
        if status is MaintenanceStatus.PLANNING:
            raise Problem(409, "step", f"A maintenance that is {work.status} can't be planned again.")
        if status is MaintenanceStatus.COMPLETED and not work.is_under_way:
            raise Problem(409, "step", f"A maintenance that is {work.status} can't be ended.")
        if status is MaintenanceStatus.INPROGRESS and work.status is not MaintenanceStatus.PLANNING:
            raise Problem(409, "step", f"A maintenance that is {work.status} can't be started.")

    async def delete(self, principal: Principal, id_: str) -> None:
        """Take it out of sight, once it is over."""
        await self._orders.withdraw(principal, id_)
        await self._catalog.change([Made("deleted", deleted_work(id_), {})])
