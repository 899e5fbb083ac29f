"""How long answers took, as a chart: two lines over a picked time, drawn on the server.

A chart is WIDTH by HEIGHT units, and is stretched to the room that it has. The lines end where nobody answered:
what is not known is not drawn.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from statusapi.nouns import MetricView
from statusapi.page.languages import Language
from statusapi.speeds import Speed, Speeds

WIDTH, HEIGHT = 1_000, 200
SPARK_WIDTH, SPARK_HEIGHT = 96, 40
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


def spark(values: Sequence[tuple[int, float]], low: float, high: float, *, is_area: bool = False) -> str:
    """The path of a small chart, SPARK_WIDTH by SPARK_HEIGHT: values between low and high at their places of the width.

    An area reaches down to the bottom. Lines are a few bytes a point, for there are many charts on a page.
    """
    scale = (SPARK_HEIGHT - 2) / (high - low or 1)
    points = [(x, SPARK_HEIGHT - 1 - round((value - low) * scale)) for x, value in values]
    steps = "".join(f"l{x - x0} {y - y0}".replace(" -", "-") for (x0, y0), (x, y) in pairwise(points))
    first, top = points[0]
    if is_area:
        return f"M{first} {SPARK_HEIGHT}V{top}{steps}V{SPARK_HEIGHT}"
    return f"M{first} {top}{steps or 'h0'}"


def small(speeds: Speeds, figure: str, *, is_area: bool = False) -> str:
    """The path of a figure as a small chart; see line and spark."""
    top = max(one.p95_ms for one in speeds.points)
    step = SPARK_WIDTH / ((speeds.end_ms - speeds.start_ms) / speeds.step_ms)
    return "".join(
        spark(
            [
                (round(((one.at_ms - speeds.start_ms) / speeds.step_ms + 0.5) * step), getattr(one, figure))
                for one in piece
            ],
            0,
            top,
            is_area=is_area,
        )
        for piece in _pieces(speeds)
    )


def metric(shown: MetricView) -> str:
    """The path of a metric as a small chart, from its lowest to its highest value; as wide as its points are apart."""
    first, last = shown.points[0].at_ms, shown.points[-1].at_ms
    low, high = extent(shown)
    width = SPARK_WIDTH / (last - first or 1)
    return spark([(round((one.at_ms - first) * width), one.value) for one in shown.points], low, high)


def extent(shown: MetricView) -> tuple[float, float]:
    """The lowest and the highest value of a metric."""
    values = [one.value for one in shown.points]
    return min(values), max(values)


def value(number: float, suffix: str, language: Language) -> str:
    """A value of a metric for people: "42", "1.25 s", "99.9%"."""
    size = abs(number)
    if 1e4 <= size < 1e12:
        text = f"{number:.0f}"
    else:
        text = f"{number:.4g}" if 1e-3 <= size < 1e4 or not number else f"{number:.3g}"
    gap = "\u00a0" if suffix and suffix != "%" else ""
    return f"{text.replace('.', language.decimal)}{gap}{suffix}"


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
