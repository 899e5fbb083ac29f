"""The resources of the StatusDashboard dialect: what each holds, what may be asked of it, and what its schema says."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from statusapi.dialects.statusdashboard_objects import (
    BASE,
    SEVERITIES,
    STATUSES,
    TYPES,
    Told,
    events,
    parts,
    services,
    users,
    words,
)
from statusapi.dialects.tastypie import Fields, Kind, Object, Row

LIMIT = 10  # objects of a page, unless asked otherwise
NO_FIELDS = Fields(frozenset(), {}, frozenset())


class Field(NamedTuple):
    """What a schema says of a field. related: one or many objects of another resource."""

    type: str
    help: str
    nullable: bool = False
    related: str | None = None


class Resource(NamedTuple):
    """One word of the API. find: what a principal is told; filters: by which paths a list is filtered."""

    name: str
    find: Callable[[Told], Iterator[Row]]
    schema: Mapping[str, Field]
    filters: Mapping[str, Kind]
    writes: tuple[str, ...] = ()  # of POST, PUT, PATCH and DELETE, those that it takes

    @property
    def list_methods(self) -> list[str]:
        return [*_READS, *(("POST",) if "POST" in self.writes else ())]

    @property
    def detail_methods(self) -> list[str]:
        """POST goes to the list, but may mean another method by its header."""
        return [*_READS, *self.writes]

    @property
    def fields(self) -> Fields:
        """What may be asked of its list; what goes through a list of objects has no order."""
        lists = {name for name, field in self.schema.items() if field.related == "to_many"}
        orders = frozenset(path for path in self.filters if path.partition("__")[0] not in lists)
        return Fields(frozenset(self.schema), self.filters, orders)


_READS = ("GET", "HEAD", "OPTIONS")
_ALL = ("POST", "PUT", "PATCH", "DELETE")

_ADDRESS = Field("string", "The address of this object.")
_TEXT = Field("string", "A text.")
_FLAG = Field("boolean", "True or false.")
_EVENT = Field("related", "The address of the event.", related="to_one")
_SERVICE = Field("related", "The service.", related="to_one")
_STATUS = Field("related", "The status.", related="to_one")
_USER = Field("related", "The address of the user.", nullable=True, related="to_one")

_EVENT_SCHEMA: Mapping[str, Field] = {
    "auto": Field("boolean", "Whether it starts and ends by the clock; of maintenance only."),
    "coordinator": _TEXT,
    "coordinator_md": _FLAG,
    "description": Field("string", "Its name and its first update."),
    "description_md": _FLAG,
    "end": Field("datetime", "When it ended or will, in UTC; null while an incident is open.", nullable=True),
    "event_service": Field("related", "The services that it concerns.", related="to_many"),
    "event_update": Field("related", "What was told of it, oldest first.", related="to_many"),
    "hidden_admin_uptime": _FLAG,
    "hidden_db": _FLAG,
    "impact": _TEXT,
    "impact_md": _FLAG,
    "resource_uri": _ADDRESS,
    "severity": Field("related", "The address of the severity.", nullable=True, related="to_one"),
    "start": Field("datetime", "When it started or will, in UTC."),
    "status": _STATUS,
    "type": Field("related", "Incident or maintenance.", related="to_one"),
    "user": _USER,
}
_SERVICE_SCHEMA: Mapping[str, Field] = {
    "description": _TEXT,
    "group": Field("string", "The name of its group; empty for none."),
    "hidden": _FLAG,
    "hidden_notifications": _FLAG,
    "resource_uri": _ADDRESS,
    "service_name": Field("string", "Its name."),
}
_UPDATE_SCHEMA: Mapping[str, Field] = {
    "date": Field("datetime", "When it was told, in UTC."),
    "event": _EVENT,
    "markdown": _FLAG,
    "resource_uri": _ADDRESS,
    "status": _STATUS,
    "update": _TEXT,
    "user": _USER,
}
_USER_SCHEMA = dict.fromkeys(("email", "first_name", "last_name", "username"), _TEXT) | {"resource_uri": _ADDRESS}

_EVENT_FILTERS: Mapping[str, Kind] = {
    "auto": Kind.BOOL,
    "end": Kind.MOMENT,
    "event_service__service": Kind.RELATED,
    "event_service__service__group": Kind.TEXT,
    "event_service__service__service_name": Kind.TEXT,
    "hidden_db": Kind.BOOL,
    "severity": Kind.RELATED,
    "start": Kind.MOMENT,
    "status": Kind.RELATED,
    "status__status": Kind.TEXT,
    "type": Kind.RELATED,
    "type__type": Kind.TEXT,
    "user": Kind.RELATED,
}
_SERVICE_FILTERS: Mapping[str, Kind] = {"group": Kind.TEXT, "hidden": Kind.BOOL, "service_name": Kind.TEXT}


def _of_words(name: str, of: Mapping[int, str]) -> Resource:
    schema = {name: Field("string", "Its word."), "resource_uri": _ADDRESS}
    return Resource(name, words(name, of), schema, {name: Kind.TEXT})


RESOURCES = (
    Resource("event/list", events, _EVENT_SCHEMA, _EVENT_FILTERS, _ALL),
    Resource(
        "event/service",
        parts("event_service"),
        {"event": _EVENT, "resource_uri": _ADDRESS, "service": _SERVICE},
        {"event": Kind.RELATED, "service": Kind.RELATED},
        ("POST", "DELETE"),
    ),
    Resource(
        "event/update",
        parts("event_update"),
        _UPDATE_SCHEMA,
        {"event": Kind.RELATED, "date": Kind.MOMENT},
        ("POST", "DELETE"),
    ),
    Resource("service", services, _SERVICE_SCHEMA, _SERVICE_FILTERS, _ALL),
    _of_words("severity", SEVERITIES),
    _of_words("status", STATUSES),
    _of_words("type", TYPES),
    Resource("user", users, _USER_SCHEMA, {"username": Kind.TEXT}),
)


def index() -> Object:
    """Where each resource is."""
    return {
        resource.name: {
            "list_endpoint": f"{BASE}/{resource.name}/",
            "schema": f"{BASE}/{resource.name}/schema/",
        }
        for resource in RESOURCES
    }


def schema(resource: Resource) -> Object:
    """What a resource offers. Filters are 1, and 2 where they go on to a related object."""
    fields = resource.fields
    tops = {path.partition("__")[0] for path in fields.filters}
    deep = {path.partition("__")[0] for path in fields.filters if "__" in path}
    return {
        "allowed_detail_http_methods": ["get", *(verb.lower() for verb in resource.writes if verb != "POST")],
        "allowed_list_http_methods": ["get", *(verb.lower() for verb in resource.writes if verb == "POST")],
        "default_format": "application/json",
        "default_limit": LIMIT,
        "fields": {name: _schema_of_field(name, field) for name, field in resource.schema.items()},
        "filtering": {name: 2 if name in deep else 1 for name in sorted(tops)},
        "ordering": sorted(fields.orders),
    }


def _schema_of_field(name: str, field: Field) -> dict[str, Any]:
    related = {} if field.related is None else {"related_type": field.related}
    return related | {
        "blank": field.nullable,
        "default": "No default provided.",
        "help_text": field.help,
        "nullable": field.nullable,
        "primary_key": False,
        "readonly": True,
        "type": field.type,
        "unique": name == "resource_uri",
        "verbose_name": name.replace("_", " "),
    }
