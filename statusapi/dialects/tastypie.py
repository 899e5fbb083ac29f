"""Lists in the manner of django-tastypie: filtered, ordered and cut into pages by what stands in the query.

The rules:

1. A name that is no field of the resource is ignored; a field that may not be asked for is refused, by its name.
2. `field__lookup=value` filters, `related__field` goes on to a related object; a field without more means `exact`.
3. A related object is asked for by its number or by its address. What is null matches nothing but `isnull` and `none`.
4. `order_by` may stand several times; null comes first, or last with a minus sign.
5. A page that begins before the list, or is no page, is refused; `limit=0` means as many as there may be.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import urlencode

from statusapi.problems import Problem

MOST = 1000  # objects of a page
LONGEST_NUM = 21  # digits of the number of an object: parts of declared work have the most
NOT_FILTERS = frozenset({"limit", "offset", "format", "order_by", "sort_by", "username", "api_key"})
SECRET = frozenset({"username", "api_key"})  # never repeated in an address that we write

Object = dict[str, Any]
Value = int | str | bool
Query = Sequence[tuple[str, str]]


class Kind(Enum):
    """What a field holds. RELATED: another object, known by its number."""

    TEXT = "text"
    MOMENT = "moment"
    BOOL = "bool"
    RELATED = "related"


class Row(NamedTuple):
    """An object as it is said, and its number."""

    num: int
    said: Object


class Fields(NamedTuple):
    """What may be asked of a resource: all its fields; the paths to filter by, and to order by."""

    known: frozenset[str]
    filters: Mapping[str, Kind]
    orders: frozenset[str]


class Page(NamedTuple):
    """A part of a list. path: where the list is read. limit: as many at most, from offset on."""

    path: str
    limit: int
    offset: int


def refused(text: str) -> Problem:
    """A question that can't be answered as it was put."""
    return Problem(400, "request", text)


def listed(rows: Sequence[Row], query: Query, fields: Fields, path: str, limit: int) -> Object:
    """The page of the list that the query asks for, with what stands around it. limit: if the query names none."""
    page = _page(query, path, limit)
    found = ordered(filtered(rows, query, fields), query, fields)
    return {"meta": _meta(page, query, len(found)), "objects": [row.said for row in _cut(found, page)]}


def _cut(rows: Sequence[Row], page: Page) -> Sequence[Row]:
    return rows[page.offset : page.offset + page.limit]


# ---------------------------------------------------------------- pages


def _page(query: Query, path: str, limit: int) -> Page:
    asked = dict(query)
    size = _count(asked.get("limit", str(limit)), "limit", "Please provide a positive integer.")
    offset = _count(asked.get("offset", "0"), "offset", "Please provide a positive integer >= 0.")
    return Page(path, min(size or MOST, MOST), offset)


def _count(text: str, name: str, hint: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise refused(f"Invalid {name} '{text}' provided. {hint}")
    return int(text)


def _meta(page: Page, query: Query, total: int) -> Object:
    before, after = page.offset - page.limit, page.offset + page.limit
    return {
        "limit": page.limit,
        "next": _address(page, query, after) if after < total else None,
        "offset": page.offset,
        "previous": _address(page, query, before) if before >= 0 else None,
        "total_count": total,
    }


def _address(page: Page, query: Query, offset: int) -> str:
    kept = [(name, value) for name, value in query if name not in {"limit", "offset"} | SECRET]
    return f"{page.path}?{urlencode([*kept, ('limit', page.limit), ('offset', offset)])}"


# ---------------------------------------------------------------- filters


def filtered(rows: Sequence[Row], query: Query, fields: Fields) -> Sequence[Row]:
    """The rows that every filter of the query lets through. Raises Problem for one that is not allowed."""
    asked: dict[str, list[str]] = {}
    for name, value in query:
        if name not in NOT_FILTERS and name.partition("__")[0] in fields.known:
            asked.setdefault(name, []).append(value)
    for name, values in asked.items():
        lets_through = _filter(name, values, fields)
        rows = [row for row in rows if lets_through(row)]
    return rows


def _filter(name: str, values: Sequence[str], fields: Fields) -> Callable[[Row], bool]:
    path, _, lookup = name.rpartition("__")
    if lookup not in LOOKUPS or not path:
        path, lookup = name, "exact"
    kind = fields.filters.get(path)
    if kind is None:
        raise refused(f"The '{path}' field does not allow filtering.")
    if lookup == "isnull":
        is_wanted = _value(values[-1], Kind.BOOL, path)
        return lambda row: (not values_of(row.said, path, kind)) is is_wanted
    if lookup == "exact" and values[-1] in _NULL:
        return lambda row: not values_of(row.said, path, kind)
    wanted, test = _wanted(lookup, values, kind, path), LOOKUPS[lookup]
    return lambda row: any(test(value, wanted) for value in values_of(row.said, path, kind))


def _wanted(lookup: str, values: Sequence[str], kind: Kind, path: str) -> Any:
    if lookup in _OF_TEXT:
        return values[-1]
    if lookup not in _OF_SEVERAL:
        return _value(values[-1], kind, path)
    several = [_value(one, kind, path) for value in values for one in value.split(",")]
    if lookup == "range" and len(several) != 2:
        raise refused(f"The '{path}' field expects two values for its range, separated by a comma.")
    return several


def values_of(said: Any, path: str, kind: Kind) -> list[Value]:
    """What the object says under the path; nothing for null, several if the path goes through a list."""
    found = [said]
    for name in path.split("__"):
        found = [inner for one in found for inner in _several(one[name])]
    return [_number(one) for one in found] if kind is Kind.RELATED else found


def _several(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    return () if value is None else (value,)


def _number(related: Any) -> int:
    """Of an object or its address."""
    address = related["resource_uri"] if isinstance(related, dict) else related
    return int(address.rstrip("/").rpartition("/")[2])


_ADDRESS = re.compile(rf"/api/v1/[a-z/]+/([0-9]{{1,{LONGEST_NUM}}})/")
_NULL = ("none", "None", "nil")
_BOOL = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}


def _value(text: str, kind: Kind, path: str) -> Value:
    value = _READ[kind](text)
    if value is None:
        raise refused(f"Invalid value '{text}' for the '{path}' field: expected {_EXPECTED[kind]}.")
    return value


def _related(text: str) -> int | None:
    found = _ADDRESS.fullmatch(text) or re.fullmatch(f"([0-9]{{1,{LONGEST_NUM}}})", text)
    return None if found is None else int(found[1])


def _moment(text: str) -> str | None:
    """As moments are written here; one without a zone is in UTC."""
    try:
        read = datetime.fromisoformat(text)
        return (read.astimezone(UTC) if read.tzinfo else read).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError):
        return None


_READ: Mapping[Kind, Callable[[str], Value | None]] = {
    Kind.TEXT: str,
    Kind.MOMENT: _moment,
    Kind.BOOL: _BOOL.get,
    Kind.RELATED: _related,
}
_EXPECTED = {
    Kind.TEXT: "a text",
    Kind.MOMENT: "a moment such as 2015-08-10T16:25:00",
    Kind.BOOL: "true or false",
    Kind.RELATED: "a number or an address",
}

_OF_TEXT: Mapping[str, Callable[[Any, Any], bool]] = {
    "iexact": lambda value, wanted: str(value).casefold() == wanted.casefold(),
    "contains": lambda value, wanted: wanted in str(value),
    "icontains": lambda value, wanted: wanted.casefold() in str(value).casefold(),
    "startswith": lambda value, wanted: str(value).startswith(wanted),
    "istartswith": lambda value, wanted: str(value).casefold().startswith(wanted.casefold()),
    "endswith": lambda value, wanted: str(value).endswith(wanted),
    "iendswith": lambda value, wanted: str(value).casefold().endswith(wanted.casefold()),
}
_OF_SEVERAL: Mapping[str, Callable[[Any, Any], bool]] = {
    "in": lambda value, wanted: value in wanted,
    "range": lambda value, wanted: wanted[0] <= value <= wanted[1],
}
LOOKUPS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "isnull": operator.is_,
    **_OF_TEXT,
    **_OF_SEVERAL,
}


# ---------------------------------------------------------------- order


def ordered(rows: Sequence[Row], query: Query, fields: Fields) -> Sequence[Row]:
    """The rows in the order that the query asks for; as they are without one. Raises Problem if that can't be."""
    names = [value for name, value in query if name == "order_by"]
    names = names or [value for name, value in query if name == "sort_by"]
    for name in reversed(dict.fromkeys(names)):
        path = name.removeprefix("-")
        if path.partition("__")[0] not in fields.known:
            raise refused(f"No matching '{path}' field for ordering on.")
        if path not in fields.orders:
            raise refused(f"The '{path}' field does not allow ordering.")
        rows = sorted(rows, key=_by(path, fields.filters[path]), reverse=name.startswith("-"))
    return rows


def _by(path: str, kind: Kind) -> Callable[[Row], Any]:
    return lambda row: values_of(row.said, path, kind)
