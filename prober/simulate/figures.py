"""What was told, held against what was true."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from prober.core.model import Incident, NoticeReason, Status
from prober.simulate.play import Page, Run
from prober.simulate.world import Outage, outages


class Missed(NamedTuple):
    """An outage that no incident tells of, and why, as far as that is known."""

    outage: Outage
    why: str


class Detection(NamedTuple):
    """From the start of an outage until its incident was open; ms. None if no outage was detected."""

    least_ms: int | None
    median_ms: int | None
    most_ms: int | None


class Figures(NamedTuple):
    """What a run comes to.

    outages: those that are deep enough for an incident of their component. detected: those of them that opened one;
    joined: those that fell into one that was open already. false_pages: incidents that opened, for the first time or
    again, though the component was in no trouble from the first failing probe on.
    """

    probes: int
    missed_slots: int
    outages: int
    incidents: Sequence[Incident]
    notices: Mapping[NoticeReason, int]
    detected: int
    joined: int
    detection: Detection
    false_pages: Sequence[Page]
    missed: Sequence[Missed]


def figures(run: Run) -> Figures:
    """The figures of a run."""
    every = outages(run.world)
    owed = [outage for outage in every if _is_owed(run, outage)]
    times_ms, joined, missed = [], 0, []
    for outage in owed:
        opened_ms = [page.at_ms for page in run.pages if _is_about(page, outage)]
        if opened_ms:
            times_ms.append(max(min(opened_ms) - outage.from_ms, 0))
        elif _had_incident(run, outage):
            joined += 1
        else:
            missed.append(Missed(outage, _why(run, outage)))
    return Figures(
        probes=run.probes,
        missed_slots=run.missed,
        outages=len(owed),
        incidents=[run.incidents[num] for num in sorted(run.incidents)],
        notices={reason: run.told[reason] for reason in NoticeReason if run.told[reason]},
        detected=len(times_ms),
        joined=joined,
        detection=Detection(min(times_ms), int(median(times_ms)), max(times_ms))
        if times_ms
        else Detection(*[None] * 3),
        false_pages=[page for page in run.pages if not any(_is_about(page, outage) for outage in every)],
        missed=missed,
    )


def _is_owed(run: Run, outage: Outage) -> bool:
    opens_at = run.world.policy.components[outage.component].opens_at
    return opens_at is not None and outage.worst.depth >= opens_at.depth


def _is_about(page: Page, outage: Outage) -> bool:
    """Whether the outage was there at some time between the first failing probe and the opening."""
    return page.component == outage.component and page.proof_ms <= outage.until_ms and outage.from_ms <= page.at_ms


def _had_incident(run: Run, outage: Outage) -> bool:
    """Whether an incident of the component told of trouble at some time of the outage."""
    return any(
        is_troubled and at_ms <= outage.until_ms and outage.from_ms <= until_ms
        for num, turns in run.troubled.items()
        if any(a.component == outage.component for a in run.incidents[num].affected)
        for (at_ms, is_troubled), until_ms in zip(
            turns, [*(at_ms for at_ms, _ in turns[1:]), run.world.until_ms], strict=True
        )
    )


def _why(run: Run, outage: Outage) -> str:
    rows = run.shown.get(outage.component, [])
    ends = [*(at_ms for at_ms, _ in rows[1:]), run.world.until_ms]
    shown = [
        row
        for (at_ms, row), until_ms in zip(rows, ends, strict=True)
        if at_ms <= outage.until_ms and outage.from_ms <= until_ms
    ]
    if any(row.status is Status.MAINTENANCE for row in shown):
        return "planned work"
    for row in shown:
        if row.withheld_by:
            return f"withheld by {row.withheld_by}"
    return "no verdict: too short, or not watched"
