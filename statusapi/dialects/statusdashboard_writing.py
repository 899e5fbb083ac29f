"""Writing in the StatusDashboard dialect.

PUT and PATCH merge: what is not said stays, what is in a list is added to what is there. Incidents go through the door
they all go through; what only this dialect knows of an event is kept beside it. Planned work: `statusdashboard_works`.
"""

from collections.abc import Sequence
from typing import Any

from prober.core.made import Made
from prober.core.model import Incident, IncidentStatus, MaintenanceState
from statusapi.auth import Principal
from statusapi.catalog import Catalog, declared, merged
from statusapi.decode import validated
from statusapi.delivery import Delivery
from statusapi.dialects.statusdashboard_fields import (
    EventFields,
    EventUpdate,
    NewServiceOfEvent,
    NewUpdate,
    ServiceFields,
    kept,
    name_of,
    wrong,
)
from statusapi.dialects.statusdashboard_notifications import Call, Event, calls, notices, subscribed
from statusapi.dialects.statusdashboard_objects import (
    FIRST_IS_DESCRIPTION,
    INCIDENT,
    PARTS,
    SEVERITY,
    STATUSES,
    TYPES,
    UPDATE,
    uri,
)
from statusapi.dialects.statusdashboard_works import Works, gone
from statusapi.nouns import ComponentView, IncidentView, MaintenanceView
from statusapi.orders import OpenFields, Orders, PostFields
from statusapi.problems import Problem, not_found
from statusapi.views import Views

_STATUS = {num: status for status, num in reversed(list(INCIDENT.items()))}
_IMPACT = {num: impact for impact, num in SEVERITY.items()}


class Writing:
    """The deeds, each for a principal who may write. Each returns the number of what it made or changed."""

    def __init__(self, views: Views, catalog: Catalog, orders: Orders, delivery: Delivery) -> None:
        self._delivery = delivery
        self._views = views
        self._catalog = catalog
        self._orders = orders
        self._works = Works(views, catalog, orders)

    def _telling(self, channels: frozenset[str] = frozenset()) -> "Writing":
        """The same, but of its deeds only subscriptions of these channels are told."""
        return Writing(self._views, self._catalog, self._orders.telling(channels), self._delivery)

    # ------------------------------------------------------------ events

    async def add_event(self, principal: Principal, found: dict[str, Any]) -> int:
        fields = validated(found, EventFields)
        if fields.type is None:
            raise wrong("type", "This field is required.")
        services = [self._service(principal, one.service) for one in fields.event_service]
        asked = calls(self._catalog.config, fields.notifications)
        channels = subscribed(self._catalog.config, fields.notifications, asked, is_hidden=bool(fields.hidden_db))
        quiet, is_work = self._telling(channels), TYPES[fields.type] == "maintenance"
        num = await (quiet._add_work if is_work else quiet._add_incident)(principal, fields, services)
        await self._tell(principal, num, asked, channels)
        return num

    async def _add_work(self, principal: Principal, fields: EventFields, services: Sequence[ComponentView]) -> int:
        return await self._works.add(principal, fields, self._site(principal, services), services)

    async def _add_incident(self, principal: Principal, fields: EventFields, services: Sequence[ComponentView]) -> int:
        self._check_new(fields)
        order = {
            "site": self._site(principal, services),
            "name": name_of(fields.description or ""),
            "body": fields.description,
            "impact": _IMPACT[fields.severity].word,
            "status": self._first_status(fields).value,
            "components": [service.id for service in services],
        }
        incident = await self._orders.open(principal, validated(order, OpenFields))
        extra: dict[str, Any] = {"severity": fields.severity, FIRST_IS_DESCRIPTION: True}
        extra["opened_as"] = INCIDENT[self._first_status(fields)]
        extra |= {"start": fields.start, **kept(fields)}
        await self._follow(principal, incident, fields, extra)
        return incident.num

    def _check_new(self, fields: EventFields) -> None:
        for name in ("description", "start"):
            if getattr(fields, name) is None:
                raise wrong(name, "This field is required.")
        if (fields.start or 0) > self._catalog.clock.now_ms():
            raise wrong("start", "An incident may not start in the future.")
        self._check_end(fields, fields.start or 0)
        self._check_statuses(fields)

    def _check_statuses(self, fields: EventFields) -> None:
        for field, num in [("status", fields.status), *(("event_update", one.status) for one in fields.event_update)]:
            if num is not None and num not in _STATUS and (field == "status" or num != UPDATE):
                raise wrong(field, f"An incident can't be '{STATUSES[num]}'.")
        for one in fields.event_update:
            if not one.update.strip():
                raise wrong("event_update", "This field is required.")

    def _check_end(self, fields: EventFields, start_ms: int) -> None:
        if fields.end is not None and fields.end < start_ms:
            raise wrong("end", "An event may not end before it starts.")

    def _first_status(self, fields: EventFields) -> IncidentStatus:
        status = _STATUS[fields.status] if fields.status else IncidentStatus.INVESTIGATING
        return IncidentStatus.INVESTIGATING if status is IncidentStatus.RESOLVED else status

    async def change_event(self, principal: Principal, num: int, found: dict[str, Any]) -> int:
        fields = validated(found, EventFields)
        before = self._event(principal, num)
        asked = calls(self._catalog.config, fields.notifications)
        channels = subscribed(self._catalog.config, fields.notifications, asked, is_hidden=bool(fields.hidden_db))
        quiet = self._telling(channels)
        if isinstance(before, MaintenanceState):
            named = [self._service(principal, one.service) for one in fields.event_service]
            await quiet._works.change(principal, before, fields, named)
        else:
            await quiet._change_incident(principal, before, fields, found)
        await self._tell(principal, num, asked, channels, before)
        return num

    def _event(self, principal: Principal, num: int) -> Event:
        return self._works.find(principal, num) or self._orders.find(principal, num)

    async def _tell(
        self,
        principal: Principal,
        num: int,
        asked: Sequence[Call],
        channels: frozenset[str],
        before: Event | None = None,
    ) -> None:
        """Send what the call asks for. before: the event as it was; None = the call has made it."""
        if not asked:
            return
        event = self._event(principal, num)
        headline, at_ms = self._views.pages[event.site].headline, self._catalog.clock.now_ms()
        is_news = before is None or before.updates != event.updates
        about = (self._catalog.config, event, asked, channels, headline, at_ms)
        await self._delivery.owe(notices(*about, is_new=before is None, is_news=is_news))

    async def _change_incident(
        self, principal: Principal, incident: Incident, fields: EventFields, found: dict[str, Any]
    ) -> None:
        num = incident.num
        if fields.type is not None and TYPES[fields.type] != "incident":
            raise wrong("type", "The type of an event can't change.")
        extra = self._extra(num)
        self._check_end(fields, fields.start or extra.get("start") or incident.started_ms)
        self._check_statuses(fields)
        services = [self._service(principal, one.service).id for one in fields.event_service]
        if "severity" in found:
            extra["severity"] = fields.severity
        extra["services"] = list(dict.fromkeys([*extra.get("services", ()), *services]))
        extra["without_services"] = [id_ for id_ in extra.get("without_services", ()) if id_ not in services]
        extra |= kept(fields) | ({"start": fields.start} if fields.start is not None else {})
        await self._follow(principal, incident, fields, extra)

    async def _follow(
        self, principal: Principal, incident: Incident, fields: EventFields, extra: dict[str, Any]
    ) -> None:
        """Its updates, in order, then where it stands and its end."""
        for one in fields.event_update:
            incident = await self._posted(principal, incident, one, extra)
        wanted = _STATUS[fields.status] if fields.status else None
        if wanted is None and fields.end is not None and incident.is_open:
            wanted = IncidentStatus.RESOLVED
        if wanted is not None and wanted is not incident.status:
            body = f"The incident is {wanted}."
            incident = await self._orders.post(principal, incident.num, PostFields(body=body, status=wanted.value))
        if fields.end is not None:
            extra["end"] = fields.end
        await self._catalog.change([Made("events", str(incident.num), extra)])

    async def _posted(
        self, principal: Principal, incident: Incident, update: EventUpdate, extra: dict[str, Any]
    ) -> Incident:
        status = None if update.status in (None, UPDATE) else _STATUS[update.status or 0].value
        incident = await self._orders.post(
            principal, incident.num, validated({"body": update.update, "status": status}, PostFields)
        )
        told = {"date": update.date, "markdown": update.markdown}
        extra["updates"] = dict(extra.get("updates", {})) | {str(len(incident.updates)): told}
        return incident

    async def delete_event(self, principal: Principal, num: int) -> None:
        await self._telling()._delete_event(principal, num)

    async def _delete_event(self, principal: Principal, num: int) -> None:
        work = self._works.find(principal, num)
        if work is not None:
            await self._works.delete(principal, work)
            return
        if self._orders.find(principal, num).is_open:
            fields = PostFields(body="This incident has been withdrawn.", status="resolved")
            await self._orders.post(principal, num, fields)
        await self._catalog.change([Made("deleted", str(num), {})])

    def _extra(self, num: int) -> dict[str, Any]:
        made = self._catalog.made("events", str(num))
        return {} if made is None else dict(made.content)

    # ------------------------------------------------------------ what events hold

    async def add_event_service(self, principal: Principal, found: dict[str, Any]) -> int:
        fields = validated(found, NewServiceOfEvent)
        service = self._service(principal, fields.service)
        await self._change_event_of(
            principal, fields.event, {"event_service": [{"service": uri("service", service.num)}]}
        )
        return fields.event * PARTS + service.num

    async def add_event_update(self, principal: Principal, found: dict[str, Any]) -> int:
        fields = validated(found, NewUpdate)
        update = {name: found[name] for name in ("update", "date", "status", "markdown") if name in found}
        await self._change_event_of(principal, fields.event, {"event_update": [update]})
        return fields.event * PARTS + len(self._event(principal, fields.event).updates)

    async def _change_event_of(self, principal: Principal, num: int, found: dict[str, Any]) -> None:
        """Raises Problem: one that is not there is a field that can't be."""
        try:
            await self.change_event(principal, num, found)
        except Problem as problem:
            if problem.status == 404:
                raise wrong("event", "Could not find the event.") from None
            raise

    async def delete_event_service(self, principal: Principal, num: int) -> None:
        event, part = divmod(num, PARTS)
        shown = next((c for _, c in self._components(principal) if c.num == part), None)
        work = self._works.find(principal, event)
        if work is not None:
            await self._telling()._works.delete_service(principal, work, "" if shown is None else shown.id)
            return
        self._orders.find(principal, event)
        extra = self._extra(event)
        if shown is None or shown.id in extra.get("without_services", ()):
            raise not_found()
        extra["without_services"] = [*extra.get("without_services", ()), shown.id]
        await self._catalog.change([Made("events", str(event), extra)])

    async def delete_event_update(self, principal: Principal, num: int) -> None:
        event, part = divmod(num, PARTS)
        work = self._works.find(principal, event)
        if work is not None:
            await self._works.delete_update(work, part)
            return
        extra = self._extra(event)
        count = len(self._orders.find(principal, event).updates)
        if not 1 <= part <= count or part in gone(extra):
            raise not_found()
        extra["without_updates"] = [*extra.get("without_updates", ()), part]
        await self._catalog.change([Made("events", str(event), extra)])

    # ------------------------------------------------------------ services

    async def add_service(self, principal: Principal, found: dict[str, Any]) -> int:
        fields = validated(found, ServiceFields)
        if fields.service_name is None:
            raise wrong("service_name", "This field is required.")
        number = self._catalog.clock.now_ms() * 1000
        while not self._catalog.is_free("components", f"{number:020d}"):
            number += 1
        return await self._put_service(f"{number:020d}", self._site(principal, ()), None, fields)

    async def change_service(self, principal: Principal, num: int, found: dict[str, Any]) -> int:
        fields, service = validated(found, ServiceFields), self._one(principal, num)
        before = self._catalog.made("components", service.id)
        if before is None:
            raise declared("components", service.id)
        return await self._put_service(service.id, before.content["site"], before, fields)

    async def _put_service(self, id_: str, site: str, before: Made | None, fields: ServiceFields) -> int:
        told = {
            "name": fields.service_name,
            "site": site,
            "description": fields.description,
            "parent": fields.group,
            "hidden": fields.hidden,
            "hidden_notifications": fields.hidden_notifications,
        }
        await self._catalog.change([Made("components", id_, merged(before, told))])
        return next(component.num for _, component in self._components(Principal(None)) if component.id == id_)

    async def delete_service(self, principal: Principal, num: int) -> None:
        service = self._one(principal, num)
        if self._catalog.made("components", service.id) is None:
            raise declared("components", service.id)
        if any(service in (*shown.components, *shown.hidden_components) for shown in self._open(principal)):
            raise Problem(409, "in_use", "The service is part of an open event.")
        await self._catalog.change(dropped=[("components", service.id)])

    def _open(self, principal: Principal) -> list[IncidentView | MaintenanceView]:
        """The events that are not over."""
        pages = [page for page in self._views.pages.values() if principal.may_see(page.account)]
        incidents = [one for page in pages for one in (*page.incidents, *page.hidden) if one.is_open]
        works = [one for page in pages for one in (*page.maintenances, *page.hidden_works) if one.is_live]
        return [*incidents, *works]

    def _components(self, principal: Principal) -> list[tuple[str, ComponentView]]:
        """Those of whoever asks, each with its site."""
        pages = (page for page in self._views.pages.values() if principal.may_see(page.account))
        return [(page.site, one) for page in pages for one in (*page.components, *page.hidden_components)]

    def _one(self, principal: Principal, num: int) -> ComponentView:
        found = next((component for _, component in self._components(principal) if component.num == num), None)
        if found is None:
            raise not_found()
        return found

    def _service(self, principal: Principal, num: int) -> ComponentView:
        """One that is named in a field. Raises Problem for a field that can't be."""
        try:
            return self._one(principal, num)
        except Problem:
            raise Problem(400, "related", f"Could not find the service {uri('service', num)}.") from None

    def _site(self, principal: Principal, services: Sequence[ComponentView]) -> str:
        """Where an event stands: with its services, which are of one site; else on the first of the account's."""
        named = dict.fromkeys(service.site for service in services)
        if len(named) > 1:
            raise wrong("event_service", "The services of an event are of one site.")
        theirs = (id_ for id_, site in self._catalog.config.sites.items() if principal.may_see(site.account))
        found = next(iter((*named, *theirs)), None)
        if found is None:
            raise Problem(409, "no_site", "The account has no site: make one first.")
        return found
