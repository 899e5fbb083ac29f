"""Days in words and as bars. Thousands of them are on a page, and few change from one page to the next."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from markupsafe import Markup, escape

from prober.core.model import Status
from prober.core.uptime import day_of
from statusapi.history import DAYS, DayBar
from statusapi.nouns import IncidentView, PageView
from statusapi.page.languages import ENGLISH, LANGUAGES, Language
from statusapi.page.words import COMPONENT, UNWATCHED, Word

_NONE: Mapping[date, str] = {}
KEPT = 50_000  # days whose words are kept: those of some 500 components
LEGEND = (
    Word("All well", "good"),
    *(word for status, word in COMPONENT.items() if status is not Status.OPERATIONAL),
    Word("Not watched", UNWATCHED.tone),
)


def figure(share: float) -> str:
    """A share as a number of a hundred, rounded down: only what was never down is "100"."""
    return "100" if share == 1 else f"{math.floor(share * 10_000) / 100:.2f}"


def percent(share: float | None, language: Language = ENGLISH) -> str:
    """A share for people."""
    return language.say("no figure yet") if share is None else language.percent(figure(share))


@lru_cache(maxsize=KEPT)
def told(bar: DayBar, code: str = "en") -> str:
    """A day in words: "98.54%, down 21 min (outages: 2)"."""
    language = LANGUAGES[code]
    say = language.say
    if bar.worst is None:
        return say("not watched")
    often = f" ({say('outages: {count}').format(count=bar.outages)})" if bar.outages > 1 else ""
    parts = (
        (percent(bar.share, language), bar.share is not None),
        (say("down {lasted}").format(lasted=_lasted(language, bar.down_s)) + often, bar.outages),
        (say("degraded {lasted}").format(lasted=_lasted(language, bar.degraded_s)), bar.degraded_s),
        (say("under maintenance {lasted}").format(lasted=_lasted(language, bar.maintenance_s)), bar.maintenance_s),
        (say("not watched {lasted}").format(lasted=_lasted(language, bar.unknown_s)), bar.unknown_s),
    )
    return ", ".join(text for text, is_so in parts if is_so)


def _lasted(language: Language, seconds: int) -> str:
    return language.duration(seconds * 1000)


@lru_cache(maxsize=KEPT)
def _mark(bar: DayBar, code: str, names: str = "") -> str:
    tone = UNWATCHED.tone if bar.worst is None else COMPONENT[bar.worst].tone
    more = f" · {escape(names)}" if names else ""
    return f'<i class="{tone}" title="{LANGUAGES[code].day_of(bar.date)}: {told(bar, code)}{more}"></i>'


def marks(bars: Sequence[DayBar], code: str = "en", names: Mapping[date, str] = _NONE) -> Markup:
    """The days as HTML, in a row: each drawn as its worst, with its date, its figure, and the incidents of that day."""
    return Markup("".join(_mark(bar, code, names.get(bar.date, "")) for bar in bars))


def troubles(page: PageView) -> Mapping[str, Mapping[date, Sequence[IncidentView]]]:
    """The known incidents of each component by the days on which they were open, newest first."""
    found: defaultdict[str, defaultdict[date, list[IncidentView]]] = defaultdict(lambda: defaultdict(list))
    last = max((c.bars[-1].date for c in page.components if c.bars), default=date.min)
    known = {incident.num: incident for incident in (*page.incidents, *page.recent)}
    for _, incident in sorted(known.items(), reverse=True):
        first = day_of(incident.started_ms, page.zone)
        end = last if incident.resolved_ms is None else day_of(incident.resolved_ms, page.zone)
        for day in (first + timedelta(n) for n in range(min((end - first).days, DAYS) + 1)):
            for component in incident.components:
                found[component.id][day].append(incident)
    return found


def notable(bars: Sequence[DayBar]) -> list[DayBar]:
    """The days of which there is more to tell than that all was well, newest first; none from before it was watched."""
    return [bar for bar in reversed(_watched(bars)) if not _is_well(bar)]


def others(bars: Sequence[DayBar], language: Language = ENGLISH) -> str:
    """What there is to tell of all days that are not notable."""
    watched = _watched(bars)
    well = {"share": language.percent("100")}
    if not watched:
        return language.say("Not watched in the last {count} days.").format(count=len(bars))
    if len(watched) < len(bars):
        since = language.day_of(watched[0].date)
        return language.say("Watched since {day}. All other days: {share}.").format(day=since, **well)
    return language.say("All other days: {share}." if notable(bars) else "Every day: {share}.").format(**well)


def _is_well(bar: DayBar) -> bool:
    return bar.share == 1 and not (bar.outages or bar.degraded_s or bar.maintenance_s or bar.unknown_s)


def _watched(bars: Sequence[DayBar]) -> Sequence[DayBar]:
    """The days from the first that was watched."""
    first = next((n for n, bar in enumerate(bars) if bar.worst is not None), len(bars))
    return bars[first:]
