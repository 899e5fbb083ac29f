"""The words of a notice say what happened, to what, since when, and where to look."""

import pytest

from prober.core.model import NoticeReason
from prober.notifiers.text import lines, subject
from tests.notifiers.parcels import OPEN, PARCELS, parcel


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("incident_opened", "[Main] Opened: Shop is down"),
        ("incident_resolved", "[Main] Resolved: Shop is down"),
        ("component", "[Main] Now: Shop is down"),
        ("maintenance_started", "[Main] Maintenance started: Upgrade"),
        ("maintenance_completed", "[Main] Maintenance completed: Upgrade"),
    ],
)
def test_the_subject_says_what_happened_to_what(name: str, line: str) -> None:
    assert subject(PARCELS[name]) == line


@pytest.mark.parametrize("reason", NoticeReason)
def test_every_reason_has_a_subject(reason: NoticeReason) -> None:
    assert subject(parcel(reason, incident=OPEN)).endswith(": Shop is down")


def test_an_incident_is_told_with_its_latest_update_first() -> None:
    assert lines(PARCELS["incident_resolved"]) == [
        "Shop is operational again.",
        "Shop is operational",
        "Impact: critical",
        "Began: 2023-11-14 22:13:20 UTC, lasted 10 min",
        "https://status.example/incidents/q1w2e3r4t5y6",
        "Main: All Systems Operational",
    ]


def test_a_maintenance_is_told_with_its_times_and_components() -> None:
    assert lines(PARCELS["maintenance_started"]) == [
        "A new database für alle.",
        "From 2023-11-14 22:13:20 UTC to 2023-11-14 23:43:20 UTC",
        "Affected: Shop, Blog",
        "Main: Service Under Maintenance",
    ]


def test_a_change_is_told_with_what_was_before() -> None:
    assert lines(PARCELS["component"]) == [
        "Before, it was operational",
        "Since 2023-11-14 22:13:20 UTC",
        "Main: Partial System Outage",
    ]
