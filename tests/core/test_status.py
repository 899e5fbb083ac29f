"""From verdicts to a component's status, from statuses to a page's headline."""

import pytest

from prober.core.model import Status, Verdict
from prober.core.status import IMPACT_OF, from_checks, headline

UP, DEGRADED, DOWN, UNKNOWN = Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([], Status.OPERATIONAL),
        ([UP, UP], Status.OPERATIONAL),
        ([UNKNOWN], Status.OPERATIONAL),
        ([UP, DEGRADED], Status.DEGRADED),
        ([DEGRADED, DOWN], Status.PARTIAL),
        ([UP, DOWN], Status.PARTIAL),
        ([UNKNOWN, DOWN], Status.PARTIAL),
        ([DOWN], Status.MAJOR),
        ([DOWN, DOWN], Status.MAJOR),
    ],
)
def test_all_down_is_major_some_down_partial_any_degraded_degraded(verdicts: list[Verdict], status: Status) -> None:
    assert from_checks(verdicts) is status


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
