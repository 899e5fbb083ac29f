"""Days in words and as bars. Thousands of them are on a page, and few change from one page to the next."""

import math
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from prober.core.incident import duration_words
from prober.core.model import Status
from statusapi.history import DayBar
from statusapi.page.words import COMPONENT, UNWATCHED, Word

KEPT = 50_000  # days whose words are kept: those of some 500 components
WELL = "100%"
LEGEND = (
    Word("All well", "good"),
    *(word for status, word in COMPONENT.items() if status is not Status.OPERATIONAL),
    Word("Not watched", UNWATCHED.tone),
)


def percent(share: float | None) -> str:
    """A share for people, rounded down: only what was never down is "100%"."""
    if share is None:
        return "no figure yet"
    return WELL if share == 1 else f"{math.floor(share * 10_000) / 100:.2f}%"


def day(date: date) -> str:
    """A date for people."""
    return f"{date:%b} {date.day}, {date.year}"


@lru_cache(maxsize=KEPT)
def told(bar: DayBar) -> str:
    """A day in words: "98.54%, down 21 min in 2 outages"."""
    if bar.worst is None:
        return "not watched"
    often = f" in {bar.outages} outages" if bar.outages > 1 else ""
    parts = (
        (percent(bar.share), bar.share is not None),
        (f"down {_lasted(bar.down_s)}{often}", bar.outages),
        (f"degraded {_lasted(bar.degraded_s)}", bar.degraded_s),
        (f"under maintenance {_lasted(bar.maintenance_s)}", bar.maintenance_s),
        (f"not watched {_lasted(bar.unknown_s)}", bar.unknown_s),
    )
    return ", ".join(text for text, is_so in parts if is_so)


def _lasted(seconds: int) -> str:
    return duration_words(seconds * 1000)


@lru_cache(maxsize=KEPT)
def _mark(bar: DayBar) -> str:
    tone = UNWATCHED.tone if bar.worst is None else COMPONENT[bar.worst].tone
    return f'<i class="{tone}" title="{day(bar.date)}: {told(bar)}"></i>'


def marks(bars: Sequence[DayBar]) -> str:
    """The days as HTML, in a row: each drawn as its worst, with its date and figure."""
    return "".join(map(_mark, bars))


def notable(bars: Sequence[DayBar]) -> list[DayBar]:
    """The days of which there is more to tell than that all was well, newest first; none from before it was watched."""
    return [bar for bar in reversed(_watched(bars)) if told(bar) != WELL]


def others(bars: Sequence[DayBar]) -> str:
    """What there is to tell of all days that are not notable."""
    watched = _watched(bars)
    if not watched:
        return f"Not watched in the last {len(bars)} days."
    began = f" since {day(watched[0].date)}, when watching began" if len(watched) < len(bars) else ""
    return f"Every {'other ' if notable(bars) else ''}day{began}: {WELL}."


def _watched(bars: Sequence[DayBar]) -> Sequence[DayBar]:
    """The days from the first that was watched."""
    first = next((n for n, bar in enumerate(bars) if bar.worst is not None), len(bars))
    return bars[first:]
