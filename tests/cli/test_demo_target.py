"""`prober demo-target` says what it serves, and ends cleanly."""

import signal
import subprocess
import sys
import urllib.request
from contextlib import closing

import pytest

from prober.demo.serve import address, listener

COMMAND = [sys.executable, "-W", "error", "-m", "prober", "demo-target"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_its_endpoints_and_ends_when_told(end: signal.Signals) -> None:
    ports = ["--port", "0", "--tls-port", "0", "--tcp-port", "0"]
    with subprocess.Popen([*COMMAND, *ports], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline()]
        while lines[-1] not in ("", "Ctrl-C ends it.\n"):
            lines.append(process.stdout.readline())
        endpoint = lines[0].split()[0]
        with urllib.request.urlopen(endpoint, timeout=10) as answer:
            assert (endpoint.endswith("/healthy"), answer.status) == (True, 200)
        process.send_signal(end)
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_one_clear_sentence() -> None:
    with closing(listener(0)) as taken:
        place = address(taken)
        run = subprocess.run(
            [*COMMAND, "--port", place.rpartition(":")[2]], capture_output=True, text=True, timeout=60, check=False
        )
    assert run.returncode == 1
    assert run.stderr == f"prober: {place}: expected a free port, found: address already in use\n"
