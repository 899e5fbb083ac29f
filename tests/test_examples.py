"""Every example of a configuration in the docs is one: it is read as it stands there, its references lead somewhere.

One that begins with ```toml more goes on with the one before it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from prober.cli.check_config import read_config
from prober.cli.lint import errors

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *(ROOT / "contrib").rglob("*.md")]
FENCE = re.compile(r"^```toml( more)?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
REFERENCE = re.compile(r"\$\{(\w+)\}")

# What variables could be, by a part of their names.
VALUES = {
    "APPRISE": "json://hooks.example/0",
    "HOOK": "https://hooks.example/services/0",
    "WORKFLOW": "https://flows.example/0",
    "TELEGRAM": "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
}


def examples() -> Iterator[tuple[str, str]]:
    """Each with where it stands."""
    for page in PAGES:
        text, example = page.read_text(), ""
        for found in FENCE.finditer(text):
            example = example + found[2] if found[1] else found[2]
            yield f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}", example


@pytest.mark.parametrize(("place", "text"), [pytest.param(*one, id=one[0]) for one in examples()])
def test_every_example_of_a_configuration_is_good(place: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)
    env = {name: value(name) for name in REFERENCE.findall(text)} | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    for name in re.findall(r'credential = "(\w+)"', text):
        (tmp_path / name).write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    assert list(errors(read_config(tmp_path / "config.toml", env))) == [], place


def value(name: str) -> str:
    """What a variable of that name could be."""
    return next((text for part, text in VALUES.items() if part in name), "0123456789abcdef0123456789abcdef")


def test_there_are_examples() -> None:
    assert len(list(examples())) > 10
