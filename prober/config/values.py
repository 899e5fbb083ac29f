"""What one value of a table may be, and what is said of it if it is something else."""

import re
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NoReturn
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

from prober.core.hours import parsed
from prober.core.recurrence import checked
from prober.options import Secret, mistake, parse_duration_ms

SHORTEST_KEY = 16
LARGEST_LOGO = 262_144  # bytes
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})?)):([0-9]{1,5})")

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?")


class Address(NamedTuple):
    """Where a listener listens. host: a name or an address, IPv6 without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(value: Any) -> Address:
    found = _ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[3]) <= 65_535:
        raise mistake('an address such as "127.0.0.1:8080" or "[::1]:8080"')
    return Address((found[1] or found[2]).lower(), int(found[3]))


def address_or_off(value: Any) -> Address | None:
    return None if value == "off" else address(value)


def network(value: Any) -> str:
    try:
        return str(ip_network(value)) if isinstance(value, str) else _no_network()
    except ValueError:
        return _no_network()


def _no_network() -> NoReturn:
    raise mistake('an address or a network such as "10.0.0.0/8"')


def folder(value: Any, info: ValidationInfo) -> Path:
    if isinstance(value, str) and value and "\0" not in value:
        beside: Path = (info.context or {}).get("folder", Path())
        return beside / value
    raise mistake('a path such as "prober-state"')


def key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SHORTEST_KEY:
        raise mistake(f"a key of at least {SHORTEST_KEY} characters", "a shorter one")
    return value


def url(value: Any) -> str:
    expected = 'a URL such as "https://status.example.com"'
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        raise mistake(expected)
    try:
        parts = urlsplit(value)
        has_port = parts.port != 0
    except ValueError:
        raise mistake(expected) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
        raise mistake(expected)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise mistake(f"{expected}, without user name, query and fragment")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}".rstrip("/")


def hook(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        is_good = is_good and parts.port != 0 and text.isascii() and text.isprintable() and " " not in text
    except ValueError:
        is_good = False
    if not is_good:
        raise mistake('an http or https URL such as "https://hc.example.com/ping/0"', "another text")
    return value


_PLACES = re.compile(r"\*|(?:\*\.)?[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?")


def places(value: Any) -> str:
    """Whom a pattern of targets means, in lower case."""
    expected = 'a host, "*.example.com", a network such as "10.0.0.0/8", or "*" for all'
    text = value.lower() if isinstance(value, str) else ""
    try:
        return str(ip_network(text))
    except ValueError:
        if _PLACES.fullmatch(text):
            return text
    raise mistake(expected)


def link(value: Any) -> str:
    if isinstance(value, str) and value.startswith("mailto:") and value.isprintable() and " " not in value:
        return value
    expected = 'a link such as "https://example.com/help?a=b" or "mailto:help@example.com"'
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        raise mistake(expected)
    try:
        parts = urlsplit(value)
    except ValueError:
        raise mistake(expected) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise mistake(expected)
    return value


def origin(value: Any) -> str:
    if isinstance(value, str) and _ORIGIN.fullmatch(value):
        return value.lower()
    raise mistake('an origin such as "https://intranet.example.com"')


def colour(value: Any) -> str:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return value.lower()
    raise mistake('a colour such as "#1f6f54"')


def logo(value: Any, info: ValidationInfo) -> Path:
    path = folder(value, info)
    expected = f"a file of at most {LARGEST_LOGO // 1024} KiB that ends in {', '.join(LOGO_TYPES)}"
    if path.suffix not in LOGO_TYPES:
        raise mistake(expected)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise mistake(expected, f'"{value}": {(error.strerror or "").lower()}') from None
    if not 0 < size <= LARGEST_LOGO:
        raise mistake(expected, f"{size} bytes")
    return path


EXPECTED_MOMENT = "a date and time with its zone such as 2026-03-01T22:00:00+01:00"


def moment(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise mistake(EXPECTED_MOMENT)


def start(value: Any) -> datetime:
    """With a zone or, where a rule and its zone stand beside it, without; rules.py knows which."""
    if isinstance(value, datetime):
        return value
    raise mistake(EXPECTED_MOMENT)


def rrule(value: Any) -> str:
    expected = 'a recurrence rule such as "FREQ=WEEKLY;BYDAY=SU"'
    if not isinstance(value, str):
        raise mistake(expected)
    try:
        return checked(value)
    except ValueError as error:
        raise mistake(expected, f'"{value}": {error}') from None


def share(value: Any) -> int:
    """Per cent; 0 = any."""
    words = {"any": 0, "all": 100}
    if isinstance(value, str) and value in words:
        return words[value]
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100:
        return value
    raise mistake('"all", "any", or a share in per cent from 1 to 100')


def hours(value: Any) -> str:
    try:
        if isinstance(value, str) and parsed(value, "UTC"):
            return value
    except ValueError:
        pass
    raise mistake('hours of the week such as "Mo-Fr 08:00-18:00, Sa 09:00-13:00"')


HoursText = Annotated[str, BeforeValidator(hours)]

DAY_MS = 86_400_000
LONGEST_KEPT_MS = 36_600 * DAY_MS


def kept(value: Any) -> int:
    try:
        return parse_duration_ms(value if isinstance(value, str) else "", LONGEST_KEPT_MS)
    except ValueError:
        raise mistake('a duration such as "400d"') from None


GroupBy = Literal["parent", "host", "address", "resolver", "certificate", "group", "site"]
KeptMs = Annotated[int, BeforeValidator(kept), Field(json_schema_extra={"format": "duration"})]
Key = Annotated[Secret, AfterValidator(key)]
Moment = Annotated[datetime, BeforeValidator(moment)]
