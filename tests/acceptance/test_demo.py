"""The demo as a newcomer meets it: within a minute something fails, is told, and is on the page; Ctrl-C ends it."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.scene import eventually


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


@pytest.mark.timeout(120)
def test_a_newcomer_sees_an_outage_its_incident_and_its_notice(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "prober", "demo"],
            stdout=terminal,
            stderr=terminal,
            env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        )
    try:
        found = eventually(lambda: re.search(r"Open {2}(http://\S+/)", output.read_text()), "the page's address")
        page = found[1]
        eventually(lambda: "Operational" in read(page), "the page")
        eventually(lambda: re.search(r"INCIDENT +API is down +INVESTIGATING", output.read_text()), "the notice")
        assert "API is down" in read(page)
        eventually(lambda: re.search(r"INCIDENT +API is down +RESOLVED", output.read_text()), "the closing notice")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert "Traceback" not in output.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["output"]
