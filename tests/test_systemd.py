"""The units are sound, and leave the daemon no right that it has no use for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prober.config import Daemon
from tests.services import needs_service

UNITS = Path(__file__).parent.parent / "systemd"
MOST_EXPOSED = 1.3


def analyze(*args: str) -> subprocess.CompletedProcess[str]:
    program = needs_service("systemd-analyze")
    return subprocess.run([program, *args], capture_output=True, text=True, timeout=60, check=False)


def test_the_service_is_hardly_exposed() -> None:
    found = analyze("security", "--offline=true", "--no-pager", str(UNITS / "prober.service"))
    level = re.search(r"Overall exposure level for prober\.service: ([0-9.]+)", found.stdout)
    assert level, found.stdout + found.stderr
    assert float(level[1]) <= MOST_EXPOSED, found.stdout


@pytest.mark.parametrize("unit", ["prober.service", "prober.socket"])
def test_the_units_have_no_mistake(unit: str, tmp_path: Path) -> None:
    for name in ("prober.service", "prober.socket"):
        shutil.copy(UNITS / name, tmp_path)
    service = tmp_path / "prober.service"  # verify asks that the program is there
    service.write_text(service.read_text().replace("/opt/prober/.venv/bin/prober", sys.executable))
    found = analyze("verify", "--man=no", str(tmp_path / unit))
    ours = [line for line in (found.stdout + found.stderr).splitlines() if "prober" in line]
    assert (ours, found.returncode) == ([], 0), found.stderr


def test_the_sockets_are_where_the_daemon_listens_by_default() -> None:
    streams = re.findall(r"^ListenStream=(.+)$", (UNITS / "prober.socket").read_text(), re.MULTILINE)
    assert streams == [str(Daemon().public), str(Daemon().up)]
