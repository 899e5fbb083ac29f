"""The page speaks its readers' languages."""

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from prober.core import reason
from prober.core.status import _CALM, _HEADLINES
from statusapi.page import chart, days, languages, words
from statusapi.page.languages import ENGLISH, LANGUAGES, chosen, read
from statusapi.page.sayings import SENTENCES

TEMPLATES = Path(languages.__file__).parent / "templates"
OTHERS = [code for code in LANGUAGES if code != "en"]
HEADLINES = {one.text for both in _HEADLINES.values() for one in both} | {_CALM.text}


def spoken() -> set[str]:
    """All that the page may say by itself."""
    templates = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    code = Path(days.__file__).read_text() + Path(chart.__file__).read_text()
    return {
        *(double or single for double, single in re.findall(r"\b_\((?:\"(.+?)\"|'(.+?)')\)", templates)),
        *re.findall(r"""say\(["']([^"']+)["']""", code),
        *re.findall(r"\"([A-Z][^\"]+\.)\" if", code),
        *(word.text for word in (*words.COMPONENT.values(), words.UNWATCHED, *days.LEGEND)),
        *(span.name for span in chart.SPANS.values()),
        *words.INCIDENT.values(),
        *words.MAINTENANCE.values(),
        *HEADLINES,
        *reason.WORDS.values(),
        *SENTENCES,
        *("d", "h", "min", "s"),
    }


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_there_with_the_same_fields(code: str) -> None:
    texts = LANGUAGES[code].texts
    assert len(spoken()) > 100
    assert sorted(spoken() - texts.keys()) == []
    for english, text in texts.items():
        assert fields(text) == fields(english), text


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize(
    ("asked", "accepted", "code"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "DE-at, en;q=0.5", "de"),
        (None, "nl, fr;q=0.4, uk;q=0.7", "uk"),
        (None, "de;q=0, es;q=0.1", "es"),
        (None, "nl", "en"),
        (None, ";;q=x,,;q=9", "en"),
        ("fr", "de", "fr"),
        ("xx", "de", "de"),
    ],
)
def test_the_address_chooses_then_the_browser_then_the_site(asked: str | None, accepted: str, code: str) -> None:
    assert chosen(asked, accepted, "en").code == code


@pytest.mark.parametrize(
    ("code", "day", "month", "share", "duration"),
    [
        ("en", "Nov 4, 2026", "November 2026", "99.5%", "2 h 5 min"),
        ("de", "4. Nov. 2026", "November 2026", "99,5\u00a0%", "2 Std. 5 Min."),
        ("fr", "4 nov. 2026", "novembre 2026", "99,5\u00a0%", "2 h 5 min"),
        ("es", "4 nov 2026", "noviembre de 2026", "99,5\u00a0%", "2 h 5 min"),
        ("uk", "4 лист. 2026", "листопад 2026", "99,5\u00a0%", "2 год 5 хв"),
    ],
)
def test_dates_shares_and_durations_are_written_as_usual(
    code: str, day: str, month: str, share: str, duration: str
) -> None:
    language, of = LANGUAGES[code], date(2026, 11, 4)
    assert (language.day_of(of), language.month_of(of)) == (day, month)
    assert (language.percent("99.5"), language.duration(7_500_000)) == (share, duration)


def test_moments_are_in_utc() -> None:
    assert ENGLISH.moment_of(1_700_000_000_999) == "Nov 14, 2023, 22:13 UTC"
    assert LANGUAGES["de"].moment_of(1_700_000_000_999) == "14. Nov. 2023, 22:13 UTC"


def test_the_style_knows_no_left_and_right() -> None:
    css = (Path(languages.__file__).parent / "static" / "page.css").read_text()
    assert re.findall(r"(?:(?:margin|padding|border)-)?\b(?:left|right)\b", css) == []


def test_a_catalogue_is_read_as_gettext_writes_it() -> None:
    catalogue = r"""
msgid ""
msgstr "Language: xx\n"

#: a.py:1
msgid "a \"b\""
msgstr ""
"c\n"
"d"

msgid "e"
msgstr ""
"""
    assert read(catalogue) == {'a "b"': "c\nd"}
