"""Kind alertmanager: alerts for Prometheus's Alertmanager, which decides by its own routes who is told.

Alertmanager knows an alert by its labels, so they stay the same for an incident's whole life, all but the severity:
when this changes, the alert with the new one is sent and those with the others are ended, in one push. An alert that
fires ends by itself a while after it was pushed, and is pushed again long before that, for as long as it lasts.
https://prometheus.io/docs/alerting/latest/alerts_api/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from prober.core.model import Impact, Incident, MaintenanceState, NoticeReason, StatusChange
from prober.core.status import IMPACT_OF
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import moment, stringify
from prober.notifiers.keys import Authorities, BaseUrl, Headers, place
from prober.notifiers.post import Letter, Manners, Post, said
from prober.notifiers.silences import Silencing
from prober.notifiers.text import fitted, telling
from prober.options import ChannelOptions, DurationMs, mistake, show_duration

# An end that Alertmanager's clock has not reached yet would lose against the one far ahead, and the alert would go on.
CLOCKS_MAY_DIFFER_MS = 60_000
LEAST_PUSHES = 3  # within the time an alert lasts: one or two may be lost
LONGEST_SUMMARY = 500
LONGEST_DESCRIPTION = 5_000

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_OURS = frozenset({"alertname", "cause", "component", "incident", "maintenance", "severity", "site"})

Labels = Mapping[str, str]


def _labels(value: object) -> object:
    if not isinstance(value, Mapping):
        raise mistake('a table of texts such as {team = "shop"}')
    for name, text in value.items():
        if not isinstance(name, str) or not _LABEL.fullmatch(name):
            raise mistake('label names such as "team"', f'"{name}"')
        if name in _OURS:
            raise mistake(f"no label {name}, which prober sets by itself", f'"{name}"')
        if not isinstance(text, str) or not text.strip():
            raise mistake(f"a text for the label {name}")
    return value


class AlertmanagerOptions(ChannelOptions):
    """The keys of a channel of kind alertmanager."""

    tells_digests: ClassVar[bool] = False
    url: BaseUrl
    """Where Alertmanager is."""
    labels: Annotated[dict[str, str], BeforeValidator(_labels)] = Field(default={})
    """More labels on every alert, to route by."""
    resend: DurationMs = 60_000
    """How often an alert that fires is pushed again."""
    lasts: DurationMs = Field(default="1h", validate_default=True)
    """When an alert ends by itself if it is not pushed again."""
    headers: Headers = Field(default={}, repr=False)
    """More request headers, such as Authorization."""
    ca: Authorities | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    silences: bool = False
    """Whether planned work becomes silences, for alerts with the labels site and component."""

    @field_validator("lasts")
    @classmethod
    def _outlasts(cls, value: int, info: ValidationInfo) -> int:
        resend_ms = info.data.get("resend")
        if resend_ms is not None and value < LEAST_PUSHES * resend_ms:
            least = show_duration(LEAST_PUSHES * resend_ms)
            raise mistake(f"at least {least}, which is {LEAST_PUSHES} times resend", show_duration(value))
        return value

    def renewed_every_ms(self) -> int:
        return self.resend

    def target(self) -> str:
        return place(self.url)


def alerts(parcel: Parcel, lasts_ms: int, labels: Labels) -> list[dict[str, Any]]:
    """The alerts that tell a notice. lasts_ms: how long one that fires lasts from now."""
    told = telling(parcel)
    common = {
        "annotations": {
            "summary": fitted(told.subject, LONGEST_SUMMARY),
            "description": fitted("\n".join(told.said), LONGEST_DESCRIPTION),
        },
        "generatorURL": told.url,
    }
    return [
        {
            "labels": {**labels, "site": parcel.notice.site, **own},
            "startsAt": moment(start_ms),
            "endsAt": moment(parcel.sent_ms + lasts_ms if end_ms is None else end_ms),
            **common,
        }
        for own, start_ms, end_ms in parcel.told(_incident, _maintenance, _change)
    ]


_Alert = tuple[Labels, int, int | None]
"""Labels, start, and end; None while it fires."""


def _incident(parcel: Parcel, incident: Incident) -> Iterator[_Alert]:
    about = {"alertname": "ProberIncident", "incident": incident.slug, "cause": incident.cause}
    is_first = parcel.notice.reason in (NoticeReason.OPENED, NoticeReason.ESCALATED)
    firing = incident.impact if incident.is_open else None
    yield from _by_severity(about, firing, incident.started_ms, incident.updated_ms, only_firing=is_first)


def _change(_parcel: Parcel, change: StatusChange) -> Iterator[_Alert]:
    about = {"alertname": "ProberComponent", "component": change.component}
    firing = IMPACT_OF[change.after] if change.after.depth > 0 else None
    yield from _by_severity(about, firing, change.at_ms, change.at_ms)


def _maintenance(_parcel: Parcel, work: MaintenanceState) -> Iterator[_Alert]:
    """Nothing until it has started; its end, as things stand, is known from there on."""
    if work.started_ms is not None:
        yield (
            {"alertname": "ProberMaintenance", "maintenance": work.id, "severity": Impact.NONE.word},
            work.started_ms,
            work.end_ms if work.ended_ms is None else work.ended_ms,
        )


def _by_severity(
    about: Labels, firing: Impact | None, start_ms: int, at_ms: int, *, only_firing: bool = False
) -> Iterator[_Alert]:
    """The one that fires now, and the end of all others that may have fired before."""
    ended_ms = at_ms - CLOCKS_MAY_DIFFER_MS
    for impact in Impact:
        labels = {**about, "severity": impact.word}
        if impact is firing:
            yield labels, start_ms, None
        elif not only_firing:
            yield labels, min(start_ms, ended_ms), ended_ms


def _complaint(body: bytes) -> str:
    """Alertmanager answers with a text as JSON, or with an object that has a message."""
    words = [said(body), said(body, "message")]
    return next((word for word in words if isinstance(word, str)), "")


def build(options: AlertmanagerOptions) -> Post | Silencing:
    """The sender of one channel of kind alertmanager."""
    url = f"{options.url}/api/v2/alerts"
    headers = list(options.headers.items())

    def letter(parcel: Parcel) -> Letter | None:
        found = alerts(parcel, options.lasts, options.labels)
        return Letter(url, stringify(found), headers) if found else None

    post = Post(options, letter, Manners(complaint=_complaint), ca=options.ca)
    return Silencing(post, options.url, headers, options.timeout) if options.silences else post


KIND = kind_of(AlertmanagerOptions, build)
