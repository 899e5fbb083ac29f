"""What the page calls things."""

import re
from pathlib import Path

import pytest

from prober.core.model import Impact, IncidentStatus, Indicator, MaintenanceStatus, Status
from statusapi.page import words
from tests.statusapi.scene import MAINTENANCE, MINUTE, scene

CSS = (Path(words.__file__).parent / "static" / "page.css").read_text()
ICONS = (Path(words.__file__).parent / "templates" / "icons.html").read_text()


def test_every_state_has_a_word() -> None:
    assert set(words.COMPONENT) == set(Status)
    assert set(words.INCIDENT) == set(IncidentStatus)
    assert set(words.MAINTENANCE) == set(MaintenanceStatus)
    assert set(words._IMPACT) == set(Impact)
    assert set(words._INDICATOR) == set(Indicator)


def test_every_tone_has_a_colour_in_both_schemes_and_a_shape() -> None:
    tones = {word.tone for word in (*words.COMPONENT.values(), words.UNWATCHED)}
    tones |= {*words._IMPACT.values(), *words._INDICATOR.values()}
    for tone in tones:
        assert len(re.findall(rf"--{tone}: #", CSS)) == 2, tone
        assert f'<symbol id="i-{tone}"' in ICONS, tone


def test_no_two_tones_have_the_same_shape() -> None:
    shapes = re.findall(r"<symbol id=.*?>(.*)</symbol>", ICONS)
    assert len(shapes) == len(set(shapes)) == 6


@pytest.mark.anyio
async def test_planned_work_is_shown_even_of_what_was_never_probed(tmp_path: Path) -> None:
    async with scene(tmp_path, MAINTENANCE) as it:
        await it.wait(30 * MINUTE)
        page = it.views.pages["main"]
        assert words.of_component(page.components[2]).text == "Under maintenance"
        assert words.of_page(page).text == "Service Under Maintenance"


def test_moments_are_in_utc_for_machines_and_people() -> None:
    assert words.instant(1_700_000_000_999) == "2023-11-14T22:13:20Z"
    assert words.moment(1_700_000_000_999) == "Nov 14, 2023, 22:13 UTC"
