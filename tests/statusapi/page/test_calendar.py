"""The calendar, as another library reads it, and its writer by the letter of RFC 5545."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from statusapi.page.calendar import LONGEST, document, escaped, folded
from tests.statusapi.scene import MAINTENANCE, MINUTE, is_golden, scene

GOLDEN = Path(__file__).parent / "golden" / "feeds"
WEEKLY = """
[maintenance.weekly]
name = "Weekly; or so, \\\\ünglich"
site = "main"
components = ["shop", "mail"]
start = 2023-11-16T01:00:00
rrule = "FREQ=WEEKLY"
zone = "Europe/Berlin"
duration = "90m"
description = "First line,\\nsecond line; which is long enough to be folded: äöüß äöüß äöüß äöüß äöüß äöüß"
"""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("a, b; c\\d", "a\\, b\\; c\\\\d"),
        ("one\ntwo\r\nthree\rfour", "one\\ntwo\\nthree\\nfour"),
        ("tab\there", "tab\there"),
        ("bell\x07 and null\x00 and delete\x7f", "bell and null and delete"),
        ("ünï cødé 🦊", "ünï cødé 🦊"),
        ("for some\u2028a line's\x85end", "for some\\na line's\\nend"),
    ],
)
def test_texts_are_escaped(text: str, written: str) -> None:
    assert escaped(text) == written


@given(st.text())
def test_lines_are_folded_without_loss_and_no_character_is_taken_apart(line: str) -> None:
    parts = list(folded(line))
    assert all(len(part.encode("utf-8", "replace")) <= LONGEST for part in parts)
    assert all(part.startswith(" ") for part in parts[1:])
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line


def test_a_line_of_75_bytes_stays_whole() -> None:
    assert [len(part) for part in folded("x" * LONGEST)] == [75]
    assert [len(part) for part in folded("x" * (LONGEST + 1))] == [75, 2]


@pytest.mark.anyio
async def test_planned_work_is_read_as_it_was_meant(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE + WEEKLY) as it:
        await it.wait(31 * MINUTE)
        page = it.views.pages["main"]
        text = document(page)
        assert is_golden(GOLDEN / "maintenance.ics", text.replace("\r\n", "\n"))
        read = Calendar.from_ical(text)
        assert not read.errors
        assert (str(read["X-WR-CALNAME"]), str(read["VERSION"])) == (page.name, "2.0")
        upgrade, weekly, *more = read.walk("VEVENT")
        assert not upgrade.errors
        assert upgrade.decoded("DTSTART") == datetime(2023, 11, 14, 22, 43, 20, tzinfo=UTC)
        assert upgrade.decoded("DTEND") == datetime(2023, 11, 14, 23, 43, 20, tzinfo=UTC)
        assert str(upgrade["DESCRIPTION"]) == "Mail is late\nAffects Mail\nThe maintenance has started."
        assert str(weekly["SUMMARY"]) == "Weekly; or so, \\ünglich"
        assert str(weekly["DESCRIPTION"]).startswith("First line,\nsecond line; which")
        assert weekly.decoded("DTSTART") == datetime(2023, 11, 16, 0, 0, tzinfo=UTC)
        assert len({str(one["UID"]) for one in (upgrade, weekly, *more)}) == 4


@pytest.mark.anyio
async def test_every_line_ends_as_the_rules_say_and_blocks_are_closed(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE + WEEKLY) as it:
        text = document(it.views.pages["main"])
        assert not re.search(r"[^\r]\n|\r[^\n]", text)
        assert text.endswith("END:VCALENDAR\r\n")
        assert max(len(line.encode()) for line in text.split("\r\n")) <= LONGEST
        assert re.findall("(?m)^BEGIN:(.*)\r$", text).count("VEVENT") == text.count("END:VEVENT") == 4


@pytest.mark.anyio
async def test_a_calendar_without_work_is_still_one(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        read = Calendar.from_ical(document(it.views.pages["main"]))
        assert not read.errors
        assert [part.name for part in read.subcomponents] == ["VTIMEZONE"]
