"""`prober status`, against a real daemon."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.cli.status import section
from tests.acceptance.scene import Daemon, eventually, served

KEY = "admin-secret-0123456789"
NIGHT = """
[components.blog]
[checks.blog]
kind = "tcp"
host = "127.0.0.1"
port = {port}
[maintenance.night]
name = "Night work"
components = ["blog"]
start = 2030-01-01T00:00:00Z
end = 2030-01-01T01:00:00Z
"""


def run(running: Daemon, *arguments: str) -> Result:
    server = f"http://127.0.0.1:{running.public}"
    return CliRunner().invoke(app, [*arguments, "--server", server], env={"PROBER_KEY": KEY})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The shop is down, nobody takes the notice of it, and work on the blog is planned."""
    with served() as target, served() as receiver:
        target.status, receiver.status = 500, 503
        one = Daemon(tmp_path_factory.mktemp("prober"), target.server_address[1], receiver.server_address[1])
        with Path(one.config).open("a") as config:
            config.write(NIGHT.format(port=target.server_address[1]))
        try:
            one.start()
            eventually(lambda: run(one, "notices", "list", "--json").stdout.count("msg_"), "the notice")
            yield one
        finally:
            one.kill()


def test_one_screen_says_how_everything_is(running: Daemon) -> None:
    def lines() -> list[str]:
        return run(running, "status").stdout.splitlines()

    eventually(lambda: "1 operational" in lines()[0], "the blog")
    headline, incidents, shop, planned, night, path, notices, notice = lines()
    assert headline == "Acceptance: Partial System Outage (1 major, 1 operational)"
    assert (incidents, planned, notices) == ("open incidents: 1", "planned work: 1", "undelivered notices: 1")
    assert shop.startswith("  1  investigating  critical  since ")
    assert shop.endswith("Shop is down  (nobody has acknowledged it)")
    assert path == "alert path: 1 channel, never drilled: prober channels test"
    assert night == "  2030-01-01 00:00:00 UTC to 2030-01-01 01:00:00 UTC  Night work: blog"
    assert "  ops  opened  incident:1  pending after " in notice


def test_the_same_is_one_object_for_programs(running: Daemon) -> None:
    found = json.loads(run(running, "status", "--json").stdout)
    assert list(found) == ["sites", "components", "incidents", "maintenance", "alert_path", "notices"]
    assert found["sites"][0]["site"] == "main"


def test_without_a_daemon_there_is_one_sentence() -> None:
    found = CliRunner().invoke(app, ["status", "--server", "http://127.0.0.1:1"], env={"PROBER_KEY": KEY})
    assert found.exit_code == 1
    assert "expected the daemon's public listener" in found.stderr


def test_a_long_list_is_cut_and_counted() -> None:
    assert section("x", list("abcdefghijklm"))[-2:] == ["  j", "  and 3 more"]
    assert section("x", []) == ["x: none"]
