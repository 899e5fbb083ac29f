"""Makes .venv for scripts/venv: nothing but the standard library, for it runs before anything is installed.

An environment is used only while its stamp fits: made for this lock, these dependencies, this Python and this place.
The stamp is written last, so that one whose making was interrupted never fits and is made anew.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "stamp"
LOCK = ROOT / "requirements.lock"
PIP_QUIETLY = ("install", "-qq", "--disable-pip-version-check", "--no-input")  # only errors


def wanted() -> str:
    """What the stamp must say. Tools' settings are left out: changing one asks for no installation."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    installed = {key: value for key, value in project.items() if key != "tool"}
    facts = [str(ROOT), sys.version_info[:2], installed, LOCK.read_text("utf-8")]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def fits() -> bool:
    """Whether the environment can be used as it is; to be asked of its own interpreter."""
    return STAMP.is_file() and STAMP.read_text("utf-8") == wanted()


def works(*command: str) -> bool:
    """Whether the command ends well; what it says is kept back, for another way may be left."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def with_uv() -> list[str] | None:
    """The command that installs into a new environment, or None where this way is closed; so with the next two."""
    uv = shutil.which("uv")
    if uv and works(uv, "venv", "--python", sys.executable, str(VENV)):
        return [uv, "pip", "install", "--quiet", "--python", PYTHON]
    return None


def with_venv() -> list[str] | None:
    if works(sys.executable, "-m", "venv", str(VENV)):
        return [PYTHON, "-m", "pip", *PIP_QUIETLY]
    return None


def with_another_pip() -> list[str] | None:
    """Debian's Python comes without ensurepip; a pip that is somewhere can still install into an environment."""
    if works(sys.executable, "-m", "venv", "--without-pip", str(VENV)):
        for pip in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
            if works(*pip, "--python", PYTHON, "--version"):
                return [*pip, "--python", PYTHON, *PIP_QUIETLY]
    return None


def installer() -> list[str]:
    """Make an empty environment and say with which command to install into it."""
    for way in (with_uv, with_venv, with_another_pip):
        shutil.rmtree(VENV, ignore_errors=True)
        command = way()
        if command:
            return command
    shutil.rmtree(VENV, ignore_errors=True)
    sys.exit("prober: this Python can make no virtual environment; on Debian run: apt-get install -y python3-venv")


def install() -> None:
    """Make the environment: the locked packages by their hashes, then this project in place.

    The lock has all that is needed. With dependencies looked up, pip takes the newest of what is asked for with an
    extra and then refuses it, for the lock has no hash of it: each release of such a package broke every installation.
    """
    command = installer()
    for packages in (("--require-hashes", "-r", str(LOCK)), ("--no-build-isolation", "-e", str(ROOT))):
        if subprocess.run([*command, "--no-deps", *packages], cwd=ROOT, check=False).returncode:
            sys.exit("prober: installing into .venv failed; what is above says why")
    STAMP.write_text(wanted(), "utf-8")


@contextmanager
def alone() -> Iterator[None]:
    """Two runs at once: the second waits for the first, and then finds an environment that fits."""
    with LOCK.open("r+b") as held:  # the lock goes with the process, however it ends
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def main() -> None:
    if sys.argv[1:] == ["--fits"]:
        sys.exit(not fits())
    with alone():
        if not works(PYTHON, __file__, "--fits"):
            print("prober: installing into .venv, once; this takes up to a minute ...", file=sys.stderr)
            install()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
