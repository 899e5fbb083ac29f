"""The control socket: who comes by it needs no key, who may not is sent away, and a dead daemon's is replaced."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.daemon.control import NAME, controlled
from tests.acceptance.scene import daemon, eventually, served
from tests.services import go_no_further

STRANGER = """
import os, socket, sys
folder = os.open(sys.argv[1], os.O_PATH)
os.setgid(65534), os.setuid(65534)
peer = socket.socket(socket.AF_UNIX)
peer.connect(f"/proc/self/fd/{folder}/control.sock")
peer.sendall(b"GET /api/prober/v1/keys HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
print(peer.recv(9))
"""


def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """A verb in that folder, without a key."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PROBER_KEY", raising=False)
    return CliRunner().invoke(app, list(arguments))


def test_on_its_host_the_command_line_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("a long name of a folder " * 5).strip()  # longer than the path of a socket may be
    folder.mkdir()
    with served() as target, daemon(folder, target.server_address[1], 9) as one:
        assert stat.S_IMODE((folder / "state" / NAME).stat().st_mode) == 0o600
        made = ran(folder, monkeypatch, "incidents", "open", "Cable cut", "We look at it.", "--impact", "major")
        assert made.exit_code == 0, made.output
        assert "Cable cut" in ran(folder, monkeypatch, "status").stdout
        (tmp_path / "elsewhere").mkdir()
        path = str(folder / "state" / NAME)
        assert "Cable cut" in ran(tmp_path / "elsewhere", monkeypatch, "incidents", "list", "--server", path).stdout
        found = ran(tmp_path / "elsewhere", monkeypatch, "incidents", "list")
        assert "prober: expected a daemon on this host, or a key in PROBER_KEY" in found.stderr
        one.kill()
        assert ran(folder, monkeypatch, "status").exit_code == 1  # the socket of a dead daemon
        one.start()
        assert "Cable cut" in ran(folder, monkeypatch, "status").stdout
        assert one.stop() == 0
        assert not (folder / "state" / NAME).exists()


def test_who_comes_by_the_listener_needs_a_key_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        url = f"http://127.0.0.1:{one.public}"
        found = ran(tmp_path, monkeypatch, "incidents", "list", "--server", url)
        assert (found.exit_code, "PROBER_KEY: expected a key" in found.stderr) == (2, True)
        assert one.status("/api/prober/v1/incidents") == 401


def test_another_user_is_sent_away_whatever_the_file_says(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        go_no_further("only root can become another user")
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        command = [sys.executable, "-c", STRANGER, str(tmp_path / "state")]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "PermissionError" in refused.stderr
        (tmp_path / "state" / NAME).chmod(0o666)
        (tmp_path / "state").chmod(0o755)
        heard = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "b'HTTP" not in heard.stdout
        eventually(lambda: "user 65534 was sent away from the control socket" in one.log(), "a word of it", one.log)


def test_where_there_can_be_none_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with controlled(tmp_path / "missing") as found:
        assert found is None
    assert "no control socket can be made, orders need a key" in caplog.text


def test_what_is_there_already_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).write_bytes(b"")
    with controlled(tmp_path) as found:
        assert found is not None
        with socket.socket(socket.AF_UNIX) as peer:
            monkeypatch.chdir(tmp_path)
            peer.connect(NAME)
    assert not (tmp_path / NAME).exists()
