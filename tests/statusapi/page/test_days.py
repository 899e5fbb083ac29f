"""Days in words and as bars."""

import re
from datetime import date
from pathlib import Path

import pytest

from prober.core.model import Status
from statusapi.history import DayBar
from statusapi.page import days

CSS = (Path(days.__file__).parent / "static" / "page.css").read_text()


def bar(worst: Status | None = Status.OPERATIONAL, share: float | None = 1.0, day: int = 1, **more: int) -> DayBar:
    seconds = {"down_s": 0, "degraded_s": 0, "maintenance_s": 0, "unknown_s": 0, "outages": 0}
    return DayBar(date(2026, 1, day), share, worst, **(seconds | more))


NEVER = bar(None, None, unknown_s=86_400)


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100%"), (0.999999, "99.99%"), (0.98546, "98.54%"), (0.5, "50.00%"), (0, "0.00%"), (None, "no figure yet")],
)
def test_a_share_is_never_rounded_up(share: float | None, text: str) -> None:
    assert days.percent(share) == text


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (bar(), "100%"),
        (NEVER, "not watched"),
        (bar(Status.MAJOR, 0.5, down_s=1260, outages=1), "50.00%, down 21 min"),
        (
            bar(Status.MAJOR, 0.5, down_s=90, outages=2, degraded_s=3),
            "50.00%, down 1 min 30 s (outages: 2), degraded 3 s",
        ),
        (bar(Status.MAJOR, 0.9, outages=1), "90.00%, down 0 s"),
        (bar(Status.MAINTENANCE, None, maintenance_s=3600, unknown_s=60), "under maintenance 1 h, not watched 1 min"),
        (bar(unknown_s=7200), "100%, not watched 2 h"),
    ],
)
def test_a_day_in_words_tells_all_that_was(of: DayBar, text: str) -> None:
    assert days.told(of) == text


def test_a_bar_has_its_date_and_figure_at_hand_and_is_drawn_as_the_worst_of_its_day() -> None:
    assert days.marks([NEVER, bar(Status.MAJOR, 0.5, down_s=60, outages=1, day=31)]) == (
        '<i class="unknown" title="Jan 1, 2026: not watched"></i>'
        '<i class="critical" title="Jan 31, 2026: 50.00%, down 1 min"></i>'
    )


def test_every_tone_of_a_bar_has_a_colour_of_its_own_in_both_schemes_and_a_height() -> None:
    tones = [word.tone for word in days.LEGEND]
    assert len(set(tones)) == len(tones) == len(Status) + 1
    for tone in tones:
        assert len(re.findall(rf"--day-{tone}: #", CSS)) == 2, tone
    looks = re.findall(r"\.bars \.(\w+) { color: var\(--day-\1\); (.*) }", CSS)
    assert {tone for tone, _ in looks} == set(tones)
    assert len({shape for _, shape in looks}) == len(tones)


@pytest.mark.parametrize(
    ("bars", "notable", "others"),
    [
        ([NEVER, NEVER], [], "Not watched in the last 2 days."),
        ([bar(), bar()], [], "Every day: 100%."),
        ([bar(), bar(day=2, down_s=1, outages=1)], [2], "All other days: 100%."),
        ([NEVER, bar(day=2)], [], "Watched since Jan 2, 2026. All other days: 100%."),
        (
            [NEVER, bar(day=2, unknown_s=9), NEVER._replace(date=date(2026, 1, 3)), bar(day=4)],
            [3, 2],
            "Watched since Jan 2, 2026. All other days: 100%.",
        ),
    ],
)
def test_the_days_that_are_not_told_one_by_one_are_told_together(
    bars: list[DayBar], notable: list[int], others: str
) -> None:
    assert [one.date.day for one in days.notable(bars)] == notable
    assert days.others(bars) == others
