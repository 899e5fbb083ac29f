"""Keys that several kinds have, checked in the house's words."""

import ssl
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from prober.options import mistake
from prober.wire import tls
from prober.wire.address import literal
from prober.wire.request import FRAMING, NOT_A_VALUE
from prober.wire.request import NAME as HEADER
from prober.wire.url import parse_host, parse_place

Family = Literal["any", "4", "6", "4 first", "6 first"]
_FOUND_CONTROL = "a text with a line break or another control character"


def fitting(family: Family, host: str | None) -> Family:
    """The family, if the host can have an address of it; host None = not known, because it is a mistake itself."""
    address = literal(host) if host is not None else None
    if address is not None and family in ("4", "6") and family != str(address.version):
        raise mistake(f'"any" or "{address.version}", as the target is an IPv{address.version} address')
    return family


def named_place(target: str, scheme: str) -> dict[str, object] | None:
    """The host, and the port if there is one, of `scheme://host[:port]`, as keys; None for anything else."""
    found, _, rest = target.partition("://")
    if found.lower() != scheme:
        return None
    try:
        host, port = parse_place(rest)
    except ValueError:
        return None
    return {"host": host} if port is None else {"host": host, "port": port}


def place(host: str, port: int) -> str:
    """`host:port` for people, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _ca_file(path: str) -> str:
    try:
        tls.context(True, path)
    except (OSError, ValueError) as error:
        why = "no certificate in it" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
        raise mistake("a readable PEM file with certificates", f'"{path}": {why or error}') from None
    return path


def _client_file(path: str) -> str:
    try:
        tls.context(False, None, (), path)
    except (OSError, ValueError) as error:
        why = "no certificate with its key and without a password"
        if not isinstance(error, ssl.SSLError):
            why = getattr(error, "strerror", None) or str(error)
        raise mistake("a readable PEM file with a certificate and its key", f'"{path}": {why}') from None
    return path


def _host(value: object) -> str:
    expected = 'a host name or address such as "db.example.com"'
    if not isinstance(value, str):
        raise mistake(expected)
    try:
        return parse_host(value.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise mistake(expected) from None


def _headers(value: object) -> object:
    if not isinstance(value, Mapping):
        raise mistake('a table of texts such as {"X-Token" = "..."}', f"a {type(value).__name__}")
    for name, text in value.items():
        _check_header(name, text)
    return value


def _check_header(name: object, value: object) -> None:
    """Values are never shown: they may be secrets."""
    if not isinstance(name, str) or not HEADER.fullmatch(name):
        raise mistake('header names such as "X-Token"', f'"{name}"')
    if name.lower() in FRAMING:
        instead = "the key host instead of" if name.lower() == "host" else "prober's own"
        raise mistake(f"{instead} header {name}", f'"{name}"')
    if not isinstance(value, str):
        raise mistake(f"a text for the header {name}", f"a {type(value).__name__}")
    if NOT_A_VALUE.search(value):
        raise mistake(f"one line of text for the header {name}", _FOUND_CONTROL)


Host = Annotated[str, BeforeValidator(_host)]
"""A name or an address, in lower-case ASCII; IPv6 addresses without brackets."""

CaFile = Annotated[str, AfterValidator(_ca_file)]
"""The path of a PEM file with authorities, which is read at once to see that it can be."""

Headers = Annotated[dict[str, str], BeforeValidator(_headers)]
"""Request headers, which may hold secrets: what is wrong with a value is told, the value never."""

ClientFile = Annotated[str, AfterValidator(_client_file)]
"""The path of a PEM file with our own certificate, those above it, and its key."""
