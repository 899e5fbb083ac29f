"""The configuration as a JSON Schema, for editors: names of tables and keys, their meaning, types, choices and ranges.

It is made of the models. It refuses nothing that the daemon takes: where a value is read by code of its own, any value
is good for the schema, and what is wrong with it is said by `prober check-config`.
"""

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainValidator, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from prober.config.models import SINGLE, TABLES
from prober.config.words import is_duration
from prober.options import DurationMs, Id, Name, Options, Secret, show_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What the configuration puts in where it goes without saying.
_COMPLETED = frozenset({"name", "component", "site", "account", "timeout", "url"})
_TEXT = {"$ref": "#/$defs/text"}
_DURATION = {"$ref": "#/$defs/duration"}
_COMMON = {
    "text": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/reference"}]},
    "reference": {
        "description": "Stands for what a file, or a credential of systemd, says; it is never shown.",
        "type": "object",
        "properties": {"file": {"type": "string"}, "credential": {"type": "string"}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
    "duration": {
        "description": 'Such as "250ms", "30s", "1h30m", "7d".',
        "anyOf": [
            {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"},
            {"type": "string", "pattern": r"\$\{"},
            {"$ref": "#/$defs/reference"},
        ],
    },
}
_PLAIN: Mapping[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: _TEXT,
    SecretStr: _TEXT,
}
# Values are known by what reads them.
_READ: Mapping[Any, dict[str, Any]] = {
    get_args(DurationMs)[1]: _DURATION,
    get_args(Id)[1]: _TEXT,
    get_args(Name)[1]: _TEXT,
    get_args(Secret)[1]: _TEXT,
}
_LIMITS = {"ge": "minimum", "le": "maximum"}


def config_schema(kinds: Mapping[str, Mapping[str, type[Options]]]) -> dict[str, Any]:
    """The whole of it. kinds: for "checks" and "channels" the model of each kind's keys."""
    properties = {}
    for name, model in TABLES.items():
        table = _by_kind(kinds[name]) if name in kinds else _table(model)
        properties[name] = table if name in SINGLE else {"type": "object", "additionalProperties": table}
    return {
        "$schema": DIALECT,
        "title": "The configuration of prober",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": _COMMON,
    }


def _by_kind(models: Mapping[str, type[Options]]) -> dict[str, Any]:
    """Which keys there are depends on the kind."""
    return {
        "type": "object",
        "properties": {"kind": {"enum": list(models)}},
        "required": ["kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": _table(model)}
            for kind, model in models.items()
        ],
    }


def _table(model: type[BaseModel]) -> dict[str, Any]:
    fields = model.model_fields
    table: dict[str, Any] = {
        "type": "object",
        "description": (model.__doc__ or "").strip(),
        "properties": {key: _key(field) for key, field in fields.items()},
        "additionalProperties": False,
    }
    required = [key for key, field in fields.items() if field.is_required() and key not in _COMPLETED]
    return table | ({"required": required} if required else {})


def _key(field: FieldInfo) -> dict[str, Any]:
    found = _with_limits(_value(field.annotation, field.metadata), field)
    described = {"description": field.description} if field.description else {}
    return {**found, **described, **_default(field)}


def _default(field: FieldInfo) -> dict[str, Any]:
    value = field.default
    if is_duration(field) and isinstance(value, int):
        return {"default": show_duration(value)}
    if value in (None, PydanticUndefined, "") or not isinstance(value, bool | int | str | list):
        return {}
    return {"default": value}


def _with_limits(found: dict[str, Any], field: FieldInfo) -> dict[str, Any]:
    if found.get("type") != "integer":
        return found
    limits = ((_LIMITS[key], getattr(item, key, None)) for item in field.metadata for key in _LIMITS)
    return found | {word: limit for word, limit in limits if limit is not None}


def _value(annotation: Any, metadata: Any = ()) -> dict[str, Any]:
    """What may stand there; {} for anything."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _value(inner, more)
    readers = [item for item in metadata if isinstance(item, BeforeValidator | PlainValidator)]
    if readers:
        return _READ.get(readers[0], {}) if len(readers) == 1 else {}
    if get_origin(annotation) is Literal:
        return {"enum": list(get_args(annotation))}
    if get_origin(annotation) in (Union, UnionType):
        return _one_of(list(_alternatives(annotation)))
    if get_origin(annotation) is list:
        return {"type": "array", "items": _value(get_args(annotation)[0])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _table(annotation)
    return _PLAIN.get(annotation, {})


def _alternatives(annotation: Any) -> Iterator[dict[str, Any]]:
    for one in get_args(annotation):
        if one is not NoneType:
            yield _value(one)


def _one_of(found: list[dict[str, Any]]) -> dict[str, Any]:
    if {} in found:
        return {}
    return found[0] if len(found) == 1 else {"anyOf": found}
