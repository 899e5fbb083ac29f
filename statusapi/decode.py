"""What a request brings, read strictly, once for all dialects.

A body is one JSON object in UTF-8, of bounded size and depth. Refused are numbers that JSON does not have, numbers
beyond every measure, keys that stand twice, halves of characters and NUL: what is let in here can be stored, sent and
shown as it is.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from statusapi.problems import Problem

LONGEST_REQUEST = 64 * 1024  # bytes
DEEPEST = 16  # lists and objects within each other

JSON = frozenset({"application/json"})
CURL = frozenset({"application/json", "application/x-www-form-urlencoded"})  # the latter is what curl says unasked

_CHARSET = re.compile(r"""\bcharset\s*=\s*["']?([^"';\s]*)""", re.IGNORECASE)

F = TypeVar("F", bound=BaseModel)


async def taken(request: Request, kinds: frozenset[str] = JSON, longest: int = LONGEST_REQUEST) -> bytes:
    """The request's body, of which no more is read than may be sent. Raises Problem.

    kinds: what it may say that it is; to say nothing is allowed. longest: in bytes.
    """
    for told in request.headers.getlist("content-type"):
        kind, _, parameters = told.partition(";")
        charset = _CHARSET.search(parameters)
        if kind.strip() and kind.strip().lower() not in kinds:
            raise Problem(415, "media_type", "Expected a body in application/json.")
        if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, "media_type", "Expected a body in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem(415, "media_type", "Expected a body that is not compressed.")
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > longest:
            raise too_large(longest)
    return content


def too_large(longest: int = LONGEST_REQUEST) -> Problem:
    return Problem(413, "too_large", f"Expected a body of at most {longest} bytes.")


def parsed(content: bytes, longest: int = LONGEST_REQUEST) -> dict[str, Any]:
    """The object that a body is; an empty one for none. Raises Problem."""
    if len(content) > longest:
        raise too_large(longest)
    try:
        text = content.decode()
        found = json.loads(
            text if text.strip() else "{}",
            object_pairs_hook=_pairs,
            parse_constant=_no_number,
            parse_float=_float,
        )
        _check(found, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "json", f"Expected one JSON object in UTF-8, found: {_why(error)}.") from None
    if not isinstance(found, dict):
        raise Problem(400, "json", "Expected one JSON object in UTF-8, found something else.")
    return found


def decoded(content: bytes, fields: type[F]) -> F:
    """The fields that a request's body gives: one JSON object in UTF-8. Raises Problem."""
    return validated(parsed(content), fields)


def validated(found: Mapping[str, Any], fields: type[F]) -> F:
    """The fields of an object. Raises Problem, naming every mistake."""
    try:
        return fields.model_validate(found)
    except ValidationError as error:
        told = [mistake_of(one) for one in error.errors(include_url=False)]
        by_field = dict(one.split(": ", 1) for one in reversed(told))
        raise Problem(400, "field", "; ".join(told), fields=by_field) from None


def mistake_of(error: Mapping[str, Any]) -> str:
    """Which field, and what was expected; what was found is the asker's own and is not repeated."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{key}: there is no such field"
    if error["type"] == "missing":
        return f"{key}: expected a value, found none"
    if error["type"] == "string_too_long" or (error["type"] == "too_long" and isinstance(error["input"], str)):
        return f"{key}: expected at most {error['ctx']['max_length']} characters"
    words = str(error["msg"]).removeprefix("Input should be ")
    return f"{key}: expected {words[:1].lower()}{words[1:]}"


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "bytes that are no UTF-8"
    if isinstance(error, RecursionError):
        return "too many levels"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]}, at character {error.pos + 1}"
    return str(error).partition(":")[0] if "integer string" in str(error) else str(error)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that stands twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text}, which is no number of JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number that is too large")
    return value


def _check(value: Any, levels: int) -> None:
    """Raises ValueError for what can't be stored, sent and shown."""
    if isinstance(value, dict | list) and not levels:
        raise ValueError(f"more than {DEEPEST} levels")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text with NUL in it")
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("half a character")
    elif isinstance(value, bool | None):
        return
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("a number that is too large")
    elif isinstance(value, dict):
        for key, one in value.items():
            _check(key, levels)
            _check(one, levels - 1)
    elif isinstance(value, list):
        for one in value:
            _check(one, levels - 1)
