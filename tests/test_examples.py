"""Every example of a configuration in the docs is one: it is read as it stands there, its references lead somewhere.

One that begins with ```toml more goes on with the one before it. And every line for the terminal that calls prober is
read by its command line.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from prober.cli.check_config import read_config
from prober.cli.lint import errors
from prober.cli.main import app

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


SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SAID = re.compile(r"`prober ([a-z][^`]*)`")
CALLS = re.compile(r"^(?:\S+=\S+ )*(?:\./run|(?:\S*/)?prober(?:\.pex)?) ")
ENDS = re.compile(r" (?:>|\||&&) .*")


def calls() -> Iterator[tuple[str, list[str]]]:
    """What is passed to prober by the lines for the terminal, each with where it stands."""
    for page in [*PAGES, *(ROOT / "systemd").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        text = page.read_text()
        for found in SHELL.finditer(text):
            for line in found[1].splitlines():
                if call := CALLS.match(line):
                    yield f"{page.name}: {line}", shlex.split(ENDS.sub("", line[call.end() :]), comments=True)


@pytest.mark.parametrize(("place", "words"), [pytest.param(*one, id=one[0][:80]) for one in calls()])
def test_every_line_for_the_terminal_is_one_that_prober_takes(place: str, words: list[str]) -> None:
    command, rest = verb(words)
    with command.make_context("prober", rest):  # raises what is wrong with it
        assert not hasattr(command, "commands") or command.invoke_without_command, place


def test_prose_names_only_verbs_that_there_are() -> None:
    found = [(page.name, said) for page in PAGES for said in SAID.findall(page.read_text())]
    assert len(found) > 50
    assert [one for one in found if (left := verb(one[1].split())[1]) and left == one[1].split()] == []


def verb(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words call, and what is left of them for it."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def test_there_are_examples() -> None:
    assert len(list(examples())) > 10
    assert len(list(calls())) > 50
