"""What the models of the configuration have in common: durations, secrets, ids, and the keys every kind shares.

A kind of check or channel derives its own Options from CheckOptions or ChannelOptions and adds typed keys.
Models are strict (no coercion), frozen, and refuse unknown keys.
"""

import re
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from prober import template

_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_LONGEST_MS = 366 * _UNIT_MS["d"]
_LONGEST_NAME = 200
# Control characters, line ends, marks that turn the direction of what follows, and halves of characters.
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,62}[A-Za-z0-9])?")

EXPECTED_DURATION = 'a duration such as "30s"'
EXPECTED_ID = "an id of 1 to 64 letters, digits, '.', '_', ':' or '-', with a letter or digit at both ends"


def mistake(expected: str, found: str | None = None) -> PydanticCustomError:
    """A validation error in the house's words; found None = the value itself is shown."""
    return PydanticCustomError("mistake", "{expected}", {"expected": expected, "found": found})


def parse_duration_ms(text: str, longest_ms: int = _LONGEST_MS) -> int:
    """Milliseconds of "1h30m", "30s", "250ms" (parts add up); from 1 ms to 366 days. Raises ValueError for the rest."""
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(p.group() for p in parts) != text:
        raise ValueError(text)
    total = sum(float(p.group(1)) * _UNIT_MS[p.group(2)] for p in parts)
    if not 1 <= total <= longest_ms:
        raise ValueError(text)
    return int(total)


def show_duration(ms: int) -> str:
    """The shortest text that parse_duration_ms reads back as the same number: 90000 -> "1m30s"."""
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, ms = divmod(ms, _UNIT_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _duration(value: Any) -> int:
    if isinstance(value, str):
        try:
            return parse_duration_ms(value)
        except ValueError:
            pass
    raise mistake(EXPECTED_DURATION)


def is_id(text: str) -> bool:
    """Whether the text may be the stable id of something."""
    return _ID.fullmatch(text) is not None


def _id(value: Any) -> str:
    if isinstance(value, str) and is_id(value):
        return value
    raise mistake(EXPECTED_ID)


def _secret(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value
    if isinstance(value, str) and value:
        return SecretStr(value)
    raise mistake('a text, "${NAME}", {file = "..."} or {credential = "..."}')


def _name(value: Any) -> str:
    if (
        isinstance(value, str)
        and 1 <= len(value) <= _LONGEST_NAME
        and value == value.strip()
        and not _NOT_IN_A_NAME.search(value)
    ):
        return value
    raise mistake(f"a name: one line of 1 to {_LONGEST_NAME} characters without blanks at its ends")


def _zone(value: Any) -> str:
    expected = 'a time zone such as "Europe/Berlin"'
    if not isinstance(value, str) or not value:
        raise mistake(expected)
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise mistake(expected) from None


def _template(value: Any) -> str:
    expected = 'a template such as "{{subject}}"'
    if not isinstance(value, str) or not value.strip():
        raise mistake(expected)
    try:
        template.parsed(value, template.NOTICE)
    except ValueError as error:
        raise mistake(expected, f"a mistake in {error}") from None
    return value


TemplateText = Annotated[str, BeforeValidator(_template)]
DurationMs = Annotated[int, BeforeValidator(_duration), Field(json_schema_extra={"format": "duration"})]
Id = Annotated[str, BeforeValidator(_id)]
Name = Annotated[
    str, BeforeValidator(_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME})
]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
Zone = Annotated[str, BeforeValidator(_zone)]


class Options(BaseModel):
    """Base of every table of the configuration file."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)


class CheckOptions(Options):
    """The keys every check has, whatever its kind."""

    component: Id
    """The component this check feeds."""
    kind: str
    """How it probes."""
    name: Name = ""
    """What people read of it; the configuration puts the id here if there is none."""
    interval: DurationMs = 60_000
    """Time between two probes."""
    timeout: DurationMs = 10_000
    """The one deadline of a probe, from the first look-up to the last byte."""
    failures: int = Field(default=2, ge=1, le=100)
    """Failures in a row that make it down (or degraded)."""
    failures_of: int | None = Field(default=None, ge=1, le=100)
    """With it, the failures need not be in a row, but among so many of the latest answers."""
    failures_for: DurationMs | None = None
    """And they must have lasted so long."""
    degraded_failures: int | None = Field(default=None, ge=1, le=100)
    """The same three for degraded alone; without them, as for down."""
    degraded_failures_of: int | None = Field(default=None, ge=1, le=100)
    """Among so many of the latest answers."""
    degraded_failures_for: DurationMs | None = None
    """And they must have lasted so long."""
    successes: int = Field(default=2, ge=1, le=100)
    """Good answers in a row that make it up again."""
    successes_of: int | None = Field(default=None, ge=1, le=100)
    """With it, they need not be in a row, but among so many of the latest answers."""
    successes_for: DurationMs | None = None
    """And they must have lasted so long; each failure starts that time anew."""
    degraded_over: DurationMs | None = None
    """An answer slower than this is degraded."""
    degraded_quantile_over: DurationMs | None = None
    """While the answer at the quantile of a window is slower than this, it is degraded."""
    degraded_quantile: int = Field(default=95, ge=50, le=99)
    """So many per cent of the answers must not be slower."""
    degraded_quantile_window: DurationMs = 600_000
    """How long answers are counted for it."""
    critical: bool = False
    """Whether its component is in major outage when it is down, whatever its other checks say."""
    weight: int = Field(default=1, ge=1, le=1000)
    """How much it counts where its component asks for a share of its checks."""
    redundancy_group: Id | None = None
    """The component's checks of one group count as one, as good as the best of them."""
    flap_high: int | None = Field(default=None, ge=1, le=100)
    """From this share of changes among the latest answers on it flaps, per cent: its incident stays open."""
    flap_low: int | None = Field(default=None, ge=0, le=99)
    """Down to this share it still flaps; without it, half of flap_high."""
    retry_interval: DurationMs | None = None
    """A failure is looked at again at once, and then at this interval until it is sure."""
    canaries: list[Id] | None = None
    """Checks that show whether our own network works; without the key, those of `prober.canaries`."""
    vouches_for: Literal["network", "dns"] | None = None
    """What it shows as a canary: the network, or the look-up of names; without the key, what its kind is about."""

    def vouched(self) -> str:
        """The class of failures that it vouches for as a canary."""
        return self.vouches_for or "network"

    def shares(self) -> tuple[tuple[str, str], ...]:
        """(kind, value) of what it may have in common with other checks: its host, the resolver it asks."""
        return ()

    def target(self) -> str:
        """What is probed, for people; never a secret."""
        raise TypeError(f"{type(self).__name__} does not say what it probes")


def detection_ms(interval_ms: int, timeout_ms: int, failures: int, lasts_ms: int, retry_ms: int | None) -> int:
    """The longest time from the start of an outage to the verdict *down*, ms.

    Just missed, then so many slots, and more until it has lasted; the last takes its whole timeout. A retry waits for
    the answer before it, and goes on until it has lasted as well.
    """
    slots = max(failures, -(-lasts_ms // interval_ms) + 1)
    by_grid = slots * interval_ms + timeout_ms
    if retry_ms is None:
        return by_grid
    retries = max(failures - 1, -(-lasts_ms // retry_ms))
    return min(by_grid, interval_ms + timeout_ms + retries * (retry_ms + timeout_ms))


class ChannelOptions(Options):
    """The keys every channel has, whatever its kind."""

    kind: str
    """How it sends."""
    name: Name = ""
    """What people read of it; the configuration puts the id here if there is none."""
    timeout: DurationMs = 10_000
    """The one deadline of an attempt."""
    storm_budget: int | None = Field(default=None, ge=1, le=10_000)
    """How many messages it gets within storm_window; one digest tells what is beyond them."""
    storm_window: DurationMs = 600_000
    """How long that is, from the first of them."""
    number: int | None = Field(default=None, ge=1, le=999_999_999)
    """By which the StatusDashboard API names it in `notifications`; it reaches others by subscriptions alone."""
    evidence: bool = False
    """Whether its messages say what was seen: errors, times, phases and addresses, which are not for everybody."""
    template_title: TemplateText | None = None
    """What its messages say in one line, instead of prober's own words."""
    template_text: TemplateText | None = None
    """What its messages say, instead of prober's own words."""
    tells_digests: ClassVar[bool] = True

    @field_validator("template_title", "template_text")
    @classmethod
    def _may_be_worded(cls, value: str | None) -> str | None:
        if value is not None and not cls.tells_digests:
            raise mistake("none: what it is told is for programs", "a template")
        return value

    @field_validator("storm_budget")
    @classmethod
    def _may_hold_back(cls, value: int | None) -> int | None:
        if value is not None and not cls.tells_digests:
            raise mistake("none: what it is told is for programs, which need each notice")
        return value

    def is_for_subscribers(self) -> bool:
        """Whether it sends to the readers of the page who have subscribed."""
        return False

    def renewed_every_ms(self) -> int | None:
        """How often what was told last of a thing is sent again while that thing lasts; None = never."""
        return None

    def target(self) -> str:
        """Where it sends to, for people; never a secret."""
        raise TypeError(f"{type(self).__name__} does not say where it sends to")
