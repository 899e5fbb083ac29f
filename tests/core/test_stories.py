"""The stories of tests/stories: what happens, and what comes of it."""

from pathlib import Path

import pytest

from tests.story import Teller, stories

ALL = stories(Path(__file__).parent.parent / "stories")


@pytest.mark.parametrize(("name", "lines"), ALL, ids=[name for name, _ in ALL])
def test_story(name: str, lines: list[str]) -> None:
    teller = Teller()
    told = []
    for line in lines:
        happened = line.partition("->")[0].strip()
        said = teller.tell(happened)
        told.append(f"{happened} -> {said}" if said else happened)
    assert told == lines
