"""Planned work as a calendar (RFC 5545), for people to subscribe to.

Work that recurs is written as the times that the page knows: the rule alone would not say what has become of each.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from prober.core.model import MaintenanceStatus
from statusapi.nouns import MaintenanceView, PageView

LONGEST = 75  # bytes of a line, without its end
REFRESH = "PT1H"

# A calendar must hold something, and without planned work this is what is true anyway.
_NO_WORK = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "TZNAME:UTC",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def document(page: PageView) -> str:
    """The planned work of a page, in order of its start. Lines end with CR LF."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//prober//maintenance//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{escaped(page.name)}",
        f"X-WR-CALNAME:{escaped(page.name)}",
        f"URL:{page.url}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for work in reversed(page.maintenances):
        lines += _event(page, work)
    if not page.maintenances:
        lines += _NO_WORK
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line))


def _event(page: PageView, work: MaintenanceView) -> list[str]:
    """What has begun stands where it really began, what has ended where it really ended."""
    start_ms = work.start_ms if work.started_ms is None else work.started_ms
    end_ms = work.end_ms if work.ended_ms is None or work.started_ms is None else work.ended_ms
    return [
        "BEGIN:VEVENT",
        f"UID:{work.slug}@{urlsplit(page.url).hostname}",
        f"DTSTAMP:{_moment(work.updated_ms)}",
        f"LAST-MODIFIED:{_moment(work.updated_ms)}",
        f"DTSTART:{_moment(start_ms)}",
        f"DTEND:{_moment(end_ms)}",
        f"SUMMARY:{escaped(work.name)}",
        f"DESCRIPTION:{escaped(_description(work))}",
        f"URL:{work.url}",
        f"STATUS:{'CANCELLED' if work.status is MaintenanceStatus.CANCELLED else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _description(work: MaintenanceView) -> str:
    affected = ", ".join(component.name for component in work.components)
    news = work.updates[-1].body if len(work.updates) > 1 else ""
    return "\n".join(filter(None, (work.description, affected and f"Affects {affected}", news)))


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def escaped(text: str) -> str:
    """The text as a value of type TEXT (section 3.3.11); control characters, which it can't hold, are left out."""
    lines = "\n".join(text.splitlines())  # whatever a reader of it might take for a line's end
    return "".join(c for c in lines if c in "\n\t" or (c >= " " and c != "\x7f")).translate(_ESCAPES)


def folded(line: str) -> Iterator[str]:
    """The line as lines of at most 75 bytes, all but the first beginning with a blank (section 3.1).

    No character is taken apart.
    """
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part
