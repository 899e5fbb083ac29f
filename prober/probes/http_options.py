"""The keys of a check of kind http, and what may be wrong with them."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from prober.options import DurationMs, Secret, mistake
from prober.probes.every import Addresses
from prober.probes.http_more import Alternative, Expression, HeaderWants, JsonWants, Network, SchemaFile, Within
from prober.probes.keys import CaFile, ClientFile, Family, Headers, Host, fitting
from prober.probes.reach import ReachOptions
from prober.wire.request import TOKEN, basic
from prober.wire.url import Url, parse, parse_place

MOST_JSON = 1024 * 1024
"""Bytes of a body whose JSON is looked at: reading more would hold up everything else for too long."""

T = TypeVar("T")

_EXPECTED_URL = 'a URL such as "https://example.com/"'
_EXPECTED_STATUS = 'a status from 100 to 999 or a range such as "200-299"'
_PROXY = re.compile(r"^socks5h?://", re.IGNORECASE)
_RANGE = re.compile(r"([1-9][0-9]{2})(?:-([1-9][0-9]{2}))?")
_USERINFO = re.compile(r"(?<=//)[^/?#]*@")


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


def _texts(value: object) -> Iterator[str]:
    """All texts within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


class HttpOptions(ReachOptions):
    """The keys of a check of kind http."""

    url: str = Field(repr=False)
    """What is asked: an http or https URL. A user name and password in it become Basic authentication."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """The request's method."""
    headers: Headers = Field(default={}, repr=False)
    """More request headers; they win over those that prober sends by itself."""
    bearer: Secret | None = None
    """A token that is sent as `Authorization: Bearer`."""
    digest: bool = False
    """Whether the user name and password of the URL are sent by Digest authentication, when the server asks for it."""
    oauth_token_url: str | None = Field(default=None, repr=False)
    """Where a token is asked for by OAuth2's client credentials, and then sent as `Authorization: Bearer`."""
    oauth_client_id: str | None = Field(default=None, min_length=1, max_length=1024)
    """Who we are there."""
    oauth_client_secret: Secret | None = Field(default=None, validate_default=True)
    """The secret that shows it."""
    oauth_scope: str | None = Field(default=None, min_length=1, max_length=1024)
    """What the token is to be for."""
    client_cert: ClientFile | None = None
    """A PEM file with our own certificate and its key, shown to the URL's origin when it asks for one."""
    body: str | None = Field(default=None, repr=False)
    """The request's body, sent as UTF-8."""
    body_json: Any = Field(default=None, repr=False)
    """In its place, what is sent as JSON."""
    body_form: dict[str, str] = Field(default={}, repr=False)
    """In its place, what is sent as a form."""
    compression: list[Literal["gzip", "deflate", "br", "zstd"]] = Field(default=[], max_length=4)
    """The codings of the body that are asked for by `Accept-Encoding`; empty asks for none."""
    expect_status: list[Annotated[int | str, BeforeValidator(_status)]] = Field(default=["200-299"], min_length=1)
    """The statuses that are good: numbers and ranges."""
    expect_header: HeaderWants = Field(default={})
    """What headers of the answer must be: a text, or comparisons."""
    expect_body: str | None = Field(default=None, min_length=1, max_length=1024)
    """A text that the body must contain, compared as UTF-8."""
    expect_not_body: str | None = Field(default=None, min_length=1, max_length=1024)
    """A text that the body must not contain, compared as UTF-8."""
    expect_body_matches: list[Expression] = Field(default=[], max_length=20)
    """Regular expressions that must all be found in the body."""
    expect_not_body_matches: list[Expression] = Field(default=[], max_length=20)
    """Regular expressions of which none may be found in the body."""
    expect_json: JsonWants = Field(default={})
    """What is found in the body by JSONPath must be: a value, or comparisons."""
    expect_schema: SchemaFile | None = None
    """A file with the JSON Schema that the body must satisfy."""
    any: list[Alternative] = Field(default=[], max_length=20)
    """Alternatives, of which one at least must hold besides."""
    expect_version: list[Literal["1.0", "1.1", "2"]] = Field(default=[])
    """The versions of HTTP that are good; empty means any."""
    expect_address_in: list[Network] = Field(default=[], max_length=100)
    """The networks in which the address must be that has answered; empty means any."""
    expect_within: Within = Field(default={})
    """How long the phases may take, and the `total`."""
    severity: Literal["down", "degraded"] = "down"
    """What it is when what is expected of headers, body or JSON is not met."""
    http2: bool = False
    """Whether HTTP/2 is offered by TLS; a server that has none answers by HTTP/1.1."""
    proxy: Secret | None = None
    """The proxy to go by: an http or socks5 URL."""
    follow_redirects: bool = True
    """Whether redirects are followed, or judged as they are."""
    max_redirects: int = Field(default=10, ge=0, le=50)
    """More redirects than this are a failure."""
    body_limit: int = Field(default=1024 * 1024, ge=1, le=16 * 1024 * 1024)
    """Bytes of the body that are read at most, decoded where it is decoded."""
    hash_body: bool = False
    """Whether a hash of the body is told; a change of it is no failure."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    host: str | None = None
    """The Host header and TLS server name, if they differ from the URL's host."""
    resolve_to: Host | None = None
    """The name or address that is connected to in place of the URL's host."""
    family: Family = "any"
    """Which addresses are used: "4", "6", "4 first", "6 first", or "any", in the system's order."""
    addresses: Addresses = "one"
    """Whether "one" address of the name is probed, or all, of which "any", "all" or a "quorum" must be good."""
    cert_expiring_within: DurationMs | None = None
    """Degraded when the certificate expires within this time."""

    @field_validator("url", mode="before")
    @classmethod
    def _is_url(cls, value: object) -> object:
        if not isinstance(value, str):
            raise mistake(_EXPECTED_URL, f"a {type(value).__name__}")
        _parsed(value)
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

    @field_validator("digest", mode="after")
    @classmethod
    def _has_a_user(cls, is_wanted: bool, info: ValidationInfo) -> bool:
        url = info.data.get("url")
        if is_wanted and url and parse(url).userinfo is None:
            raise mistake("a user name and password in the URL", "none")
        return is_wanted

    @field_validator("oauth_token_url", mode="after")
    @classmethod
    def _is_token_url(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            if _parsed(text).userinfo is not None:
                raise mistake("a URL without a user name", "one with it")
            url, headers = info.data.get("url"), info.data.get("headers", {})
            if (
                (url and parse(url).userinfo is not None)
                or info.data.get("bearer")
                or "authorization" in map(str.lower, headers)
            ):
                raise mistake("one way to authorize: a token, a user name in the URL, or a header", "two")
        return text

    @field_validator("oauth_client_secret", mode="after")
    @classmethod
    def _are_together(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        keys = ("oauth_token_url", "oauth_client_id")
        if (
            all(key in info.data for key in keys)
            and len({info.data[key] is None for key in keys} | {secret is None}) > 1
        ):
            raise mistake("oauth_token_url, oauth_client_id and oauth_client_secret together", "not all of them")
        return secret

    @field_validator("body_json", "body_form", mode="after")
    @classmethod
    def _is_the_only_body(cls, value: T, info: ValidationInfo) -> T:
        others = [info.data.get(key) for key in ("body", "body_json") if key != info.field_name]
        if value not in (None, {}) and [other for other in others if other is not None]:
            raise mistake("one of body, body_json and body_form", "more")
        return value

    @field_validator("compression", mode="after")
    @classmethod
    def _is_asked_for_once(cls, codings: list[str], info: ValidationInfo) -> list[str]:
        if codings and "accept-encoding" in map(str.lower, info.data.get("headers", {})):
            raise mistake("compression or a header Accept-Encoding", "both")
        return codings

    @field_validator(
        "expect_body", "expect_not_body", "expect_body_matches", "expect_not_body_matches", "expect_json",
        "expect_schema", mode="after",
    )  # fmt: skip
    @classmethod
    def _has_body(cls, value: T, info: ValidationInfo) -> T:
        if value and info.data.get("method") == "HEAD":
            raise mistake(f"no {info.field_name} with method HEAD, whose answers have no body")
        return value

    @field_validator("body_limit", mode="after")
    @classmethod
    def _fits_json(cls, limit: int, info: ValidationInfo) -> int:
        keys = [key for key in ("expect_json", "expect_schema", "any") if info.data.get(key)]
        if limit > MOST_JSON and keys:
            raise mistake(f"at most {MOST_JSON} with {keys[0]}")
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

    @field_validator("any", mode="after")
    @classmethod
    def _have_a_body(cls, found: list[Alternative], info: ValidationInfo) -> list[Alternative]:
        if info.data.get("method") == "HEAD" and [one for one in found if one.needs_body]:
            raise mistake("alternatives of headers alone with method HEAD, whose answers have no body")
        return found

    @field_validator("proxy", mode="after")
    @classmethod
    def _is_proxy(cls, proxy: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if proxy is not None:
            try:
                parse(_PROXY.sub("http://", proxy.get_secret_value(), count=1))
            except ValueError as error:
                raise mistake('a URL such as "http://proxy.example:3128" or "socks5://..."', str(error)) from None
            if info.data.get("resolvers"):
                raise mistake("no resolvers with a proxy, which looks names up itself", "both")
            if info.data.get("expect_address_in"):
                raise mistake("no expect_address_in with a proxy, which alone knows the address", "both")
        return proxy

    @field_validator("resolve_to", mode="after")
    @classmethod
    def _is_by_ourselves(cls, host: str | None, info: ValidationInfo) -> str | None:
        if host is not None and info.data.get("proxy") is not None:
            raise mistake("no resolve_to with a proxy, which looks names up itself", "both")
        return host

    @field_validator("addresses", mode="after")
    @classmethod
    def _are_known(cls, addresses: Addresses, info: ValidationInfo) -> Addresses:
        if addresses != "one" and info.data.get("proxy") is not None:
            raise mistake('"one" with a proxy, which looks names up itself')
        return addresses

    @field_validator("family", mode="after")
    @classmethod
    def _fits_url(cls, family: Family, info: ValidationInfo) -> Family:
        url = info.data.get("url")
        if info.data.get("resolve_to") is not None:
            return fitting(family, info.data["resolve_to"])
        return fitting(family, parse(url).host if url else None)

    def shares(self) -> tuple[tuple[str, str], ...]:
        return (("host", parse(self.url).host),)

    def target(self) -> str:
        return str(parse(self.url))

    def hidden(self) -> Iterator[str]:
        """What of these keys may be a secret, for who shows what a target has said."""
        url = parse(self.url)
        for userinfo in (url.userinfo, self._proxy_user()):
            if userinfo is not None:
                yield from (basic(userinfo).partition(" ")[2], userinfo.decode("utf-8", "replace"))
                yield userinfo.partition(b":")[2].decode("utf-8", "replace")
        for secret in (self.bearer, self.oauth_client_secret):
            if secret is not None:
                yield secret.get_secret_value()
        for text in (url.path.partition("?")[2], self.body or "", *self.headers.values()):
            yield text
            yield from re.split(r"[\s&;=,]", text)
            yield from (value for _, value in parse_qsl(text))
        yield from self.body_form.values()
        yield from _texts(self.body_json)

    def _proxy_user(self) -> bytes | None:
        return None if self.proxy is None else parse(_PROXY.sub("http://", self.proxy.get_secret_value())).userinfo

    def content(self) -> tuple[bytes | None, str | None]:
        """The request's body, and its type where that is known; None of a request without one."""
        if self.body_json is not None:
            return json.dumps(self.body_json, ensure_ascii=False).encode(), "application/json"
        if self.body_form:
            return urlencode(self.body_form).encode(), "application/x-www-form-urlencoded"
        return (None if self.body is None else self.body.encode()), None
