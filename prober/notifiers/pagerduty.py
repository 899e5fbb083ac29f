"""Kind pagerduty: alerts people on call, through PagerDuty's Events API v2.

An incident is one alert from its opening to its end, held together by a key made of its ids. What is sent follows where
the incident stands, by the table below. Planned work wakes nobody: it is told as a change event, which PagerDuty shows
beside alerts. https://developer.pagerduty.com/docs/events-api-v2/overview/
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

from prober.core.model import Incident, IncidentStatus, Indicator, MaintenanceState, StatusChange
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.fields import moment, stringify
from prober.notifiers.keys import BaseUrl, matching, place
from prober.notifiers.post import Letter, Manners, Post, said
from prober.notifiers.text import Telling, fitted, octets, telling
from prober.options import ChannelOptions, Secret

LONGEST_SUMMARY = 1_024
LONGEST_DETAIL = 20_000  # an event may have 512 KB
LONGEST_LABEL = 200

TRIGGER, ACKNOWLEDGE, RESOLVE = "trigger", "acknowledge", "resolve"

# Nothing is sent while the end is only watched: an acknowledged alert would stay silent if the trouble came back, and
# a trigger would open a new one if somebody had resolved it by hand.
ACTION: Mapping[IncidentStatus, str | None] = {
    IncidentStatus.INVESTIGATING: TRIGGER,
    IncidentStatus.IDENTIFIED: ACKNOWLEDGE,
    IncidentStatus.MONITORING: None,
    IncidentStatus.RESOLVED: RESOLVE,
    IncidentStatus.POSTMORTEM: RESOLVE,
}
SEVERITY: Mapping[Indicator, str] = {
    Indicator.NONE: "info",
    Indicator.MINOR: "warning",
    Indicator.MAJOR: "error",
    Indicator.CRITICAL: "critical",
    Indicator.MAINTENANCE: "info",
}

_ROUTING_KEY = matching(r"[A-Za-z0-9]{32}", "an integration key of 32 letters and digits")


class PagerdutyOptions(ChannelOptions):
    """The keys of a channel of kind pagerduty."""

    tells_digests: ClassVar[bool] = False
    routing_key: Annotated[Secret, _ROUTING_KEY]
    """The integration key of a service's Events API v2 integration."""
    base_url: BaseUrl = "https://events.pagerduty.com"
    """The Events API; https://events.eu.pagerduty.com in the EU."""

    def target(self) -> str:
        return place(self.base_url)


class Event(NamedTuple):
    """What is posted, without the key that says to whom. path: below the API."""

    path: str
    body: Mapping[str, Any]


def event(parcel: Parcel) -> Event | None:
    """The event that tells a notice; None if it is none for PagerDuty."""
    return parcel.told(_incident, _maintenance, _change)


def _incident(parcel: Parcel, incident: Incident) -> Event | None:
    action = ACTION[incident.status]
    return None if action is None else _alert(parcel, action, f"{incident.uid}-{incident.slug}")


def _change(parcel: Parcel, change: StatusChange) -> Event:
    is_trouble = change.after.depth > 0
    return _alert(parcel, TRIGGER if is_trouble else RESOLVE, f"component:{parcel.notice.site}:{change.component}")


def _maintenance(parcel: Parcel, _work: MaintenanceState) -> Event:
    told = telling(parcel)
    return Event("/v2/change/enqueue", {"payload": _payload(parcel, told), "links": _links(told)})


def _alert(parcel: Parcel, action: str, dedup_key: str) -> Event:
    body: dict[str, Any] = {"event_action": action, "dedup_key": dedup_key}
    if action == TRIGGER:
        told = telling(parcel)
        payload = _payload(parcel, told) | {"severity": SEVERITY[told.badness]}
        body |= {"payload": payload, "client": "prober", "links": _links(told)}
        body |= {"client_url": parcel.site.url} if parcel.site.url else {}
    return Event("/v2/enqueue", body)


def _payload(parcel: Parcel, told: Telling) -> dict[str, Any]:
    details = {fitted(label, LONGEST_LABEL): fitted(value, LONGEST_DETAIL, size=octets) for label, value in told.facts}
    said_so_far = fitted("\n".join(told.said), LONGEST_DETAIL, size=octets)
    return {
        "summary": fitted(told.subject, LONGEST_SUMMARY),
        "source": parcel.site.url or parcel.site.name,
        "timestamp": moment(parcel.notice.at_ms),
        "custom_details": details | ({"What is known": said_so_far} if said_so_far else {}),
    }


def _links(told: Telling) -> list[dict[str, str]]:
    return [{"href": told.url, "text": "Status page"}] if told.url else []


def _complaint(body: bytes) -> str:
    """PagerDuty's message, and its list of what is wrong."""
    wrong = said(body, "errors")
    words = [said(body, "message"), *(wrong if isinstance(wrong, list) else [])]
    return "; ".join(word for word in words if isinstance(word, str))


def build(options: PagerdutyOptions) -> Post:
    """The sender of one channel of kind pagerduty."""
    key = options.routing_key.get_secret_value()

    def letter(parcel: Parcel) -> Letter | None:
        found = event(parcel)
        return found and Letter(options.base_url + found.path, stringify({"routing_key": key, **found.body}))

    return Post(options, letter, Manners(complaint=_complaint))


KIND = kind_of(PagerdutyOptions, build)
