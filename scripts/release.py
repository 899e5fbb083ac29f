"""Builds the wheel, the source archive and prober.pex for scripts/release; an argument names another folder than dist.

prober.pex has what the environment has that runs this, in which everything was installed by the hashes of
requirements.lock: no index is asked again. It runs on this platform, by any Python of the version that built it.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


def built(target: Path) -> Path:
    """The wheel, beside the source archive."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(target))
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = target.glob("*.whl")
    return wheel


def needed(name: str) -> dict[str, Distribution]:
    """What that package needs to run, itself left out, by name."""
    found: dict[str, Distribution] = {}
    waiting, seen = [(name, "")], {(name, "")}
    while waiting:
        package, extra = waiting.pop()
        for line in distribution(package).requires or ():
            one = Requirement(line)
            if one.marker and not one.marker.evaluate({"extra": extra}):
                continue
            needs = canonicalize_name(one.name)
            found[needs] = distribution(needs)
            new = {(needs, more) for more in ("", *one.extras)} - seen
            seen |= new
            waiting += new
    return found


def copied(package: Distribution, packages: Path) -> None:
    """Its files, and its commands, which are beside them."""
    for file in package.files or ():
        if "__pycache__" not in file.parts:
            place = (packages / file).resolve()
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), place)


def packed(wheel: Path, target: Path, folder: Path) -> None:
    """prober.pex, of an environment that has the wheel and what it needs, and nothing else."""
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")), cwd=folder, check=True)
    packages = folder.resolve() / "venv" / "lib" / PYTHON / "site-packages"
    for package in needed("prober").values():
        copied(package, packages)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    command = (
        sys.executable, "-m", "pex", "prober", "--venv-repository", str(folder / "venv"), "--console-script", "prober",
        "--output-file", str(target), "--pex-root", str(folder / "root"), "--python-shebang", f"/usr/bin/env {PYTHON}",
    )  # fmt: skip
    subprocess.run(command, check=True)


def main(target: Path) -> None:
    for file in target.glob("prober*"):
        file.unlink()
    target.mkdir(parents=True, exist_ok=True)
    wheel = built(target)
    with tempfile.TemporaryDirectory() as folder:
        packed(wheel, target / "prober.pex", Path(folder))
    for file in sorted(target.glob("prober*")):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "dist")
