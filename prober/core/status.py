"""From the verdicts of checks to a component's status, from components' statuses to a page's headline.

A component's status is derived, never stored apart from its checks:
all checks down is major, some down is partial, any degraded is degraded. A critical check that is down is enough for
major. A check that is not known proves nothing: it neither makes a component worse nor completes an "all".
"""

from collections.abc import Iterable, Sequence

from prober.core.model import Headline, Impact, Indicator, Status, Verdict

__all__ = ["IMPACT_OF", "Headline", "Indicator", "from_checks", "headline"]

IMPACT_OF = {
    Status.OPERATIONAL: Impact.NONE,
    Status.MAINTENANCE: Impact.NONE,
    Status.DEGRADED: Impact.MINOR,
    Status.PARTIAL: Impact.MAJOR,
    Status.MAJOR: Impact.CRITICAL,
}


def from_checks(verdicts: Sequence[Verdict], critical: Sequence[Verdict] = ()) -> Status:
    """The status that checks with these verdicts give their component; operational for none.

    critical: the verdicts of those of which one is enough for major.
    """
    if Verdict.DOWN in critical or (verdicts and all(v is Verdict.DOWN for v in verdicts)):
        return Status.MAJOR
    if Verdict.DOWN in verdicts:
        return Status.PARTIAL
    if Verdict.DEGRADED in verdicts:
        return Status.DEGRADED
    return Status.OPERATIONAL


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
