"""What the JSON of several formats is made of: bytes, moments and ids. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prober.core import ids
from prober.core.model import Incident, Indicator, MaintenanceState, Status

PAGE: Mapping[Indicator, str] = {
    Indicator.NONE: "UP",
    Indicator.MINOR: "HASISSUES",
    Indicator.MAJOR: "HASISSUES",
    Indicator.CRITICAL: "HASISSUES",
    Indicator.MAINTENANCE: "UNDERMAINTENANCE",
}
COMPONENT: Mapping[Status, str] = {
    Status.OPERATIONAL: "OPERATIONAL",
    Status.MAINTENANCE: "UNDERMAINTENANCE",
    Status.DEGRADED: "DEGRADEDPERFORMANCE",
    Status.PARTIAL: "PARTIALOUTAGE",
    Status.MAJOR: "MAJOROUTAGE",
}

BACKFILLED_OVER_MS = 5 * 60_000  # an incident told of this long after it began was filled in later


def stringify(value: Any) -> bytes:
    """JSON as JavaScript's JSON.stringify writes it; for objects, lists, texts, whole numbers, true, false and null."""
    # A lone surrogate can't be encoded: stringify escapes it, and so does this handler, in the same letters.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def moment(at_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds, as JavaScript's Date writes it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_or_none(at_ms: int | None) -> str | None:
    """The same; None for a moment that has not come."""
    return None if at_ms is None else moment(at_ms)


def component_id(component: str) -> str:
    """The id by which outsiders know a component."""
    return ids.slug(f"component:{component}")


def group_id(group: str) -> str:
    """The id by which outsiders know a group."""
    return ids.slug(f"group:{group}")


def maintenance_id(work: MaintenanceState) -> str:
    """The id by which outsiders know planned work."""
    return ids.slug(f"maintenance:{work.id}")


def update_id(about: str, number: int) -> str:
    """The id of the number-th update (1 = the oldest) of what has the id `about`; it stays: a timeline only grows."""
    return ids.slug(f"update:{about}:{number}")


def is_backfilled(incident: Incident) -> bool:
    """Whether it was filled in long after it began."""
    return incident.opened_ms - incident.started_ms > BACKFILLED_OVER_MS
