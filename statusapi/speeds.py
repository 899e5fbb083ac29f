"""How long good answers took over some time, in steps: read from sums, in few rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from prober.core.sketch import Sketch

if TYPE_CHECKING:
    from prober.store.rollup import Rollups


class Speed(NamedTuple):
    """Within what time half, and 95 of 100, of a component's good answers were there, in one step of time."""

    at_ms: int
    p50_ms: float
    p95_ms: float


class Speeds(NamedTuple):
    """How long a component's good answers took. points: in order; steps without an answer are left out.

    start_ms, end_ms: of whole steps, end exclusive. p50_ms, p95_ms: of all of it; 0 if there is no answer.
    """

    start_ms: int
    end_ms: int
    step_ms: int
    points: tuple[Speed, ...]
    p50_ms: float
    p95_ms: float


async def read_speeds(rollups: "Rollups", checks: Iterable[str], start_ms: int, end_ms: int, step_ms: int) -> Speeds:
    """Of these checks together. Raises StoreError."""
    took: defaultdict[int, Sketch] = defaultdict(Sketch)
    for check in checks:
        for one in await rollups.between(check, start_ms, end_ms, step_ms):
            took[one.start_ms].merge(one.took)
    return _speeds(start_ms, end_ms, step_ms, took)


def _speeds(start_ms: int, end_ms: int, step_ms: int, took: Mapping[int, Sketch]) -> Speeds:
    """took: when a step began -> microseconds of the answers in it."""
    total = Sketch()
    for one in took.values():
        total.merge(one)
    points = tuple(Speed(at_ms, *_quantiles(one)) for at_ms, one in sorted(took.items()) if one.count)
    return Speeds(start_ms, end_ms, step_ms, points, *_quantiles(total))


def _quantiles(took: Sketch) -> tuple[float, float]:
    """p50 and p95 in ms."""
    return (took.quantile(0.5) or 0.0) / 1000, (took.quantile(0.95) or 0.0) / 1000
