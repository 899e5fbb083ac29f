"""Putting and deleting in the UP dialect.

The `:id` of a path is the account's own id, and then something is put into its collection; or it is an object's, and
then that object is put: changed, or made if there is none. What is nested is made in the same transaction; incidents
come after it, through the door they all come through. What is not said stays as it is.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from prober.core.made import Made
from prober.core.model import Impact, IncidentStatus, Status
from prober.options import is_id
from prober.store.made import Point
from statusapi.api_keys import ApiKeys, KeyFields
from statusapi.auth import Principal, Scope
from statusapi.catalog import Catalog, declared, merged
from statusapi.decode import validated
from statusapi.dialects import up_metrics
from statusapi.dialects.up_fields import (
    AccountFields,
    ComponentFields,
    Fields,
    IncidentFields,
    MaintenanceFields,
    MetricFields,
    SiteFields,
    SubscriptionFields,
    is_internal,
)
from statusapi.dialects.up_maintenance import Works
from statusapi.dialects.up_objects import Known, pages
from statusapi.nouns import IncidentView
from statusapi.orders import OpenFields, Orders, PostFields
from statusapi.problems import Problem, not_found
from statusapi.views import Views

KEY_NAME = "UP"  # of the key that an account gets when it is put

F = TypeVar("F", bound=Fields)


class Put(NamedTuple):
    """What came of it. key: one that was made for an account, told this once."""

    id: str
    key: str | None = None


class Place(NamedTuple):
    """Where an object goes. before: what it is there, if it is."""

    id: str
    account: str
    before: Made | None


class Batch:
    """What one request makes, to be written at once."""

    def __init__(self) -> None:
        self.made: list[Made] = []
        self.incidents: list[tuple[str, IncidentFields]] = []  # by the site
        self.works: list[tuple[str, MaintenanceFields]] = []  # by the site
        self._n = 0

    def has(self, section: str, id_: str) -> bool:
        return any((made.section, made.id) == (section, id_) for made in self.made)

    def add(self, section: str, id_: str, content: dict[str, Any]) -> None:
        self.made.append(Made(section, id_, content))


class Writing:
    """The deeds, each for a principal who may write."""

    def __init__(self, views: Views, catalog: Catalog, orders: Orders, keys: ApiKeys) -> None:
        self._views = views
        self._catalog = catalog
        self._orders = orders
        self._keys = keys
        self._works = Works(catalog, orders, self._knows)

    # ------------------------------------------------------------ where it goes

    def _place(self, principal: Principal, section: str, id_: str, fields: Fields, batch: Batch) -> Place:
        """Raises Problem if that is no place for who asks."""
        is_collection = id_ in self._catalog.config.accounts and principal.may_see(id_)
        wanted = fields.id if is_collection else id_
        if not (isinstance(wanted, str) and is_id(wanted)):
            if not is_collection:
                raise Problem(400, "field", "id: expected 1 to 64 letters, digits, '.', '_', ':' or '-'")
            return Place(self._new_id(section, batch), id_, None)
        owner = self._catalog.account_of(section, wanted)
        if owner is not None and not principal.may_see(owner):
            raise Problem(409, "taken", "This id is taken.")
        if self._catalog.is_declared(section, wanted):
            raise declared(section, wanted)
        if owner is None:
            owner = id_ if is_collection else self._account(principal, getattr(fields, "account", None))
        return Place(wanted, owner, self._catalog.made(section, wanted))

    def _account(self, principal: Principal, named: str | None) -> str:
        accounts = self._catalog.config.accounts
        if named is not None and (named not in accounts or not principal.may_see(named)):
            raise Problem(400, "field", "account: expected one of your accounts")
        account = named or principal.account or (next(iter(accounts)) if len(accounts) == 1 else None)
        if account is None:
            raise Problem(400, "field", "account: expected one of your accounts")
        return account

    def _new_id(self, section: str, batch: Batch) -> str:
        """20 digits in the manner of the original: microseconds, and the next that are free."""
        number = self._catalog.clock.now_ms() * 1000
        while not self._catalog.is_free(section, f"{number:020d}") or batch.has(section, f"{number:020d}"):
            number += 1
        return f"{number:020d}"

    def _site(self, account: str, named: str | None, batch: Batch) -> str:
        """The site that is named, or the only one of the account. Raises Problem."""
        fresh = {made.id for made in batch.made if made.section == "sites" and made.content["account"] == account}
        theirs = fresh | {id_ for id_, site in self._catalog.config.sites.items() if site.account == account}
        if named is None and len(theirs) == 1:
            return theirs.pop()
        if named not in theirs:
            raise Problem(400, "field", "site: expected one of the account's sites")
        return named or ""

    # ------------------------------------------------------------ accounts

    async def account(self, principal: Principal, id_: str | None, found: dict[str, Any]) -> Put:
        """Its key stays if it is there already, unless `"key": ""` asks for a new one."""
        if not principal.is_admin or principal.scope < Scope.ADMIN:
            raise Problem(403, "authorization", "Accounts are open to the admin's key only.")
        fields, batch = validated(found, AccountFields), Batch()
        wanted = id_ if id_ is not None else fields.id
        name = wanted if isinstance(wanted, str) and is_id(wanted) else None
        if name is None and id_ is not None:
            raise Problem(400, "field", "id: expected 1 to 64 letters, digits, '.', '_', ':' or '-'")
        name = name or self._new_id("accounts", batch)
        if self._catalog.is_declared("accounts", name):
            raise declared("accounts", name)
        before = self._catalog.made("accounts", name)
        batch.add("accounts", name, merged(before, {"name": fields.name or (name if before is None else None)}))
        for site in fields.sites:
            if isinstance(site, SiteFields):
                self._put_site(principal, self._nested("sites", name, site, batch), site, batch)
        await self._written(principal, batch)
        return Put(name, await self._key(principal, name) if before is None or fields.key == "" else None)

    async def _key(self, principal: Principal, account: str) -> str:
        live = [
            row
            for row in self._keys.listed(principal)
            if (row.account, row.name) == (account, KEY_NAME) and row.revoked_ms is None
        ]
        before = live[0].id if live else None
        _, key = await self._keys.create(principal, KeyFields(name=KEY_NAME, account=account, instead_of=before))
        return key

    # ------------------------------------------------------------ sites and components

    async def site(self, principal: Principal, id_: str, found: dict[str, Any]) -> Put:
        fields, batch = validated(found, SiteFields), Batch()
        place = self._place(principal, "sites", id_, fields, batch)
        self._put_site(principal, place, fields, batch)
        await self._written(principal, batch)
        return Put(place.id)

    def _nested(self, section: str, account: str, fields: Fields, batch: Batch) -> Place:
        """Where something goes that stands in what the account gets. Raises Problem."""
        is_named = isinstance(fields.id, str) and is_id(fields.id)
        id_ = fields.id if is_named else self._new_id(section, batch)
        if self._catalog.account_of(section, id_) not in (None, account):
            raise Problem(409, "taken", "This id is taken.")
        if self._catalog.is_declared(section, id_):
            raise declared(section, id_)
        return Place(id_, account, self._catalog.made(section, id_))

    def _put_site(self, principal: Principal, place: Place, fields: SiteFields, batch: Batch) -> None:
        told = {
            "name": fields.name or (place.id if place.before is None else None),
            "account": place.account,
            "url": fields.url,
            "description": fields.description,
        }
        batch.add("sites", place.id, merged(place.before, told))
        for component in fields.components:
            if isinstance(component, ComponentFields):
                nested = self._nested("components", place.account, component, batch)
                self._put_component(nested, place.id, component, batch)
        known = {shown.uid for page in pages(self._views, principal) for shown in page.recent}
        for incident in fields.incidents:
            if isinstance(incident, IncidentFields) and incident.id not in known:
                batch.incidents.append((place.id, incident))
        planned = {work.id for page in pages(self._views, principal) for work in page.maintenances}
        for work in fields.maintenance:
            if isinstance(work, MaintenanceFields) and work.id not in planned:
                batch.works.append((place.id, work))

    async def component(self, principal: Principal, id_: str, found: dict[str, Any]) -> Put:
        fields, batch = validated(found, ComponentFields), Batch()
        place = self._place(principal, "components", id_, fields, batch)
        site = place.before.content["site"] if place.before is not None and fields.site is None else None
        self._put_component(place, site or self._site(place.account, fields.site, batch), fields, batch)
        await self._written(principal, batch)
        return Put(place.id)

    def _put_component(self, place: Place, site: str, fields: ComponentFields, batch: Batch) -> None:
        told = {
            "name": fields.name or (place.id if place.before is None else None),
            "site": site,
            "parent": fields.parent,
            "description": fields.description,
            "position": fields.position,
            "status": fields.status or (Status.OPERATIONAL if place.before is None else None),
        }
        batch.add("components", place.id, merged(place.before, told))

    # ------------------------------------------------------------ subscriptions and metrics

    async def subscription(self, principal: Principal, id_: str, found: dict[str, Any]) -> Put:
        fields, batch = validated(found, SubscriptionFields), Batch()
        place = self._place(principal, "subscriptions", id_, fields, batch)
        endpoint = self._endpoint(place, fields)
        if fields.site is not None:
            self._site(place.account, fields.site, batch)
        for component in fields.components:
            if self._catalog.account_of("components", component) != place.account:
                raise Problem(400, "field", "components: expected components of the account")
        told = {
            "name": fields.name or (place.id if place.before is None else None),
            "account": place.account,
            "endpoint": endpoint,
            "sites": None if fields.site is None else [fields.site],
            "components": list(fields.components) or None,
            "format": fields.format,
            "secret": fields.secret,
        }
        batch.add("subscriptions", place.id, merged(place.before, told))
        await self._written(principal, batch)
        return Put(place.id)

    def _endpoint(self, place: Place, fields: SubscriptionFields) -> str | None:
        callbacks = self._catalog.config.daemon.callbacks
        if callbacks == "off":
            raise Problem(403, "callbacks", "Callbacks are off in the configuration (prober.callbacks).")
        if fields.endpoint is None and place.before is None:
            raise Problem(400, "field", "endpoint: expected an http or https URL")
        if fields.endpoint is not None and callbacks == "public" and is_internal(fields.endpoint):
            raise Problem(400, "field", "endpoint: expected an http or https URL of a public host")
        return fields.endpoint

    async def metric(self, principal: Principal, id_: str, found: dict[str, Any]) -> Put:
        """Points are appended; one of the same moment is replaced."""
        if up_metrics.is_built_in(id_):
            raise Problem(409, "built_in", "This metric is fed by the prober.")
        fields, batch = validated(found, MetricFields), Batch()
        place = self._place(principal, "metrics", id_, fields, batch)
        if up_metrics.is_built_in(place.id):
            raise Problem(409, "built_in", "This metric is fed by the prober.")
        site = place.before.content["site"] if place.before is not None and fields.site is None else None
        if fields.component is not None and self._catalog.account_of("components", fields.component) != place.account:
            raise Problem(400, "field", "component: expected a component of the account")
        told = {
            "name": fields.name or (place.id if place.before is None else None),
            "site": site or self._site(place.account, fields.site, batch),
            "suffix": fields.suffix,
            "active": fields.active,
            "order": fields.order,
            "component": fields.component,
        }
        content = merged(place.before, told)
        if place.before is None or content != dict(place.before.content):
            batch.add("metrics", place.id, content)
            await self._written(principal, batch)
        if fields.data:
            await self._catalog.add_points(place.id, [Point(one.timestamp, one.value) for one in fields.data])
        return Put(place.id)

    # ------------------------------------------------------------ incidents

    async def incident(self, principal: Principal, id_: str, found: dict[str, Any]) -> Put:
        """Into an account's collection: a new one. To one that there is: another entry of its timeline."""
        fields = validated(found, IncidentFields)
        if id_ in self._catalog.config.accounts and principal.may_see(id_):
            return Put(await self._opened(principal, id_, fields.site, fields))
        shown = self._shown(principal, id_)
        if fields.status is None and fields.body is None:
            raise Problem(400, "field", "status or body: expected one of them")
        status = fields.status or shown.status
        body = fields.body or f"The incident is {status}."
        await self._orders.post(
            principal,
            shown.num,
            validated({"body": body} | ({} if fields.status is None else {"status": status.value}), PostFields),
        )
        return Put(id_)

    async def _opened(self, principal: Principal, account: str, site: str | None, fields: IncidentFields) -> str:
        components = list(dict.fromkeys([*([fields.component] if fields.component else []), *fields.components]))
        if fields.name is None:
            raise Problem(400, "field", "name: expected a value, found none")
        body = fields.body or fields.name
        is_over = fields.status in (IncidentStatus.RESOLVED, IncidentStatus.POSTMORTEM)
        order = {
            "site": self._site_of(account, site, components),
            "name": fields.name,
            "body": body,
            "impact": (Impact.MINOR if fields.impact is None else fields.impact).word,
            "status": "investigating" if is_over or fields.status is None else fields.status.value,
            "components": components,
        }
        opened = await self._orders.open(principal, validated(order, OpenFields))
        if is_over:
            await self._orders.post(principal, opened.num, PostFields(body=body, status="resolved"))
        return opened.uid

    def _site_of(self, account: str, site: str | None, components: Sequence[str]) -> str:
        """The site that is named, or that of the first component, or the account's only one. Raises Problem."""
        if site is None and components and self._catalog.account_of("components", components[0]) == account:
            site = self._catalog.config.components[components[0]].site
        return self._site(account, site, Batch())

    # ------------------------------------------------------------ maintenance

    async def maintenance(self, principal: Principal, id_: str, found: dict[str, Any]) -> Put:
        """Into an account's collection: planned. To what there is: a step of its life, or a later end."""
        fields = validated(found, MaintenanceFields)
        if id_ in self._catalog.config.accounts and principal.may_see(id_):
            return Put(await self._works.plan(principal, self._site_of(id_, fields.site, fields.components), fields))
        await self._works.change(principal, id_, fields)
        return Put(id_)

    def _knows(self, principal: Principal, uid: str) -> bool:
        return any(one.uid == uid for page in pages(self._views, principal) for one in (*page.incidents, *page.recent))

    def _shown(self, principal: Principal, uid: str) -> IncidentView:
        for page in pages(self._views, principal):
            for shown in (*page.incidents, *page.recent):
                if shown.uid == uid:
                    return shown
        raise not_found()

    # ------------------------------------------------------------ out

    async def _written(self, principal: Principal, batch: Batch) -> None:
        await self._catalog.change(batch.made)
        for site, fields in batch.incidents:
            await self._opened(principal, self._catalog.config.sites[site].account, site, fields)
        for site, work in batch.works:
            await self._works.plan(principal, site, work)

    async def delete(self, principal: Principal, section: str, id_: str) -> None:
        """Raises Problem for what is not there, and for what the configuration declares."""
        if section == "incidents":
            await self._delete_incident(principal, id_)
            return
        if section == "maintenance":
            await self._works.delete(principal, id_)
            return
        if section == "metrics" and up_metrics.is_built_in(id_):
            series = Known(self._views, self._catalog)
            if id_ in {one.id for one in up_metrics.found(series, principal)}:
                raise Problem(409, "built_in", "This metric is fed by the prober.")
            raise not_found()
        if section == "accounts" and principal.scope < Scope.ADMIN:
            raise Problem(403, "scope", "This key is good for less: expected the scope admin.")
        if section == "subscriptions" and principal.is_admin and self._catalog.is_declared(section, id_):
            raise declared(section, id_)
        self._catalog.theirs(principal, section, id_)
        await self._catalog.change(dropped=self._with_it(section, id_))

    def _with_it(self, section: str, id_: str) -> list[tuple[str, str]]:
        if section == "accounts":
            return self._catalog.after_account(id_)
        return self._catalog.after_site(id_) if section == "sites" else [(section, id_)]

    async def _delete_incident(self, principal: Principal, id_: str) -> None:
        shown = self._shown(principal, id_)
        await withdrawn(self._orders, self._catalog, principal, [shown])


async def withdrawn(orders: Orders, catalog: Catalog, principal: Principal, incidents: Iterable[IncidentView]) -> None:
    """Take incidents out of sight; one that is open is resolved first, since whoever was told of it must be told."""
    shown = list(incidents)
    for one in shown:
        if one.is_open:
            fields = PostFields(body="This incident has been withdrawn.", status="resolved")
            await orders.post(principal, one.num, fields)
    await catalog.change([Made("deleted", str(one.num), {}) for one in shown])
