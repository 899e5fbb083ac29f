"""When an open incident is told again."""

from itertools import islice

import pytest

from prober.core.incident import opened
from prober.core.model import Status
from prober.core.reminder import LONGEST_MS, escalation_ms, moments, next_ms
from tests.builders import T0, component, subscription

INCIDENT = opened(component(), Status.MAJOR, T0, T0, "", 1, b"")
MINUTE = 60_000
HOUR = 60 * MINUTE


def test_each_time_after_twice_as_long_and_at_least_daily() -> None:
    found = [ms - T0 for ms in islice(moments(subscription(remind_after_ms=10 * HOUR), INCIDENT), 4)]
    assert found == [10 * HOUR, 30 * HOUR, 30 * HOUR + LONGEST_MS, 30 * HOUR + 2 * LONGEST_MS]


def test_a_longer_wait_than_a_day_is_kept() -> None:
    found = [ms - T0 for ms in islice(moments(subscription(remind_after_ms=3 * LONGEST_MS), INCIDENT), 2)]
    assert found == [3 * LONGEST_MS, 6 * LONGEST_MS]


def test_without_a_wish_there_is_none() -> None:
    assert list(moments(subscription(), INCIDENT)) == []
    assert next_ms(subscription(), INCIDENT, T0) is None


@pytest.mark.parametrize(
    ("by", "until_ms", "expected"),
    [("", None, 10), ("ann", None, None), ("ann", T0 + 5 * MINUTE, 10), ("ann", T0 + 11 * MINUTE, 30)],
)
def test_an_acknowledgement_is_heeded(by: str, until_ms: int | None, expected: int | None) -> None:
    incident = INCIDENT._replace(acknowledged_by=by, acknowledged_until_ms=until_ms)
    found = next_ms(subscription(remind_after_ms=10 * MINUTE), incident, T0)
    assert found == (None if expected is None else T0 + expected * MINUTE)


@pytest.mark.parametrize(
    ("by", "until_ms", "escalated", "expected"),
    [
        ("", None, (), 10),
        ("", None, ("ops",), None),
        ("ann", None, (), None),
        ("ann", T0 + 5 * MINUTE, (), 10),
        ("ann", T0 + 25 * MINUTE, (), 25),
    ],
)
def test_an_incident_is_escalated_once_unless_somebody_knows_of_it(
    by: str, until_ms: int | None, escalated: tuple[str, ...], expected: int | None
) -> None:
    incident = INCIDENT._replace(acknowledged_by=by, acknowledged_until_ms=until_ms, escalated=escalated)
    found = escalation_ms(subscription(escalate_after_ms=10 * MINUTE), incident)
    assert found == (None if expected is None else T0 + expected * MINUTE)
    assert escalation_ms(subscription(), incident) is None
