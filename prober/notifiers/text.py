"""The words of a notice, for channels that people read: plain, and useful at 03:00.

The subject says what happened to what; the lines say what is known, since when, and where to look.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from prober.core.incident import TROUBLE_WORDS, duration_words
from prober.core.model import Affected, Incident, Maintenance, NoticeReason, StatusChange
from prober.notifiers.base import Parcel

_HAPPENED: Mapping[NoticeReason, str] = {
    NoticeReason.OPENED: "Opened",
    NoticeReason.REOPENED: "Reopened",
    NoticeReason.CHANGED: "Changed",
    NoticeReason.UPDATED: "Update",
    NoticeReason.ACKNOWLEDGED: "Acknowledged",
    NoticeReason.REMINDER: "Still open",
    NoticeReason.FLAPPING: "Flapping",
    NoticeReason.MONITORING: "Monitoring",
    NoticeReason.RESOLVED: "Resolved",
    NoticeReason.COMPONENT_CHANGED: "Now",
    NoticeReason.MAINTENANCE_STARTED: "Maintenance started",
    NoticeReason.MAINTENANCE_COMPLETED: "Maintenance completed",
}


def subject(parcel: Parcel) -> str:
    """One line: site, what happened, to what."""
    return f"[{parcel.site.name}] {_HAPPENED[parcel.notice.reason]}: {_topic(parcel)}"


def lines(parcel: Parcel) -> list[str]:
    """What is known, a fact a line, the most useful first."""
    notice = parcel.notice
    if notice.incident is not None:
        told = _incident(parcel, notice.incident)
    elif notice.maintenance is not None:
        told = _maintenance(parcel, notice.maintenance)
    else:
        told = _change(notice.change) if notice.change is not None else []
    return [*told, f"{parcel.site.name}: {parcel.headline.text}"]


def _topic(parcel: Parcel) -> str:
    notice = parcel.notice
    if notice.change is not None:
        return _state(parcel, notice.change.component, notice.change)
    about = notice.incident or notice.maintenance
    return about.name if about is not None else notice.stream


def _state(parcel: Parcel, component: str, seen: StatusChange | Affected) -> str:
    status = seen.after if isinstance(seen, StatusChange) else seen.status
    return f"{parcel.name_of(component)} {TROUBLE_WORDS[status]}"


def _incident(parcel: Parcel, incident: Incident) -> list[str]:
    until_ms = incident.resolved_ms
    lasted = f", lasted {duration_words(until_ms - incident.started_ms)}" if until_ms is not None else ""
    return [
        *(update.body for update in incident.updates[-1:]),
        "; ".join(_state(parcel, a.component, a) for a in incident.affected),
        f"Impact: {incident.impact.word}",
        f"Began: {_moment(incident.started_ms)}{lasted}",
        f"{parcel.site.url}/incidents/{incident.slug}",
    ]


def _maintenance(parcel: Parcel, window: Maintenance) -> list[str]:
    return [
        *([window.description] if window.description else []),
        f"From {_moment(window.start_ms)} to {_moment(window.end_ms)}",
        "Affected: " + ", ".join(parcel.name_of(c) for c in window.components),
    ]


def _change(change: StatusChange) -> list[str]:
    was = TROUBLE_WORDS[change.before].replace("is ", "was ", 1)
    return [f"Before, it {was}", f"Since {_moment(change.at_ms)}"]


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
