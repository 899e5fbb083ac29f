"""What was made through an API instead of being declared in the configuration file."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Made(NamedTuple):
    """An object. section: the table of the configuration it would stand in, or "metrics". num: never given twice."""

    section: str
    id: str
    content: Mapping[str, Any]
    num: int = 0
    created_ms: int = 0
    updated_ms: int = 0


def deleted_work(id_: str) -> str:
    """By which id it is noted that planned work has been deleted; that of an incident is its number."""
    return f"maintenance:{id_}"
