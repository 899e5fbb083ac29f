"""The languages of the page: catalogues of gettext, and how each writes dates, shares and durations.

The catalogues are read as they stand (locale/*.po), so that nothing has to be compiled. Counts are said as
"Outages: 3", which needs no plural in any language.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from importlib import resources
from typing import NamedTuple

from prober.core.incident import duration_words

_FOLDER = resources.files("statusapi.page") / "locale"
_ENTRY = re.compile(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)^msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)', re.MULTILINE)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_MOST_ASKED = 20  # of an Accept-Language header's languages; browsers send a few


class Language(NamedTuple):
    """One language. months, short_months: January first. day, month, moment: patterns of a date's parts."""

    code: str
    name: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    texts: Mapping[str, str] = {}
    direction: str = "ltr"
    decimal: str = "."
    share: str = "{}%"
    day: str = "{day} {short} {year}"
    month: str = "{long} {year}"
    moment: str = "{date}, {time} UTC"

    def say(self, text: str) -> str:
        """The English text in this language; as it is, if there is no word for it."""
        return self.texts.get(text) or text

    def duration(self, ms: int) -> str:
        """A duration for people, such as "2 h 5 min"."""
        return self.length(duration_words(ms))

    def length(self, words: str) -> str:
        """An English duration's counts and units in this language."""
        return " ".join(map(self.say, words.split()))

    def percent(self, text: str) -> str:
        """A number of English digits as a share of a hundred."""
        return self.share.format(text.replace(".", self.decimal))

    def day_of(self, of: date) -> str:
        """A day for people."""
        return self._put(self.day, of)

    def month_of(self, of: date) -> str:
        """A month for people."""
        return self._put(self.month, of)

    def moment_of(self, at_ms: int) -> str:
        """Day and minute, in UTC; a script may show it in the reader's zone."""
        at = datetime.fromtimestamp(at_ms // 1000, UTC)
        return self.moment.format(date=self.day_of(at.date()), time=f"{at:%H:%M}")

    def _put(self, pattern: str, of: date) -> str:
        long, short = self.months[of.month - 1], self.short_months[of.month - 1]
        return pattern.format(long=long, short=short, day=of.day, year=of.year)


def read(catalogue: str) -> dict[str, str]:
    """The texts of a gettext catalogue (.po), without its header; what is not translated is left out."""
    pairs = ((_joined(key), _joined(text)) for key, text in _ENTRY.findall(catalogue))
    return {key: text for key, text in pairs if key and text}


def _joined(strings: str) -> str:
    """The text of a catalogue's quoted lines: C's strings, which Python reads alike."""
    return "".join(ast.literal_eval(string) for string in _STRING.findall(strings))


def _language(code: str, name: str, months: str, short: str, day: str, month: str = "{long} {year}") -> Language:
    path = _FOLDER / f"{code}.po"
    texts = read(path.read_text("utf-8")) if path.is_file() else {}
    made = Language(code, name, tuple(months.split()), tuple(short.split()), texts, day=day, month=month)
    return made if code == "en" else made._replace(decimal=",", share="{}\u00a0%")  # the unit stands apart


ENGLISH = _language(
    "en",
    "English",
    "January February March April May June July August September October November December",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "{short} {day}, {year}",
)

LANGUAGES: Mapping[str, Language] = {
    one.code: one
    for one in (
        ENGLISH,
        _language(
            "de",
            "Deutsch",
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
            "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
            "{day}. {short} {year}",
        ),
        _language(
            "fr",
            "Français",
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
            "{day} {short} {year}",
        ),
        _language(
            "es",
            "Español",
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "ene feb mar abr may jun jul ago sept oct nov dic",
            "{day} {short} {year}",
            month="{long} de {year}",
        ),
        _language(
            "uk",
            "Українська",
            "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
            "січ. лют. бер. квіт. трав. черв. лип. серп. вер. жовт. лист. груд.",  # noqa: RUF001
            "{day} {short} {year}",
        ),
    )
}


def chosen(asked: str | None, accepted: str, otherwise: str) -> Language:
    """The language that is asked for by its code; else the best of an Accept-Language header; else `otherwise`."""
    if asked is not None and asked in LANGUAGES:
        return LANGUAGES[asked]
    return next((LANGUAGES[code] for code in _wanted(accepted) if code in LANGUAGES), LANGUAGES[otherwise])


def _wanted(accepted: str) -> Iterable[str]:
    """The codes of an Accept-Language header, the most wanted first, without their regions (RFC 9110, 12.5.4)."""
    weighed = []
    for part in accepted.lower().split(",")[:_MOST_ASKED]:
        code, _, weight = part.strip().partition(";")
        weighed.append((-_weight(weight.strip().removeprefix("q=")), code.partition("-")[0].strip()))
    return [code for weight, code in sorted(weighed, key=lambda pair: pair[0]) if weight < 0]


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.[0-9]{0,3})?", text) else 1.0 if text == "" else 0.0
