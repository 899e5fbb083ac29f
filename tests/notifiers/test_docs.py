"""Every key of every kind of channel is documented."""

import re
from pathlib import Path

import pytest

from prober.notifiers import KINDS, kind

COMMON = {"evidence", "number", "storm_budget", "storm_window", "template_title", "template_text"}
DOCS = Path(__file__).parents[2] / "docs" / "channels.md"


@pytest.mark.parametrize("name", KINDS)
def test_every_key_of_every_kind_has_its_row(name: str) -> None:
    section = re.search(rf"^## `{name}`$(.*?)(?=^## |\Z)", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    assert section, f"docs/channels.md has no section for {name}"
    rows = set(re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE))
    assert rows == set(kind(name).options.model_fields) - COMMON


def test_the_keys_that_channels_for_people_share_are_told_once() -> None:
    general = DOCS.read_text().partition("\n## `")[0]
    assert {key for key in COMMON if f"`{key} =" in general} == COMMON
