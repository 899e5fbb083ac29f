"""From statuses to a page's headline."""

import pytest

from prober.core.model import Status
from prober.core.status import IMPACT_OF, headline


@pytest.mark.parametrize(
    ("statuses", "indicator", "text"),
    [
        ("", "none", "All Systems Operational"),
        ("operational operational", "none", "All Systems Operational"),
        ("major major", "critical", "Major System Outage"),
        ("major operational", "major", "Partial System Outage"),
        ("partial partial", "major", "Partial System Outage"),
        ("partial operational", "minor", "Minor Service Outage"),
        ("degraded degraded", "minor", "Degraded System Service"),
        ("degraded maintenance", "minor", "Partially Degraded Service"),
        ("maintenance operational", "maintenance", "Service Under Maintenance"),
    ],
)
def test_the_worst_status_and_its_spread_make_the_headline(statuses: str, indicator: str, text: str) -> None:
    found = headline(Status(word) for word in statuses.split())
    assert (found.indicator, found.text) == (indicator, text)


def test_every_status_has_an_impact_and_a_depth() -> None:
    assert set(IMPACT_OF) == set(Status)
    assert [status.depth for status in Status] == [0, 0, 1, 2, 3]
