"""Keys that several kinds have, checked in the house's words. What may be a secret is never shown."""

import re
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from prober.options import Secret, mistake
from prober.wire.httpx_lean import httpx
from prober.wire.request import FRAMING, NAME, NOT_A_VALUE
from prober.wire.url import Url, parse

RESERVED = FRAMING | {"connection", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature"}

_EXPECTED_HOOK = 'an http or https URL such as "https://hooks.example.com/prober"'
_EXPECTED_BASE = 'an http or https URL such as "https://example.com"'


def _hook(value: object, *, instead: str = "") -> str:
    url = _url(value, _EXPECTED_HOOK)
    if url.userinfo is not None:
        raise mistake(f"no user name or password in the URL{instead}", "one of them")
    return str(value)


def _base(value: object) -> str:
    url = _url(value, _EXPECTED_BASE)
    if url.userinfo is not None or "?" in url.path or "#" in str(value):
        raise mistake(f"{_EXPECTED_BASE}, without user name, query and fragment", "one with one of them")
    return str(url).rstrip("/")


def _url(value: object, expected: str) -> Url:
    if not isinstance(value, str):
        raise mistake(expected, f"a {type(value).__name__}")
    try:
        url = parse(value)
        httpx.URL(str(url))  # has limits of its own
    except (ValueError, httpx.InvalidURL) as error:
        raise mistake(expected, f"a text that is none: {error}") from None
    return url


def _headers(value: object) -> object:
    if not isinstance(value, Mapping):
        raise mistake('a table of texts such as {Authorization = "..."}', f"a {type(value).__name__}")
    for name, text in value.items():
        _check_header(name, text)
    return value


def _check_header(name: object, value: object) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise mistake('header names such as "X-Token"', f'"{name}"')
    if name.lower() in RESERVED:
        raise mistake(f"no header {name}, which prober sets by itself", f'"{name}"')
    if not isinstance(value, str):
        raise mistake(f"a text for the header {name}", f"a {type(value).__name__}")
    if NOT_A_VALUE.search(value):
        raise mistake(
            f"one line of text for the header {name}", "a text with a line break or another control character"
        )


def matching(pattern: str, expected: str) -> AfterValidator:
    """A check that the whole of a secret has that form; it is not repeated if it has not."""
    form = re.compile(pattern, re.ASCII)

    def check(value: SecretStr) -> SecretStr:
        if not form.fullmatch(value.get_secret_value()):
            raise mistake(expected, "another text")
        return value

    return AfterValidator(check)


HookUrl = Annotated[str, BeforeValidator(_hook), Field(repr=False)]
"""An address that a service gave for posting to it: whoever has it can post."""
UrlBesideHeaders = Annotated[str, BeforeValidator(partial(_hook, instead=", use headers")), Field(repr=False)]
"""The same, for a kind that has Headers."""
BaseUrl = Annotated[str, BeforeValidator(_base)]
"""Where a service's API begins; without a slash at its end."""
Headers = Annotated[dict[str, str], BeforeValidator(_headers), Field(repr=False)]
"""More request headers, of those that prober does not set by itself."""

Token = Annotated[Secret, matching(r"[!-~]+", "a token: one word of ASCII characters")]
"""What a service gave to prove who we are."""


def _authorities(path: str) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        why = "no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise mistake("a readable PEM file with certificates", f'"{path}": {why}') from None
    return path


Authorities = Annotated[str, AfterValidator(_authorities)]
"""A PEM file with the authorities to trust."""


def place(url: str) -> str:
    """A URL for people: without its path, where many receivers want their token."""
    found = parse(url)
    return found.origin if found.path == "/" else f"{found.origin}/..."
