"""From the verdicts of its checks to a component's status; the stories in component.txt tell what comes of it."""

import pytest

from prober.core.model import Status, Verdict
from prober.core.rollup import Part, agreed, from_parts, rolled_up, seats
from tests.builders import check, component, policy

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
    assert from_parts([Part(verdict) for verdict in verdicts]) is status


@pytest.mark.parametrize(
    ("parts", "percent", "status"),
    [
        ([Part(DOWN), Part(UP)], 0, Status.MAJOR),
        ([Part(DEGRADED), Part(UP)], 0, Status.DEGRADED),
        ([Part(UP), Part(UP)], 0, Status.OPERATIONAL),
        ([Part(DOWN), Part(UP)], 50, Status.MAJOR),
        ([Part(DOWN), Part(UP)], 51, Status.PARTIAL),
        ([Part(DOWN, weight=3), Part(UP)], 75, Status.MAJOR),
        ([Part(DOWN), Part(UP, weight=3)], 26, Status.PARTIAL),
        ([Part(DOWN, critical=True), Part(UP, weight=9)], 100, Status.MAJOR),
        ([Part(DEGRADED, critical=True), Part(UP)], 100, Status.DEGRADED),
    ],
)
def test_weight_and_the_share_asked_for_tell_major_from_partial(
    parts: list[Part], percent: int, status: Status
) -> None:
    assert from_parts(parts, percent) is status


@pytest.mark.parametrize(
    ("verdicts", "status", "causes"),
    [
        ((DOWN, UP, UP), Status.OPERATIONAL, ()),
        ((DOWN, DOWN, UP), Status.PARTIAL, ("a", "b")),
        ((DOWN, DEGRADED, UP), Status.DEGRADED, ("a", "b")),
        ((DOWN, UNKNOWN, UP), Status.OPERATIONAL, ()),
        ((UP, DOWN, DOWN), Status.PARTIAL, ("c",)),
        ((DOWN, DOWN, DOWN), Status.MAJOR, ("a", "b", "c")),
    ],
)
def test_a_redundancy_group_is_as_good_as_its_best(
    verdicts: tuple[Verdict, ...], status: Status, causes: tuple[str, ...]
) -> None:
    checks = [check("a", redundancy_group="replicas"), check("b", redundancy_group="replicas"), check("c")]
    rules = policy(*checks, components=[component(checks="abc")])
    found = rolled_up(rules, rules.components["shop"], dict(zip("abc", verdicts, strict=True)).__getitem__)
    assert found == (status, causes)


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ((DOWN, UP, UP), UP),
        ((DOWN, DOWN, UP), DOWN),
        ((DOWN, DEGRADED, UP), DEGRADED),
        ((DOWN, UNKNOWN, UNKNOWN), UNKNOWN),
        ((UP, UNKNOWN, UNKNOWN), UP),
        ((DEGRADED, DEGRADED, UNKNOWN), DEGRADED),
    ],
)
def test_a_quorum_of_locations_must_agree(verdicts: tuple[Verdict, ...], verdict: Verdict) -> None:
    rules = check(locations=("local", "fra", "nyc"), quorum=2)
    assert seats(rules) == ["shop", "shop@fra", "shop@nyc"]
    assert agreed(rules, verdicts) is verdict
