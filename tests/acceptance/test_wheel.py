"""What is published is whole: a wheel, put into an empty environment, runs the daemon with its page.

What it depends on is taken from the environment of the tests, so that no package index is asked.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.scene import Daemon, eventually, served

ROOT = Path(__file__).parents[2]


def called(*command: object, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of a copy, so that nothing is left in the clone."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("prober", "statusapi"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    called(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=source)
    (built,) = target.glob("*.whl")
    return built


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    listed = called("git", "ls-files", "prober", "statusapi", cwd=ROOT).splitlines()
    inside = zipfile.ZipFile(wheel).namelist()
    assert [name for name in listed if name not in inside and (ROOT / name).exists()] == []
    assert [name for name in inside if name.startswith(("tests", "benchmarks"))] == []


class Installed(Daemon):
    """Run by the command of an environment in which only the wheel is installed."""

    program: Path

    def command(self) -> list[str]:
        return [str(self.program), "run", "--config", str(self.config)]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published, in a folder."""
    target: Path = tmp_path_factory.mktemp("released")
    sums = called(sys.executable, ROOT / "scripts" / "release.py", target, cwd=ROOT)
    named = [line.split()[1] for line in sums.splitlines() if re.match(r"[0-9a-f]{64}  prober", line)]
    assert sorted(named) == sorted(path.name for path in target.iterdir())
    assert [Path(name).suffix for name in sorted(named)] == [".whl", ".gz", ".pex"]
    return target


def starts_and_stops(program: Path, folder: Path) -> None:
    """It runs the daemon, with its page and the page's style."""
    with served() as target:
        one = Installed(folder, target.server_address[1], 9)
        one.program = program
        try:
            one.start()
            eventually(lambda: b"Operational" in one.get("/"), "the page")
            (style,) = re.findall(r'href="([^"]+\.css[^"]*)"', one.get("/").decode())
            assert one.status(style) == 200
            assert one.stop() == 0
            assert "Traceback" not in one.log()
        finally:
            if one.process and one.process.poll() is None:
                one.kill()


def test_the_program_in_one_file_runs_the_daemon(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PEX_ROOT", str(tmp_path / "pex"))
    starts_and_stops(released / "prober.pex", tmp_path)


def test_a_wheel_in_an_empty_environment_runs_the_daemon(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = home.glob("lib/python*/site-packages")
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "-q", "--python", python]
    called(*pip, "install", "--no-index", "--no-deps", wheel, cwd=tmp_path)
    # A path and not a site directory: what is installed for editing there is not found by it.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    where = called(python, "-c", "import prober, statusapi; print(prober.__file__, statusapi.__file__)", cwd=tmp_path)
    assert [Path(path).is_relative_to(site) for path in where.split()] == [True, True]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert called(home / "bin" / "prober", "version", cwd=tmp_path).strip() == version
    starts_and_stops(home / "bin" / "prober", tmp_path)
