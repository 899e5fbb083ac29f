"""The nouns' few properties."""

from prober.core.model import Impact, Status


def test_impacts_are_ordered_and_have_words() -> None:
    assert max(Impact.MINOR, Impact.CRITICAL) is Impact.CRITICAL
    assert [impact.word for impact in Impact] == ["none", "minor", "major", "critical"]


def test_planned_work_is_no_trouble() -> None:
    assert Status.MAINTENANCE.depth == 0
