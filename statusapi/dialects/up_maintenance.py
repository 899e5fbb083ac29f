"""Planned work, put and deleted in the UP dialect.

Into an account's collection it is planned. One that there is may be led through its life (`status`) and last longer
(`duration`); what was read can be put back, and changes nothing. It can't be moved: who wants that deletes it, and
plans it anew.
"""

from prober.core.made import Made, deleted_work
from prober.core.model import MaintenanceState, MaintenanceStatus
from statusapi.auth import Principal
from statusapi.catalog import Catalog
from statusapi.decode import validated
from statusapi.dialects.up_fields import MaintenanceFields
from statusapi.dialects.up_objects import MAINTENANCE
from statusapi.orders import ExtendFields, Orders, ScheduleFields, StepFields
from statusapi.problems import Problem

MINUTE_MS = 60_000


class Works:
    """The deeds, each for a principal who may write."""

    def __init__(self, catalog: Catalog, orders: Orders) -> None:
        self._catalog = catalog
        self._orders = orders

    async def plan(self, principal: Principal, site: str, fields: MaintenanceFields) -> str:
        """Plan work on a site; its id. Raises Problem."""
        if fields.name is None:
            raise Problem(400, "field", "name: expected a value, found none")
        if fields.duration is None:
            raise Problem(400, "field", "duration: expected a number of minutes, found none")
        if fields.status is MaintenanceStatus.COMPLETED:
            raise Problem(400, "field", "status: expected NOTSTARTEDYET or INPROGRESS")
        order = {
            "site": site,
            "name": fields.name,
            "components": list(dict.fromkeys(fields.components)),
            "start": None if fields.start is None else fields.start.isoformat(),
            "duration": f"{fields.duration}m",
            "description": fields.body or "",
        }
        work = await self._orders.schedule(principal, validated(order, ScheduleFields))
        if fields.status is MaintenanceStatus.INPROGRESS and work.status is MaintenanceStatus.PLANNING:
            await self._orders.start(principal, work.id, StepFields())
        return work.id

    async def change(self, principal: Principal, id_: str, fields: MaintenanceFields) -> None:
        """Lead one that there is through its life. Raises Problem, and changes nothing, if that can't be."""
        work = self._orders.maintenance(principal, id_)
        body = None if fields.body == work.description else fields.body
        later = self._later(work, fields)
        is_step = fields.status is not None and MAINTENANCE[fields.status] != MAINTENANCE[work.status]
        if is_step:
            await self._step(principal, work, fields.status, StepFields(body=body))
        if later is not None:
            await self._orders.extend(principal, id_, later.model_copy(update={"body": None if is_step else body}))
        if body is not None and not is_step and later is None:
            raise Problem(400, "field", "body: expected a status or a longer duration with it")

    def _later(self, work: MaintenanceState, fields: MaintenanceFields) -> ExtendFields | None:
        """By how much it is to last longer; None if nothing of its times is to change."""
        if fields.start is not None and abs(fields.start.timestamp() * 1000 - work.start_ms) >= 1000:
            raise Problem(409, "step", "start: planned work can't be moved; delete it, and plan it anew.")
        lasts = (work.end_ms - work.start_ms) // MINUTE_MS
        if fields.duration is None or fields.duration == lasts:
            return None
        if fields.duration < lasts:
            raise Problem(409, "step", "duration: planned work can't be made shorter; end it, or delete it.")
        return ExtendFields(duration=f"{fields.duration - lasts}m")  # type: ignore[arg-type]

    async def _step(
        self, principal: Principal, work: MaintenanceState, status: MaintenanceStatus | None, fields: StepFields
    ) -> None:
        if status is MaintenanceStatus.PLANNING:
            raise Problem(409, "step", f"A maintenance that is {work.status} can't be planned again.")
        step = self._orders.start if status is MaintenanceStatus.INPROGRESS else self._orders.end
        await step(principal, work.id, fields)

    async def delete(self, principal: Principal, id_: str) -> None:
        """Take it out of sight, once it is over."""
        await self._orders.withdraw(principal, id_)
        await self._catalog.change([Made("deleted", deleted_work(id_), {})])
