"""The program, built wrong in one place: what is there to see that the harness sees."""

import shutil
from pathlib import Path
from typing import NamedTuple

from tests.durability.town import ROOT


class Mutant(NamedTuple):
    """A program whose file has `new` in place of `old`. fault: where its daemon is killed; found: what is then found
    wrong.
    """

    file: str
    old: str
    new: str
    fault: str = ""
    found: str = ""


def mutated(folder: Path, *mutants: Mutant) -> Path:
    """A copy of the program, changed."""
    for package in ("prober", "statusapi"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for mutant in mutants:
        file = folder / mutant.file
        text = file.read_text()
        assert text.count(mutant.old) == 1, f"{mutant.file}: expected once: {mutant.old}"
        file.write_text(text.replace(mutant.old, mutant.new))
    return folder
