"""Where a state is, for whoever may look and whoever may not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prober.cli.places import SOCKET, STATES, control_socket, is_there, told_directory
from tests.services import go_no_further

# Once as root before, so that all is loaded: Python itself may be where nobody else may read.
AS_NOBODY = """
import http.cookiejar, httpx, os, sys, urllib.request
from typer.testing import CliRunner
from prober.cli import main
from prober.cli.main import app
httpx.Client(trust_env=False).close()
os.chdir(sys.argv[1])
sys.argv = ["prober", *sys.argv[2:]]
CliRunner().invoke(app, sys.argv[1:])
os.setgid(65534), os.setuid(65534)
main()
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[prober]\nstate_dir = "here"', "here"),
        ("", STATES[0].name),
        ("[prober]\nstate_dir = 5", None),
        ('[prober]\nstate_dir = ""', None),
        ('[prober]\nstate_dir = "${HOME}"', None),
        ('[prober]\nstate_dir = "a\\u0000"', None),
        ('[prober]\ninclude = ["conf.d/*.toml"]', None),
        ("prober = 5", None),
        ("[[[", None),
    ],
)
def test_a_file_tells_it_simply_or_not(
    text: str, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert told_directory(file) == (None if told is None else tmp_path / told)
    assert control_socket() is None  # and nothing of it is a traceback


def test_the_first_socket_that_is_there_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / STATES[0]).mkdir()
    (tmp_path / STATES[0] / SOCKET).touch()
    (tmp_path / "config.toml").write_text('[prober]\nstate_dir = "mine"')
    assert control_socket() == STATES[0] / SOCKET
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / SOCKET).touch()
    assert control_socket() == Path("mine") / SOCKET


def test_a_path_that_leads_nowhere_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not is_there(tmp_path / "file" / "below")
    assert not is_there(tmp_path / ("x" * 300))


@pytest.mark.parametrize("verb", [["status"], ["reload"], ["backup", "saved.db"], ["incidents", "list"]])
def test_who_may_not_look_is_told_so_in_one_sentence(verb: list[str], tmp_path: Path) -> None:
    if os.geteuid() != 0:
        go_no_further("only root can become another user")
    for folder in (*tmp_path.parents[:2], tmp_path):
        folder.chmod(0o755)
    (tmp_path / "state").mkdir(0o700)
    (tmp_path / "config.toml").write_text('[prober]\nstate_dir = "state"\n')
    command = [sys.executable, "-c", AS_NOBODY, str(tmp_path), *verb]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PROBER_")}
    found = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert found.returncode in (1, 2), found
    assert "Traceback" not in found.stderr
    assert "ermission denied" in found.stderr
