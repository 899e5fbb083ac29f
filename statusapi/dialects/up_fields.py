"""What may be put in the UP dialect. A field that is not known is passed over, and what is `[]` or "" is unset, as it
is when it is read: so what was read can be put back.
"""

from base64 import b64decode
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from prober.core.model import Impact, IncidentStatus, MaintenanceStatus, Status
from prober.options import Id, Name, mistake
from statusapi.dialects.capitals import COMPONENT, IMPACT, INCIDENT
from statusapi.orders import Body, Moment

MOST_POINTS = 1000  # of a request
LATEST_MS = 4_102_444_800_000  # 2100-01-01


def _unset(value: Any) -> Any:
    return None if value in ([], "") else value


Ref = Annotated[Id | None, BeforeValidator(_unset)]
Text = Annotated[Annotated[str, Field(max_length=2000)] | None, BeforeValidator(_unset)]
Place = Annotated[int, Field(ge=0, le=1_000_000)]

# Words of the original, and those of its neighbours that mean something to us.
_STATUSES = {word: status for status, word in COMPONENT.items()} | {"MINOROUTAGE": Status.DEGRADED}
_STATUSES.pop("UNDERMAINTENANCE")
_STEPS = {word: status for status, word in reversed(list(INCIDENT.items()))}
_WORKS = {
    "NOTSTARTEDYET": MaintenanceStatus.PLANNING,
    "INPROGRESS": MaintenanceStatus.INPROGRESS,
    "COMPLETED": MaintenanceStatus.COMPLETED,
}
_IMPACTS = {word: impact for impact, word in IMPACT.items()} | {"MINOROUTAGE": Impact.MINOR}


def _word(words: Mapping[str, Any]) -> BeforeValidator:
    expected = f"one of {', '.join(words)}"

    def read(value: Any) -> Any:
        if value in ([], "", None):
            return None
        found = words.get(value.upper()) if isinstance(value, str) else None
        if found is None:
            raise mistake(expected)
        return found

    return BeforeValidator(read)


def _endpoint(value: Any) -> Any:
    """A URL that is no plain address of ours; what its name means is judged when something is sent."""
    expected = "an http or https URL of a public host"
    if value in ([], "", None):
        return None
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host = parts.hostname or ""
        is_good = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        raise mistake(expected) from None
    if not is_good or "@" in parts.netloc or not value.isprintable() or " " in value or len(value) > 2000:
        raise mistake(expected)
    return value


def is_internal(url: str) -> bool:
    """Whether a URL names by itself what only we can reach."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".internal", ".local")) or host.isdecimal()


def _secret(value: Any) -> Any:
    if value in ([], "", None):
        return None
    expected = '"whsec_" and base64 of 24 to 64 bytes'
    try:
        size = len(b64decode(value.removeprefix("whsec_"), validate=True)) if isinstance(value, str) else 0
    except ValueError:
        raise mistake(expected) from None
    if not 24 <= size <= 64 or not value.startswith("whsec_"):
        raise mistake(expected)
    return value


class Fields(BaseModel):
    """Of every object."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    id: Any = None  # one that is not well-formed is not kept: another is made
    name: Annotated[Name | None, BeforeValidator(_unset)] = None


class ComponentFields(Fields):
    account: Ref = None
    site: Ref = None
    parent: Ref = None
    description: Text = None
    position: Place | None = None
    status: Annotated[Status | None, _word(_STATUSES)] = None


class IncidentFields(Fields):
    account: Ref = None
    site: Ref = None
    component: Ref = None
    components: list[Id] = Field(default=[], max_length=1000)
    status: Annotated[IncidentStatus | None, _word(_STEPS)] = None
    impact: Annotated[Impact | None, _word(_IMPACTS)] = None
    body: Annotated[Body | None, BeforeValidator(_unset)] = None


class MaintenanceFields(Fields):
    """duration: minutes. incident: which one it is for."""

    account: Ref = None
    incident: Ref = None
    site: Ref = None
    components: list[Id] = Field(default=[], max_length=1000)
    start: Annotated[Moment | None, BeforeValidator(_unset)] = None
    duration: Annotated[int, Field(ge=1, le=527_040)] | None = None
    status: Annotated[MaintenanceStatus | None, _word(_WORKS)] = None
    body: Text = None


class SiteFields(Fields):
    account: Ref = None
    description: Text = None
    url: Annotated[str | None, BeforeValidator(_endpoint)] = None
    components: list[ComponentFields | str] = Field(default=[], max_length=1000)
    incidents: list[IncidentFields | str] = Field(default=[], max_length=100)
    maintenance: list[MaintenanceFields | str] = Field(default=[], max_length=100)


class AccountFields(Fields):
    key: Any = None
    sites: list[SiteFields | str] = Field(default=[], max_length=100)


class SubscriptionFields(Fields):
    account: Ref = None
    site: Ref = None
    endpoint: Annotated[str | None, BeforeValidator(_endpoint)] = None
    components: list[Id] = Field(default=[], max_length=1000)
    format: Annotated[Literal["up", "statuspage", "standard"] | None, BeforeValidator(_unset)] = None
    secret: Annotated[str | None, BeforeValidator(_secret)] = None


class PointFields(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    timestamp: int = Field(ge=0, le=LATEST_MS)
    value: float


class MetricFields(Fields):
    account: Ref = None
    site: Ref = None
    component: Ref = None
    suffix: Annotated[str, Field(max_length=20)] | None = None
    active: bool | None = None
    order: Place | None = None
    data: list[PointFields] = Field(default=[], max_length=MOST_POINTS)
