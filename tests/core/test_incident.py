"""The table of an incident's life, and what the automation does with it."""

import pytest

from prober.core.incident import MAY_FOLLOW, again, as_of, changed, duration_words, monitored, opened, resolved
from prober.core.model import Affected, Impact, IncidentStatus, Status
from tests.builders import T0, component

MIN = 60_000


def test_every_status_has_its_row_and_a_postmortem_is_the_end() -> None:
    assert set(MAY_FOLLOW) == set(IncidentStatus)
    assert not MAY_FOLLOW[IncidentStatus.POSTMORTEM]
    assert all(status not in after for status, after in MAY_FOLLOW.items())


def test_the_automation_takes_only_allowed_steps() -> None:
    incident = opened(component(), Status.MAJOR, T0 - MIN, T0, "connections are refused", 7, b"key")
    assert (incident.started_ms, incident.opened_ms, incident.is_open) == (T0 - MIN, T0, True)
    assert incident.updates[0].body == "Shop is down: connections are refused. We are investigating."
    closed = resolved(incident, T0 + MIN, "Over.")
    assert closed.status in MAY_FOLLOW[incident.status]
    assert (closed.is_open, closed.affected[0].status, closed.affected[0].worst) == (
        False,
        Status.OPERATIONAL,
        Status.MAJOR,
    )


def test_the_impact_follows_the_worst_component_both_ways() -> None:
    incident = opened(component(), Status.PARTIAL, T0, T0, "", 1, b"")
    incident = incident._replace(affected=(*incident.affected, Affected("blog", Status.DEGRADED, Status.DEGRADED)))
    worse = changed(incident, component(), Status.MAJOR, T0 + 1)
    assert worse.impact is Impact.CRITICAL
    better = changed(worse, component(), Status.DEGRADED, T0 + 2)
    assert (better.impact, better.affected[0].worst) == (Impact.MINOR, Status.MAJOR)
    assert [u.body for u in better.updates[1:]] == ["Shop is down now.", "Shop is degraded now."]


def test_ids_differ_between_incidents_and_installations() -> None:
    one, two = (opened(component(), Status.MAJOR, T0, T0, "", num, b"key") for num in (1, 2))
    other = opened(component(), Status.MAJOR, T0, T0, "", 1, b"other key")
    assert len({one.slug, two.slug, other.slug}) == 3
    assert one.uid != two.uid
    assert len(one.uid) == 20


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "0 s"), (-5, "0 s"), (999, "0 s"), (61_000, "1 min 1 s"), (7_500_000, "2 h 5 min"), (90_061_000, "1 d 1 h")],
)
def test_durations_are_told_by_their_two_largest_units(ms: int, words: str) -> None:
    assert duration_words(ms) == words


def test_of_a_moment_is_told_what_was_told_by_then() -> None:
    incident = opened(component(), Status.MAJOR, T0, T0 + 1, "", 1, b"")
    incident = resolved(monitored(incident, "Shop is well", T0 + 10), T0 + 20, "It is over.")
    assert as_of(incident, T0) is None
    first, watched, over = (as_of(incident, at_ms) for at_ms in (T0 + 9, T0 + 10, T0 + 20))
    assert first is not None
    assert watched is not None
    assert (first.status, first.monitoring_ms, first.is_open, len(first.updates)) == ("investigating", None, True, 1)
    assert (watched.status, watched.monitoring_ms, watched.updated_ms) == ("monitoring", T0 + 10, T0 + 10)
    assert over == incident


def test_what_came_back_was_over_meanwhile() -> None:
    incident = opened(component(), Status.MAJOR, T0, T0, "", 1, b"")
    incident = again(resolved(incident, T0 + 20, "It is over."), component(), Status.MAJOR, T0 + 30, "")
    then = as_of(incident, T0 + 25)
    assert then is not None
    assert (then.resolved_ms, incident.resolved_ms) == (T0 + 20, None)
