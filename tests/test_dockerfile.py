"""The steps of the Dockerfile, as far as they go without a container: what it copies, and the versions it takes."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_what_it_copies_is_there_and_not_ignored() -> None:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    copied = [name for line in lines for name in line.split()[:-1]]
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(kept)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_its_versions_are_those_of_the_lock_for_all_that_the_wheel_asks_for(tmp_path: Path) -> None:
    (command,) = re.findall(r"(sed .+ requirements\.lock)", DOCKERFILE)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    written = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = [Requirement(line) for line in written.stdout.splitlines() if line.strip()]  # pip reads it by this syntax
    assert [str(one) for one in found if [part.operator for part in one.specifier] != ["=="]] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert asked - {canonicalize_name(one.name) for one in found} == set()
