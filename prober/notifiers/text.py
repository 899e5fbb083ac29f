"""The words of a notice, for channels that people read: plain, and useful at 03:00.

The subject says what happened to what; then comes what is known, since when, and where to look. How a service sets
these words is the kind's own matter; that they fit, and mean nothing else to the service, is seen to here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from prober.core.incident import TROUBLE_WORDS, duration_words
from prober.core.model import (
    Affected,
    Impact,
    Incident,
    Indicator,
    MaintenanceState,
    NoticeReason,
    Status,
    StatusChange,
)
from prober.notifiers.base import Parcel, Seen, Words
from prober.template import Value, rendered

_HAPPENED: Mapping[NoticeReason, str] = {
    NoticeReason.OPENED: "Opened",
    NoticeReason.REOPENED: "Reopened",
    NoticeReason.CHANGED: "Changed",
    NoticeReason.UPDATED: "Update",
    NoticeReason.ACKNOWLEDGED: "Acknowledged",
    NoticeReason.REMINDER: "Still open",
    NoticeReason.ESCALATED: "Nobody has taken",
    NoticeReason.FLAPPING: "Flapping",
    NoticeReason.MONITORING: "Monitoring",
    NoticeReason.RESOLVED: "Resolved",
    NoticeReason.COMPONENT_CHANGED: "Now",
    NoticeReason.MAINTENANCE_SCHEDULED: "Maintenance scheduled",
    NoticeReason.MAINTENANCE_REMINDER: "Maintenance soon",
    NoticeReason.MAINTENANCE_STARTED: "Maintenance started",
    NoticeReason.MAINTENANCE_EXTENDED: "Maintenance extended",
    NoticeReason.MAINTENANCE_COMPLETED: "Maintenance completed",
    NoticeReason.MAINTENANCE_CANCELLED: "Maintenance cancelled",
    NoticeReason.DIGEST: "Digest",
}
_BY_IMPACT: Mapping[Impact, Indicator] = {
    Impact.NONE: Indicator.NONE,
    Impact.MINOR: Indicator.MINOR,
    Impact.MAJOR: Indicator.MAJOR,
    Impact.CRITICAL: Indicator.CRITICAL,
}
MARK: Mapping[Indicator, str] = {
    Indicator.NONE: "🟢",
    Indicator.MINOR: "🟡",
    Indicator.MAJOR: "🟠",
    Indicator.CRITICAL: "🔴",
    Indicator.MAINTENANCE: "🔵",
}
"""A mark that shows how bad it is, where colours are not at hand."""
COLOR: Mapping[Indicator, int] = {
    Indicator.NONE: 0x2EB67D,
    Indicator.MINOR: 0xF2C744,
    Indicator.MAJOR: 0xE8912D,
    Indicator.CRITICAL: 0xE01E5A,
    Indicator.MAINTENANCE: 0x3B82F6,
}
"""The same as a colour, red green blue."""
_BY_STATUS: Mapping[Status, Indicator] = {
    Status.OPERATIONAL: Indicator.NONE,
    Status.MAINTENANCE: Indicator.MAINTENANCE,
    Status.DEGRADED: Indicator.MINOR,
    Status.PARTIAL: Indicator.MAJOR,
    Status.MAJOR: Indicator.CRITICAL,
}


class Telling(NamedTuple):
    """A notice in words.

    subject: one line. said: a sentence each, the most useful first. facts: label and value, neither of them empty.
    url: where to look, "" if nowhere. badness: how bad it is now, in the word a page would have for it.
    """

    subject: str
    said: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    url: str
    badness: Indicator

    @property
    def lines(self) -> list[str]:
        """All but the subject, a fact a line."""
        return [*self.said, *(f"{label}: {value}" for label, value in self.facts), *([self.url] if self.url else [])]


def telling(parcel: Parcel) -> Telling:
    """What there is to tell of the notice."""
    if parcel.notice.digest:
        return _digest(parcel._replace(words=None))
    told = parcel.told(_incident, _maintenance, _change)
    return told if parcel.words is None else _worded(parcel, told, parcel.words)


def _worded(parcel: Parcel, told: Telling, words: Words) -> Telling:
    """The same in a channel's own words; a title that comes out empty is left as it was."""
    values = variables(parcel, told)
    title = " ".join(rendered(words.title, values).split()) if words.title is not None else ""
    told = told._replace(subject=title or told.subject)
    if words.text is None:
        return told
    return told._replace(said=tuple(filter(None, [rendered(words.text, values).strip()])), facts=())


def variables(parcel: Parcel, told: Telling) -> dict[str, Value]:
    """What a template can say of the notice, by name; the keys are those of template.NOTICE."""
    notice = parcel.notice
    incident, work, change = notice.incident, notice.maintenance, notice.change
    values: dict[str, Value] = {
        "site": parcel.site.name,
        "reason": str(notice.reason),
        "happened": _happened(parcel),
        "subject": told.subject,
        "text": "\n".join(told.said),
        "mark": MARK[told.badness],
        "badness": str(told.badness),
        "headline": parcel.headline.text,
        "url": told.url,
        "is_incident": incident is not None,
        "is_maintenance": work is not None,
        "is_change": change is not None,
        "is_over": told.badness is Indicator.NONE,
        "facts": [{"label": label, "value": value} for label, value in told.facts],
    }
    return values | parcel.told(_of_incident, _of_maintenance, _of_change)


def _of_incident(parcel: Parcel, incident: Incident) -> dict[str, Value]:
    return {
        "name": incident.name,
        "impact": incident.impact.word,
        "status": str(incident.status),
        "began": moment_words(incident.started_ms),
        "ended": _moment_or_nothing(incident.resolved_ms),
        "components": [{"component": parcel.name_of(a.component), "shows": str(a.status)} for a in incident.affected],
        "updates": [{"at": moment_words(u.at_ms), "body": u.body} for u in incident.updates],
    }


def _of_maintenance(parcel: Parcel, work: MaintenanceState) -> dict[str, Value]:
    return {
        "name": work.name,
        "impact": "",
        "status": str(work.status),
        "began": moment_words(work.start_ms),
        "ended": moment_words(work.end_ms if work.ended_ms is None else work.ended_ms),
        "components": [{"component": parcel.name_of(c), "shows": "maintenance"} for c in work.components],
        "updates": [{"at": moment_words(u.at_ms), "body": u.body} for u in work.updates],
    }


def _of_change(parcel: Parcel, change: StatusChange) -> dict[str, Value]:
    name = parcel.name_of(change.component)
    return {
        "name": name,
        "impact": "",
        "status": str(change.after),
        "began": moment_words(change.at_ms),
        "ended": "",
        "components": [{"component": name, "shows": str(change.after)}],
        "updates": [],
    }


def _moment_or_nothing(at_ms: int | None) -> str:
    return "" if at_ms is None else moment_words(at_ms)


def _incident(parcel: Parcel, incident: Incident) -> Telling:
    until_ms = incident.resolved_ms
    lasted = f", lasted {duration_words(until_ms - incident.started_ms)}" if until_ms is not None else ""
    if parcel.tells and until_ms is not None:
        when = f"from {moment_words(incident.started_ms)} to {moment_words(until_ms)}"
        was = f"It could not be told in time: it was open {when}."
    else:
        was = ""
    news = incident.updates[-1].body if incident.updates else ""
    return Telling(
        _subject(parcel, incident.name),
        tuple(filter(None, (was, _waiting(parcel, incident), news, _states(parcel, incident, news)))),
        (
            ("Impact", incident.impact.word),
            ("Began", f"{moment_words(incident.started_ms)}{lasted}"),
            *_acknowledged(parcel, incident),
            *(("Seen", _seen(one)) for one in parcel.seen),
            _page(parcel),
        ),
        _below(parcel, f"/incidents/{incident.slug}" if incident.num else ""),
        _BY_IMPACT[incident.impact] if incident.is_open else Indicator.NONE,
    )


def _waiting(parcel: Parcel, incident: Incident) -> str:
    """For how long nobody has taken it, if that is why it is told."""
    if parcel.notice.reason not in (NoticeReason.REMINDER, NoticeReason.ESCALATED):
        return ""
    return f"Open for {duration_words(parcel.notice.at_ms - incident.started_ms)}, and nobody has acknowledged it."


def _states(parcel: Parcel, incident: Incident, news: str) -> str:
    """What its components show, unless that is what the news begins with."""
    states = "; ".join(_state(parcel, a.component, a) for a in incident.affected)
    return "" if news.startswith(states) else states


def _acknowledged(parcel: Parcel, incident: Incident) -> tuple[tuple[str, str], ...]:
    if not incident.is_open or not incident.is_acknowledged(parcel.notice.at_ms):
        return ()
    until_ms = incident.acknowledged_until_ms
    until = "" if until_ms is None else f" until {moment_words(until_ms)}"
    return (("Acknowledged", f"by {incident.acknowledged_by}{until}"),)


def _seen(one: Seen) -> str:
    where = f" from {one.address}" if one.address else ""
    phase = f", in phase {one.phase}" if one.phase else ""
    return f"{one.check}: {one.detail}, after {one.took_ms} ms{where}{phase}"


def _maintenance(parcel: Parcel, work: MaintenanceState) -> Telling:
    affected = ", ".join(parcel.name_of(c) for c in work.components)
    news = (update.body for update in work.updates[1:][-1:])  # the first one says what is planned
    # What was cancelled is told as it was planned.
    until_ms = work.end_ms if work.started_ms is None or work.ended_ms is None else work.ended_ms
    return Telling(
        _subject(parcel, work.name),
        tuple(filter(None, (*news, work.description))),
        (
            ("When", f"{moment_words(work.start_ms)} to {moment_words(max(until_ms, work.start_ms))}"),
            *([("Affected", affected)] if affected else []),
            _page(parcel),
        ),
        _below(parcel, ""),
        Indicator.MAINTENANCE if work.is_live else Indicator.NONE,
    )


def _change(parcel: Parcel, change: StatusChange) -> Telling:
    was = TROUBLE_WORDS[change.before].replace("is ", "was ", 1)
    return Telling(
        _subject(parcel, _state(parcel, change.component, change)),
        (f"Before, it {was}",),
        (("Since", moment_words(change.at_ms)), _page(parcel)),
        _below(parcel, ""),
        _BY_STATUS[change.after],
    )


def _digest(parcel: Parcel) -> Telling:
    """A line for each thing that more messages would have been about."""
    each = [telling(parcel._replace(notice=notice)) for notice in parcel.notice.digest]
    start = f"[{parcel.site.name}] "
    return Telling(
        _subject(parcel, f"{len(each)} more {'thing' if len(each) == 1 else 'things'} happened"),
        tuple(f"{MARK[one.badness]} {one.subject.removeprefix(start)}" for one in each),
        (_page(parcel),),
        _below(parcel, ""),
        max((one.badness for one in each), key=_FROM_MILD.index),
    )


_FROM_MILD = (Indicator.NONE, Indicator.MAINTENANCE, Indicator.MINOR, Indicator.MAJOR, Indicator.CRITICAL)


def _subject(parcel: Parcel, topic: str) -> str:
    return " ".join(f"[{parcel.site.name}] {_happened(parcel)}: {topic}".split())


def _happened(parcel: Parcel) -> str:
    return "Was down" if parcel.tells and parcel.notice.incident else _HAPPENED[parcel.notice.reason]


def _state(parcel: Parcel, component: str, seen: StatusChange | Affected) -> str:
    status = seen.after if isinstance(seen, StatusChange) else seen.status
    return f"{parcel.name_of(component)} {TROUBLE_WORDS[status]}"


def _page(parcel: Parcel) -> tuple[str, str]:
    return parcel.site.name, parcel.headline.text


def _below(parcel: Parcel, path: str) -> str:
    return f"{parcel.site.url}{path}" if parcel.site.url else ""


def moment_words(at_ms: int) -> str:
    """A moment for people, to the second, in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


Table = Mapping[int, str]
"""What a service wants written for a character that would mean something to it, as str.translate takes it."""

PLAIN: Table = {}
MARKUP: Table = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
MARKDOWN: Table = str.maketrans({c: f"\\{c}" for c in "\\`*_~|[]<>#"})

_MORE = "…"


def units(text: str) -> int:
    """The length of a text as JavaScript, and most services, count it: a character beyond 65535 counts twice."""
    return len(text) + sum(c > "\uffff" for c in text)


def octets(text: str) -> int:
    """The length of a text in bytes of UTF-8."""
    return len(text.encode("utf-8", "backslashreplace"))


def fitted(text: str, limit: int, table: Table = PLAIN, size: Callable[[str], int] = units) -> str:
    """The text with its characters translated, cut with "…" so that its size is at most the limit."""
    whole = text.translate(table)
    if size(whole) <= limit:
        return whole
    kept, left = [], limit - size(_MORE)
    for character in text:
        written = character.translate(table)
        left -= size(written)
        if left < 0:
            break
        kept.append(written)
    return "".join(kept) + _MORE
