"""From the verdicts of its checks to the status of a component, and which of them made it so.

1. A check that is probed from several locations is down if a quorum of them says so, degraded if a quorum says that it
   is not up; what too few of them say proves nothing.
2. Checks of one redundancy group count as one, as good as the best of them: what still works carries the rest.
3. A component whose down checks have at least `major_percent` of the weight of all is in major outage, as it is if one
   that is critical is down; with any other down it is in partial outage; with any degraded it is degraded.

A check that is not known proves nothing: it completes no outage.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from prober.core.model import LOCAL, Status, Verdict
from prober.core.policy import CheckPolicy, ComponentPolicy, Policy

TROUBLED = frozenset({Verdict.DOWN, Verdict.DEGRADED})
_BEST_FIRST = (Verdict.UP, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.DOWN)


class Part(NamedTuple):
    """What counts as one check of a component. checks: those in trouble that make it what it is."""

    verdict: Verdict
    weight: int = 1
    critical: bool = False
    checks: tuple[str, ...] = ()


class RolledUp(NamedTuple):
    """A component's status, and the checks that made it so, in their order."""

    status: Status
    causes: tuple[str, ...] = ()


def seat(check: str, location: str) -> str:
    """The key under which the state of a check as seen from a location is kept: its id, at home."""
    return check if location == LOCAL else f"{check}@{location}"


def seats(check: CheckPolicy) -> list[str]:
    """The keys of all its states."""
    return [seat(check.id, location) for location in check.locations]


def agreed(check: CheckPolicy, verdicts: Sequence[Verdict]) -> Verdict:
    """What its locations say together; verdicts: one for each."""
    if len(verdicts) == 1:
        return verdicts[0]
    if verdicts.count(Verdict.DOWN) >= check.quorum:
        return Verdict.DOWN
    if sum(verdict in TROUBLED for verdict in verdicts) >= check.quorum:
        return Verdict.DEGRADED
    return Verdict.UP if Verdict.UP in verdicts else Verdict.UNKNOWN


def stated(component: ComponentPolicy) -> Status | None:
    """What it shows because somebody says so, since nothing probes it; None if it is probed."""
    return None if component.checks else component.stated


def rolled_up(policy: Policy, component: ComponentPolicy, verdict: Callable[[str], Verdict]) -> RolledUp:
    """What its checks make of a component, or what somebody states of one without. verdict: of a check, by its id."""
    said = stated(component)
    if said is not None:
        return RolledUp(said)
    groups: dict[tuple[str, str | None], list[CheckPolicy]] = {}
    for id_ in component.checks:
        check = policy.checks[id_]
        key = (id_, None) if check.redundancy_group is None else ("", check.redundancy_group)
        groups.setdefault(key, []).append(check)
    parts = [_part(checks, verdict) for checks in groups.values()]
    causes = {id_ for part in parts for id_ in part.checks}
    return RolledUp(from_parts(parts, component.major_percent), tuple(c for c in component.checks if c in causes))


def _part(checks: Sequence[CheckPolicy], verdict: Callable[[str], Verdict]) -> Part:
    found = {check.id: verdict(check.id) for check in checks}
    best = min(found.values(), key=_BEST_FIRST.index)
    troubled = tuple(id_ for id_, one in found.items() if one in TROUBLED) if best in TROUBLED else ()
    return Part(best, max(check.weight for check in checks), any(check.critical for check in checks), troubled)


def from_parts(parts: Sequence[Part], major_percent: int = 100) -> Status:
    """The status that these make; operational for none."""
    down = [part for part in parts if part.verdict is Verdict.DOWN]
    share = 100 * sum(part.weight for part in down)
    if any(part.critical for part in down):
        return Status.MAJOR
    if down:
        return Status.MAJOR if share >= major_percent * sum(part.weight for part in parts) else Status.PARTIAL
    return Status.DEGRADED if any(part.verdict is Verdict.DEGRADED for part in parts) else Status.OPERATIONAL
