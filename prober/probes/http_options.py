"""The keys of a check of kind http, and what may be wrong with them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from prober.options import CheckOptions, DurationMs, Secret, mistake
from prober.probes.expectations import COMPARISONS, wanted
from prober.probes.keys import CaFile, Family, fitting
from prober.wire.json_query import query
from prober.wire.request import FRAMING, NAME, NOT_A_VALUE, TOKEN
from prober.wire.url import Url, parse, parse_place

OF_HEADERS = ("is", "is_not", "matches")
"""The comparisons of texts."""
MOST_JSON = 1024 * 1024
"""Bytes of a body whose JSON is looked at: reading more would hold up everything else for too long."""

T = TypeVar("T")

_EXPECTED_URL = 'a URL such as "https://example.com/"'
_EXPECTED_STATUS = 'a status from 100 to 999 or a range such as "200-299"'
_RANGE = re.compile(r"([1-9][0-9]{2})(?:-([1-9][0-9]{2}))?")
_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_FOUND_CONTROL = "a text with a line break or another control character"


def _parsed(text: str) -> Url:
    try:
        return parse(text)
    except ValueError as error:
        shown = _USERINFO.sub("***@", text)
        raise mistake(_EXPECTED_URL, f'"{shown}": {error}' if "//" in text else str(error)) from None


def _span(value: object) -> tuple[int, int]:
    """First and last status of an entry of expect_status."""
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        found = _RANGE.fullmatch(str(value))
        if found is not None:
            first, last = int(found[1]), int(found[2] or found[1])
            if first <= last:
                return first, last
    raise mistake(_EXPECTED_STATUS)


def _status(value: object) -> object:
    _span(value)
    return value


def statuses(entries: Iterable[int | str]) -> frozenset[int]:
    """All statuses that the entries of expect_status name."""
    return _shared(tuple(entries))


@lru_cache(maxsize=256)
def _shared(entries: tuple[int | str, ...]) -> frozenset[int]:
    """One set for all checks that expect the same: it takes 8 kB."""
    return frozenset(status for first, last in map(_span, entries) for status in range(first, last + 1))


class HttpOptions(CheckOptions):
    """The keys of a check of kind http."""

    url: str = Field(repr=False)
    """What is asked: an http or https URL. A user name and password in it become Basic authentication."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """The request's method."""
    headers: dict[str, str] = Field(default={}, repr=False)
    """More request headers; they win over those that prober sends by itself."""
    bearer: Secret | None = None
    """A token that is sent as `Authorization: Bearer`."""
    body: str | None = Field(default=None, repr=False)
    """The request's body, sent as UTF-8."""
    expect_status: list[Annotated[int | str, BeforeValidator(_status)]] = Field(default=["200-299"], min_length=1)
    """The statuses that are good: numbers and ranges."""
    expect_header: dict[str, Any] = Field(default={})
    """What headers of the answer must be: a text, or comparisons."""
    expect_body: str | None = Field(default=None, min_length=1, max_length=1024)
    """A text that the body must contain, compared as UTF-8."""
    expect_not_body: str | None = Field(default=None, min_length=1, max_length=1024)
    """A text that the body must not contain, compared as UTF-8."""
    expect_json: dict[str, Any] = Field(default={})
    """What is found in the body by JSONPath must be: a value, or comparisons."""
    severity: Literal["down", "degraded"] = "down"
    """What it is when what is expected of headers, body or JSON is not met."""
    follow_redirects: bool = True
    """Whether redirects are followed, or judged as they are."""
    max_redirects: int = Field(default=10, ge=0, le=50)
    """More redirects than this are a failure."""
    body_limit: int = Field(default=1024 * 1024, ge=1, le=16 * 1024 * 1024)
    """Bytes of the body that are read at most, decoded where it is decoded."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    host: str | None = None
    """The Host header and TLS server name, if they differ from the URL's host."""
    family: Family = "any"
    """Which addresses are used: "4", "6", or "any", the first that the system prefers."""
    cert_expiring_within: DurationMs | None = None
    """Degraded when the certificate expires within this time."""

    @field_validator("url", mode="before")
    @classmethod
    def _is_url(cls, value: object) -> object:
        if not isinstance(value, str):
            raise mistake(_EXPECTED_URL, f"a {type(value).__name__}")
        _parsed(value)
        return value

    @field_validator("headers", mode="before")
    @classmethod
    def _are_headers(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            raise mistake('a table of texts such as {"X-Token" = "..."}', f"a {type(value).__name__}")
        for name, text in value.items():
            _check_header(name, text)
        return value

    @field_validator("bearer", mode="after")
    @classmethod
    def _is_token(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if token is not None:
            if not TOKEN.fullmatch(token.get_secret_value()):
                raise mistake("a token of letters, digits and -._~+/, with = at its end", "something else")
            url, headers = info.data.get("url"), info.data.get("headers", {})
            if (url and parse(url).userinfo is not None) or "authorization" in map(str.lower, headers):
                raise mistake("one way to authorize: a token, a user name in the URL, or a header", "two")
        return token

    @field_validator("expect_header", mode="after")
    @classmethod
    def _are_values(cls, table: dict[str, Any]) -> dict[str, Any]:
        for name, written in table.items():
            if not NAME.fullmatch(name):
                raise mistake('header names such as "Content-Type"', f'"{name}"')
            if not isinstance(written, str | dict):
                raise mistake(f"a text or comparisons for {name}", f"a {type(written).__name__}")
            wanted(written, name, OF_HEADERS)
        return table

    @field_validator("expect_json", mode="after")
    @classmethod
    def _are_paths(cls, table: dict[str, Any]) -> dict[str, Any]:
        for path, written in table.items():
            try:
                query(path)
            except ValueError as error:
                raise mistake('JSONPaths such as "$.status"', f'"{path}": {error}') from None
            wanted(written, path, COMPARISONS)
        return table

    @field_validator("expect_body", "expect_not_body", "expect_json", mode="after")
    @classmethod
    def _has_body(cls, value: T, info: ValidationInfo) -> T:
        if value and info.data.get("method") == "HEAD":
            raise mistake(f"no {info.field_name} with method HEAD, whose answers have no body")
        return value

    @field_validator("body_limit", mode="after")
    @classmethod
    def _fits_json(cls, limit: int, info: ValidationInfo) -> int:
        if limit > MOST_JSON and info.data.get("expect_json"):
            raise mistake(f"at most {MOST_JSON} with expect_json")
        return limit

    @field_validator("host", mode="after")
    @classmethod
    def _is_host(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                parse_place(value)
            except ValueError:
                raise mistake('a host such as "example.com" or "example.com:8443"') from None
        return value

    @field_validator("family", mode="after")
    @classmethod
    def _fits_url(cls, family: Family, info: ValidationInfo) -> Family:
        url = info.data.get("url")
        return fitting(family, parse(url).host if url else None)

    def target(self) -> str:
        return str(parse(self.url))


def _check_header(name: object, value: object) -> None:
    """Values are never shown: they may be secrets."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise mistake('header names such as "X-Token"', f'"{name}"')
    if name.lower() in FRAMING:
        instead = "the key host instead of" if name.lower() == "host" else "prober's own"
        raise mistake(f"{instead} header {name}", f'"{name}"')
    if not isinstance(value, str):
        raise mistake(f"a text for the header {name}", f"a {type(value).__name__}")
    if NOT_A_VALUE.search(value):
        raise mistake(f"one line of text for the header {name}", _FOUND_CONTROL)
