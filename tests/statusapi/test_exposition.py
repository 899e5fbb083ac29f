"""The same as prometheus_client would write and read it, in both formats, and nobody is held up by it."""

import gzip
import math

import anyio
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_open
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_parsed
from prometheus_client.parser import text_string_to_metric_families as parsed

from statusapi.exposition import OPEN, SLICE, TEXT, Family, Labels, capped, chosen, exposed, family_of, labels, number

pytestmark = pytest.mark.anyio

HARD = 'a "quoted" \\ back\nslash'


def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    gauge = Gauge("uptime_lag_seconds", HARD, ["check", "site"], registry=made)
    for value in (0, 1, -2.5, 0.001, 1e-7, 123_456_789, 1_764_122_812.345, 1e21, math.inf, -math.inf):
        gauge.labels(f"{HARD} {value}", "main").set(value)
    counter = Counter("uptime_probes", "Probes", ["check"], registry=made)
    counter.labels("shop").inc(1_234_567)
    histogram = Histogram("uptime_seconds", "How long", buckets=(0.005, 1, 30), registry=made)
    for value in (0.001, 0.5, 100):
        histogram.observe(value)
    Gauge("uptime_none", "Without samples", ["check"], registry=made)
    return made


async def test_both_formats_are_read_as_prometheus_clients_own_are() -> None:
    made = registry()
    families = [family_of(metric) for metric in made.collect()]
    text = (await exposed(families, False, False)).decode()
    assert list(parsed(text)) == list(parsed(generate_latest(made).decode()))
    text = (await exposed(families, True, False)).decode()
    theirs = generate_open(made).decode()  # type: ignore[no-untyped-call]
    assert list(open_parsed(text)) == list(open_parsed(theirs))  # type: ignore[no-untyped-call]
    assert text.endswith("\n# EOF\n")


async def test_gzip_says_the_same() -> None:
    family = Family("uptime_x", "X")
    for n in range(3 * SLICE + 1):
        family.add(labels({"check": f"c{n}"}), n)
    plain = await exposed([family], True, False)
    assert gzip.decompress(await exposed([family], True, True)) == plain
    assert plain.count(b"\n") == 3 * SLICE + 4


# As of strconv.FormatFloat with format g.
GO = {
    0: "0",
    1: "1",
    0.25: "0.25",
    -12.5: "-12.5",
    0.0001: "0.0001",
    0.00001: "1e-05",
    999_999: "999999",
    999_999.5: "999999.5",
    1_000_000: "1e+06",
    -1_250_000: "-1.25e+06",
    2_000_000_000: "2e+09",
    1_764_122_812.345: "1.764122812345e+09",
    1e16: "1e+16",
    1.5e300: "1.5e+300",
    10**400: "+Inf",
    -(10**400): "-Inf",
    math.inf: "+Inf",
}


@pytest.mark.parametrize("value", GO)
def test_numbers_are_written_as_go_writes_them(value: float) -> None:
    assert number(value) == GO[value]


def test_what_is_no_number_is_nan() -> None:
    assert (number(math.nan), number(True)) == ("NaN", "1")


def test_what_is_last_is_left_out_first() -> None:
    first, last = Family("uptime_a", "A"), Family("uptime_b", "B")
    for family in (first, last):
        for n in range(3):
            family.add_more(Labels(), "n", str(n), n)
    overflow = capped([first, last], 4)
    assert (len(first.lines), last.lines) == (3, ['uptime_b{n="0"} 0\n'])
    assert overflow.lines == ["uptime_series_left_out 2\n"]


async def test_others_have_their_turn_meanwhile() -> None:
    family = Family("uptime_x", "X")
    for n in range(5 * SLICE):
        family.add(labels({"check": f"c{n}"}), n)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count)
        await anyio.lowlevel.checkpoint()
        before = turns
        await exposed([family], False, True)
        assert turns - before >= 5
        tasks.cancel_scope.cancel()


PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;"
    "q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
ACCEPTED = {
    "": TEXT,
    "*/*": TEXT,
    "text/html,application/xhtml+xml,*/*;q=0.8": TEXT,
    PROMETHEUS_2: OPEN,
    PROMETHEUS_3: OPEN,
    "application/openmetrics-text": OPEN,
    'application/openmetrics-text; version="1.0.0"': OPEN,
    "application/openmetrics-text;version=1.x": TEXT,
    "application/openmetrics-text;version=9.0.0": TEXT,
    "application/openmetrics-text;q=0, text/plain": TEXT,
    "application/openmetrics-text;q=0.3, text/plain;q=0.5": TEXT,
    "application/openmetrics-text;q=nonsense": TEXT,
    ";;;=,,": TEXT,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_format_is_the_one_that_is_liked_best(accept: str) -> None:
    assert chosen(accept) == ACCEPTED[accept]
