"""What may be sent to the StatusDashboard dialect: every field with its type and limit."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from prober.options import Name, mistake
from statusapi.dialects.statusdashboard_objects import BASE, SEVERITIES, STATUSES, TYPES
from statusapi.dialects.tastypie import LONGEST_NUM
from statusapi.problems import Problem

LONGEST = 1000
LONGEST_NAME = 80
MOST_CHANNELS = 100
KEPT = (
    *("coordinator", "coordinator_md", "description", "description_md", "hidden_admin_uptime", "hidden_db"),
    *("impact", "impact_md"),
)
"""What only this dialect knows of an event."""


def _moment(value: Any) -> Any:
    """Milliseconds; naive moments are in UTC."""
    expected = "a date and time in UTC such as 2015-09-21T09:00:00"
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
        at = found if found.tzinfo else found.replace(tzinfo=UTC)
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise mistake(expected) from None


def _related(resource: str, known: Mapping[int, str] | None = None) -> BeforeValidator:
    """The number of a related object, by its address or the object that has one."""
    pattern = re.compile(rf"{re.escape(BASE)}/{resource}/([0-9]{{1,{LONGEST_NUM}}})/?")

    def read(value: Any) -> Any:
        if value is None:
            return None
        address = value.get("resource_uri") if isinstance(value, dict) else value
        found = pattern.fullmatch(address) if isinstance(address, str) else None
        if found is None or (known is not None and int(found[1]) not in known):
            raise mistake(f"the address of a {resource} such as {BASE}/{resource}/1/")
        return int(found[1])

    return BeforeValidator(read)


Text = Annotated[str, Field(max_length=LONGEST)]
Moment = Annotated[int, BeforeValidator(_moment)]
Status = Annotated[int, _related("status", STATUSES)]
Severity = Annotated[int | None, _related("severity", SEVERITIES)]
Type = Annotated[int, _related("type", TYPES)]
Service = Annotated[int, _related("service")]
Event = Annotated[int, _related("event/list")]


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Channel(_Fields):
    """One way to tell people. subject, text: in the place of prober's own words; numbers: of the channels meant."""

    enabled: bool
    details: bool | None = None

    @property
    def subject(self) -> str | None:
        return None

    @property
    def text(self) -> str | None:
        return None

    @property
    def numbers(self) -> list[int] | None:
        return None


class _Email(_Channel):
    email_subject: Annotated[str, Field(max_length=250)] | None = None

    @property
    def subject(self) -> str | None:
        return self.email_subject


class _HipChat(_Channel):
    message: Text | None = None
    color: Literal["yellow", "green", "red", "purple", "gray"] | None = None
    rooms: Annotated[list[int], Field(max_length=MOST_CHANNELS)] = []

    @property
    def text(self) -> str | None:
        return self.message

    @property
    def numbers(self) -> list[int] | None:
        return self.rooms


class _Slack(_Channel):
    message: Text | None = None
    channels: Annotated[list[int], Field(max_length=MOST_CHANNELS)] = []

    @property
    def text(self) -> str | None:
        return self.message

    @property
    def numbers(self) -> list[int] | None:
        return self.channels


class _Sms(_Channel):
    sms_text: Annotated[str, Field(max_length=85)] | None = None

    @property
    def text(self) -> str | None:
        return self.sms_text


class _Twitter(_Channel):
    tweet_text: Annotated[str, Field(max_length=100)] | None = None

    @property
    def text(self) -> str | None:
        return self.tweet_text


class Notifications(_Fields):
    """What is to be sent of the event, once; see statusdashboard_notifications."""

    email: _Email | None = None
    hipchat: _HipChat | None = None
    slack: _Slack | None = None
    sms: _Sms | None = None
    twitter: _Twitter | None = None
    webhook: _Channel | None = None


class EventService(_Fields):
    service: Service


class EventUpdate(_Fields):
    update: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    date: Moment | None = None
    status: Status | None = None
    markdown: bool = False


class EventFields(_Fields):
    """All that an event may be given; what is not said stays as it is.

    auto_start, auto_end: each half of auto. auto_mins: so many minutes before its start planned work is told once more.
    """

    auto: bool | None = None
    auto_start: bool | None = None
    auto_end: bool | None = None
    auto_mins: Annotated[int, Field(ge=0, le=1440)] | None = None
    coordinator: Text | None = None
    coordinator_md: bool | None = None
    description: Annotated[str, Field(min_length=1, max_length=LONGEST)] | None = None
    description_md: bool | None = None
    end: Moment | None = None
    event_service: list[EventService] = Field(default=[], max_length=1000)
    event_update: list[EventUpdate] = Field(default=[], max_length=100)
    hidden_admin_uptime: bool | None = None
    hidden_db: bool | None = None
    impact: Text | None = None
    impact_md: bool | None = None
    notifications: Notifications | None = None
    severity: Severity = None
    start: Moment | None = None
    status: Status | None = None
    type: Type | None = None

    @property
    def starts_itself(self) -> bool | None:
        """Whether planned work starts by the clock; None = that is not said."""
        return self.auto if self.auto_start is None else self.auto_start

    @property
    def ends_itself(self) -> bool | None:
        """The same of its end."""
        return self.auto if self.auto_end is None else self.auto_end


class NewServiceOfEvent(_Fields):
    event: Event
    service: Service


class NewUpdate(EventUpdate):
    event: Event


class ServiceFields(_Fields):
    service_name: Annotated[Name, Field(max_length=50)] | None = None
    group: Annotated[str, Field(max_length=50)] | None = None
    description: Annotated[str, Field(max_length=250)] | None = None
    hidden: bool | None = None
    hidden_notifications: bool | None = None


def kept(fields: EventFields) -> dict[str, Any]:
    """What is kept of an event beside what everybody knows of it."""
    told = {name: getattr(fields, name) for name in KEPT}
    return {name: value for name, value in told.items() if value is not None}


def name_of(description: str) -> str:
    """The first line, at most 80 characters of it: an event has no name of its own."""
    first = next(filter(None, (line.strip() for line in description.splitlines())), "") or "Event"
    return "".join(c for c in first if c.isprintable())[:LONGEST_NAME].strip() or "Event"


def wrong(field: str, text: str) -> Problem:
    """A field that can't be."""
    return Problem(400, "field", f"{field}: {text}", fields={field: text})
