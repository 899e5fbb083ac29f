"""How long answers took, as a chart: two lines over a picked time, drawn on the server.

A chart is WIDTH by HEIGHT units, and is stretched to the room that it has. The lines end where nobody answered:
what is not known is not drawn.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from statusapi.chronicle import Speed, Speeds
from statusapi.page.languages import Language

WIDTH, HEIGHT = 1_000, 200
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000
_STEPS = (1, 2, 4, 10)  # what an axis may end with, times a power of ten: its half is as short


class Span(NamedTuple):
    """A time that readers may pick. step_ms: of each point; whole steps make the span."""

    name: str
    span_ms: int
    step_ms: int


SPANS: Mapping[str, Span] = {
    "day": Span("Last day", _DAY_MS, 15 * _MINUTE_MS),
    "week": Span("Last 7 days", 7 * _DAY_MS, 2 * _HOUR_MS),
    "month": Span("Last 30 days", 30 * _DAY_MS, 6 * _HOUR_MS),
    "quarter": Span("Last 90 days", 90 * _DAY_MS, _DAY_MS),
}


def top_ms(speeds: Speeds) -> float:
    """Where the axis ends: a short number that no point is above."""
    highest = max((one.p95_ms for one in speeds.points), default=0.0)
    power = 10.0 ** math.floor(math.log10(max(highest, 0.1)))
    return next(step * power for step in _STEPS if highest <= step * power or step == _STEPS[-1])


def line(speeds: Speeds, figure: str) -> str:
    """The path of a figure, "p50_ms" or "p95_ms": a point in the middle of each step."""
    scale = HEIGHT / top_ms(speeds)
    return "".join(
        "M"
        + "L".join(f"{_x(speeds, one):g} {HEIGHT - getattr(one, figure) * scale:.1f}" for one in piece)
        + _dot(piece)
        for piece in _pieces(speeds)
    )


def _dot(piece: Sequence[Speed]) -> str:
    return "h0" if len(piece) == 1 else ""  # whose round ends are seen


def _x(speeds: Speeds, one: Speed) -> float:
    return round(WIDTH * (one.at_ms + speeds.step_ms / 2 - speeds.start_ms) / (speeds.end_ms - speeds.start_ms), 1)


def _pieces(speeds: Speeds) -> Iterator[Sequence[Speed]]:
    """The points in runs without a gap."""
    points = speeds.points
    cuts = [n for n, (one, next_) in enumerate(pairwise(points), 1) if next_.at_ms - one.at_ms > speeds.step_ms]
    for first, end in pairwise([0, *cuts, len(points)] if points else []):
        yield points[first:end]


def took(ms: float, language: Language) -> str:
    """A time for people: "0.4 ms", "120 ms", "1.25 s"."""
    number, unit = (
        (f"{ms / 1000:.2f}", language.say("s")) if ms >= 1000 else (f"{ms:.{int(ms < 10)}f}", language.say("ms"))
    )
    return f"{number.replace('.', language.decimal)}\u00a0{unit}"
