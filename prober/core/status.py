"""From components' statuses to their group's, and to a page's headline; from a status to an incident's impact."""

from collections.abc import Iterable

from prober.core.model import Headline, Impact, Indicator, Status

__all__ = ["IMPACT_OF", "Headline", "Indicator", "headline"]

IMPACT_OF = {
    Status.OPERATIONAL: Impact.NONE,
    Status.MAINTENANCE: Impact.NONE,
    Status.DEGRADED: Impact.MINOR,
    Status.PARTIAL: Impact.MAJOR,
    Status.MAJOR: Impact.CRITICAL,
}


# status -> (headline if all components have it, headline if only some do); the worst status decides
_HEADLINES = {
    Status.MAJOR: (
        Headline(Indicator.CRITICAL, "Major System Outage"),
        Headline(Indicator.MAJOR, "Partial System Outage"),
    ),
    Status.PARTIAL: (
        Headline(Indicator.MAJOR, "Partial System Outage"),
        Headline(Indicator.MINOR, "Minor Service Outage"),
    ),
    Status.DEGRADED: (
        Headline(Indicator.MINOR, "Degraded System Service"),
        Headline(Indicator.MINOR, "Partially Degraded Service"),
    ),
    Status.MAINTENANCE: (
        Headline(Indicator.MAINTENANCE, "Service Under Maintenance"),
        Headline(Indicator.MAINTENANCE, "Service Under Maintenance"),
    ),
}
_CALM = Headline(Indicator.NONE, "All Systems Operational")


def headline(statuses: Iterable[Status]) -> Headline:
    """What a page whose components show these statuses says of itself (Statuspage's labels)."""
    shown = set(statuses)
    for status, (everywhere, somewhere) in _HEADLINES.items():
        if status in shown:
            return everywhere if len(shown) == 1 else somewhere
    return _CALM
