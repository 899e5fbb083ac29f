"""How dialects write a moment."""

from datetime import UTC, datetime


def moment(at_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_or_none(at_ms: int | None) -> str | None:
    return None if at_ms is None else moment(at_ms)
