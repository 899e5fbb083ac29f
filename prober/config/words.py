"""What pydantic has to say of a table, in the house's words."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from prober.config.paths import MARK, Path
from prober.config.report import Report, kind_of
from prober.options import Options

# The value of a parameter that is no reference; `token` alone is one as well.
_LITERAL = re.compile(r"((?:^|&)(?:[^=&]*=)?)[^=&$]+(?=&|$)")

_EXPECTED = {
    "missing": "a value",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "greater_than_equal": "{range}",
    "less_than_equal": "{range}",
    "greater_than": "a number above {gt}",
    "less_than": "a number below {lt}",
    "too_short": "at least {min_length} entry",
    "too_long": "at most {max_length} entries",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "mistake": "{expected}",
}
_CHOICE = re.compile(r"'([^']*)'")


def _parts(annotation: Any) -> list[Any]:
    return [annotation, *(part for inner in get_args(annotation) for part in _parts(inner))]


@cache
def secret_keys(model: type[Options]) -> frozenset[str]:
    """The keys of a table whose values are secrets by their type."""
    return frozenset(key for key, field in model.model_fields.items() if SecretStr in _parts(field.annotation))


@cache
def hidden_keys(model: type[Options]) -> frozenset[str]:
    """The keys of a table whose values are not shown: secrets, and what may contain one."""
    return secret_keys(model) | {key for key, field in model.model_fields.items() if not field.repr}


def quiet(target: str) -> str:
    """A target without the values of its query, which may be tokens; references in it stand."""
    place, mark, query = target.partition("?")
    return place + mark + _LITERAL.sub(r"\1***", query)


def is_duration(field: FieldInfo) -> bool:
    """Whether the key's value is a number of milliseconds that was written as a duration."""
    inner = (part for part in _parts(field.annotation) if isinstance(part, FieldInfo))
    return any(part.json_schema_extra == {"format": "duration"} for part in (field, *inner))


def tell(report: Report, error: ValidationError, at: Path, table: Mapping[str, Any], model: type[Options]) -> None:
    """Report everything that is wrong with the table at `at`."""
    for one in error.errors(include_url=False):
        path = at + _place(one, table)
        if one["type"] == "extra_forbidden":
            if MARK not in str(path[-1]):  # told already: it is there twice
                report.unknown(path, "the keys", path[-1], list(model.model_fields))
        elif one["type"] == "missing":
            if not report.is_spoiled(at):
                report.add(path, _EXPECTED["missing"], "none")
        else:
            _tell_value(report, one, path, str(one["loc"][0]) if one["loc"] else "", model)


def _place(one: ErrorDetails, table: Mapping[str, Any]) -> Path:
    """The part of the error's place that is really in the table: pydantic adds names of its own."""
    path: list[str | int] = []
    value: Any = table
    for part in one["loc"]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            if one["type"] != "missing":
                break
        path.append(part)
    return tuple(path)


def _tell_value(report: Report, one: ErrorDetails, path: Path, key: str, model: type[Options]) -> None:
    context = one.get("ctx", {})
    found = context.get("found")
    if report.is_hidden(path):
        found = None  # what is shown is the reference
    elif key in hidden_keys(model) and (found is None or _gives_away(found, one["input"], key, model)):
        found = kind_of(one["input"])
    if one["type"] == "literal_error":
        choices = _CHOICE.findall(context["expected"])
        report.unknown(path, "", one["input"], choices)
        return
    template = _EXPECTED.get(one["type"])
    expected = template.format(**{"range": _range(model, key), **context}) if template else _plain(one["msg"])
    report.add(path, expected, found)


def _gives_away(found: str, value: Any, key: str, model: type[Options]) -> bool:
    return key in secret_keys(model) and str(value) in found


def _range(model: type[Options], key: str) -> str:
    field = model.model_fields.get(key)
    limits: dict[str, Any] = {}
    for item in field.metadata if field else ():
        limits |= {name: getattr(item, name) for name in ("ge", "le") if getattr(item, name, None) is not None}
    bounds = [f"{word} {limits[name]}" for name, word in (("ge", "from"), ("le", "to")) if name in limits]
    return " ".join(["a number", *bounds])


def _plain(message: str) -> str:
    return message.removeprefix("Input should be ").removeprefix("Value error, ")
