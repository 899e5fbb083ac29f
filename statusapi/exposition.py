"""Text for Prometheus: families of series as lines, in the text format 0.0.4 or as OpenMetrics 1.0.

The rules:

1. The line of a sample is the same in both formats. What stands above its family, and the end, differ.
2. Numbers are written as Go writes them, labels in one go: the names and values of a check's are prepared once.
3. A scrape of many series holds nobody up: between slices whoever waits has a turn.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf, isnan
from typing import NamedTuple

from anyio.lowlevel import checkpoint
from prometheus_client.core import Metric

SLICE = 1_000  # lines that are put together, or gzipped, without a pause: some 100 KB, and 2 ms at most
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_VERSIONS = {"text/plain": ("", "0.0.4", "1.0.0"), "application/openmetrics-text": ("", "0.0.1", "1.0.0", "2.0.0")}
_TYPES = {"text/plain": TEXT, "text/*": TEXT, "*/*": TEXT, "application/openmetrics-text": OPEN, "application/*": OPEN}


class Labels(NamedTuple):
    """Labels as they are written. bare: all there are; more: the same, before others that follow."""

    bare: str = " "
    more: str = "{"


def labels(named: Mapping[str, str]) -> Labels:
    """These labels, in that order."""
    written = ",".join(f'{name}="{escaped(value)}"' for name, value in named.items())
    return Labels(f"{{{written}}} ", f"{{{written},") if written else Labels()


def escaped(value: str) -> str:
    """The value of a label, as it stands between quotes."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


class Family:
    """A metric, and the lines of its samples so far. kind: gauge, counter or histogram."""

    __slots__ = ("help", "kind", "lines", "name")

    def __init__(self, name: str, text: str, kind: str = "gauge") -> None:
        self.name = name
        self.help = text
        self.kind = kind
        self.lines: list[str] = []

    def add(self, of: Labels, value: float) -> None:
        """One sample with these labels."""
        self.lines.append(f"{self.name}{of.bare}{number(value)}\n")

    def add_more(self, of: Labels, name: str, word: str, value: float) -> None:
        """One sample with these labels and another one; word needs no escaping."""
        self.lines.append(f'{self.name}{of.more}{name}="{word}"}} {number(value)}\n')

    def add_spread(self, of: Labels, bounds: Sequence[str], within: Sequence[int], total: float) -> None:
        """One histogram. bounds: as they are written, the last one "+Inf"; within: how many values are in each."""
        bucket = f"{self.name}_bucket{of.more}le="
        self.lines += [f'{bucket}"{bound}"}} {number(count)}\n' for bound, count in zip(bounds, within, strict=True)]
        self.lines.append(f"{self.name}_count{of.bare}{number(within[-1])}\n")
        self.lines.append(f"{self.name}_sum{of.bare}{number(total)}\n")

    def head(self, is_open: bool) -> str:
        """What stands above the samples."""
        text = self.help.replace("\\", r"\\").replace("\n", r"\n")
        if is_open:
            text = text.replace('"', r"\"")
        name = self.name.removesuffix("_total") if is_open and self.kind == "counter" else self.name
        return f"# HELP {name} {text}\n# TYPE {name} {self.kind}\n"


@lru_cache(maxsize=16_384)
def number(value: float) -> str:
    """As Go writes it: the fewest digits that mean it, with an exponent from a million on."""
    try:
        value = float(value)
    except OverflowError:
        value = inf if value > 0 else -inf
    if value == 0:
        return "0"
    if isnan(value) or value in (inf, -inf):
        return {inf: "+Inf", -inf: "-Inf"}.get(value, "NaN")
    text = repr(value).removesuffix(".0")
    if -1e6 < value < 1e6 or "e" in text:
        return text
    sign, text = ("-", text[1:]) if value < 0 else ("", text)
    whole, _, part = text.partition(".")
    digits = (whole + part).rstrip("0")
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{sign}{mantissa}e+{len(whole) - 1:02d}"


def family_of(metric: Metric) -> Family:
    """What a collector of prometheus_client has found."""
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    made = Family(name, metric.documentation, metric.type)
    for sample in metric.samples:
        made.lines.append(f"{sample.name}{labels(sample.labels).bare}{number(sample.value)}\n")
    return made


def capped(families: Sequence[Family], room: int) -> Family:
    """Leave out of the families what there is no room for; what is last goes first. Returns how much that was."""
    left_out = 0
    for family in families:
        left_out += max(0, len(family.lines) - room)
        del family.lines[room:]
        room -= len(family.lines)
    overflow = Family("uptime_series_left_out", "Series beyond max_series, which are not exposed")
    overflow.add(Labels(), left_out)
    return overflow


async def exposed(families: Iterable[Family], is_open: bool, is_gzipped: bool) -> bytes:
    """All of it, in slices."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31) if is_gzipped else None
    parts: list[bytes] = []
    waiting, count = [], 0
    for family in families:
        waiting.append(family.head(is_open))
        for start in range(0, len(family.lines), SLICE):
            lines = family.lines[start : start + SLICE]
            waiting += lines
            count += len(lines)
            if count >= SLICE:
                parts.append(_packed("".join(waiting), packer))
                waiting, count = [], 0
                await checkpoint()
    waiting += ["# EOF\n"] if is_open else []
    parts.append(_packed("".join(waiting), packer))
    return b"".join(parts) + (packer.flush() if packer else b"")


def _packed(text: str, packer: "zlib._Compress | None") -> bytes:
    content = text.encode()
    return packer.compress(content) if packer else content


def chosen(accept: str) -> str:
    """The content type that fits an Accept header best: the text format unless another is asked for."""
    best, heaviest = TEXT, 0.0
    for part in accept.lower().split(","):
        kind, *given = (word.strip() for word in part.split(";"))
        told = dict(word.partition("=")[::2] for word in given)
        version, weight = told.get("version", "").strip('"'), _weight(told.get("q", "1"))
        if kind in _TYPES and version in _VERSIONS.get(kind, (version,)) and weight > heaviest:
            best, heaviest = _TYPES[kind], weight
    return best


def _weight(written: str) -> float:
    """From 0 to 1; what is no number counts as 0."""
    try:
        return min(float(written), 1.0)
    except ValueError:
        return 0.0
