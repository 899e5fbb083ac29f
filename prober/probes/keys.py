"""Keys that several kinds have, checked in the house's words."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from prober.options import mistake
from prober.wire.resolve import literal
from prober.wire.url import parse_host

Family = Literal["any", "4", "6"]


def fitting(family: Family, host: str | None) -> Family:
    """The family, if the host can have an address of it; host None = not known, because it is a mistake itself."""
    address = literal(host) if host is not None else None
    if address is not None and family not in ("any", str(address.version)):
        raise mistake(f'"any" or "{address.version}", as the target is an IPv{address.version} address')
    return family


def _host(value: object) -> str:
    expected = 'a host name or address such as "db.example.com"'
    if not isinstance(value, str):
        raise mistake(expected)
    try:
        return parse_host(value.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise mistake(expected) from None


Host = Annotated[str, BeforeValidator(_host)]
"""A name or an address, in lower-case ASCII; IPv6 addresses without brackets."""
