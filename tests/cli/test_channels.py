"""`prober channels test`: a marked notice, and what came of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prober.cli.main import app
from tests.acceptance.scene import Daemon, Server
from tests.cli.test_notices import run, running
from tests.ports import free_port

__all__ = ["running"]

CONFIG = """
[components.shop]
name = "Shop"
[channels.hook]
kind = "webhook"
format = "standard"
url = "http://127.0.0.1:{port}/hook-4711"
"""


def test_a_test_notice_arrives_marked_as_one(tmp_path: Path) -> None:
    receiver = Server(free_port())
    try:
        path = tmp_path / "config.toml"
        path.write_text(CONFIG.format(port=receiver.server_address[1]))
        result = CliRunner().invoke(app, ["channels", "test", "hook", "--config", str(path)])
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("hook: arrived: http://127.0.0.1:")
        assert "hook-4711" not in result.output
        ((_, body),) = receiver.posts
        assert body["data"]["incident"]["name"] == "[TEST] A test notice"
    finally:
        receiver.stop()


@pytest.mark.parametrize(("name", "status", "said"), [("hook", 1, "did NOT arrive"), ("none", 2, "expected one of")])
def test_a_test_that_fails_says_so(tmp_path: Path, name: str, status: int, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(port=free_port()))
    result = CliRunner().invoke(app, ["channels", "test", name, "--config", str(path)])
    assert result.exit_code == status
    assert said in result.output
    if status == 1:
        result = CliRunner().invoke(app, ["channels", "test", name, "--config", str(path), "--json"])
        assert json.loads(result.stdout)["arrived"] is False


def test_the_daemon_sends_it_and_remembers_what_came_of_it(running: Daemon) -> None:
    result = run(running, "channels", "test", "ops", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["channel"], said["arrived"], said["said"]) == ("ops", True, "answered 200")
    assert run(running, "channels", "test").stdout == "ops: arrived: answered 200\n"
    assert "alert path: 1 channel, latest drill 20" in run(running, "status").stdout
    assert "alert path: 1 channel" in run(running, "handover").stdout
    assert run(running, "explain", "@alerts").stdout.startswith("Alert path at ")
    assert run(running, "channels", "test", "none").exit_code == 1
