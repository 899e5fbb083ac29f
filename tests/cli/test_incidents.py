"""`prober incidents`, against a real daemon."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app
from tests.acceptance.scene import Daemon, daemon, eventually, served

KEY = "admin-secret-0123456789"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with served() as target:
        target.status = 500
        with daemon(tmp_path_factory.mktemp("prober"), target.server_address[1], 9) as one:
            eventually(lambda: one.component() == "major_outage", "the outage")
            yield one


def run(running: Daemon, *arguments: str, key: str = KEY) -> Result:
    server = f"http://127.0.0.1:{running.public}"
    return CliRunner().invoke(app, ["incidents", *arguments, "--server", server], env={"PROBER_KEY": key})


def test_an_incident_is_seen_acknowledged_posted_to_and_resolved(running: Daemon) -> None:
    result = run(running, "list")
    assert result.exit_code == 0, result.output
    assert "investigating  critical" in result.stdout
    assert "Shop is down" in result.stdout
    result = run(running, "ack", "1", "--for", "2h")
    assert "acknowledged by admin until" in result.stdout
    assert "acknowledged by admin" in run(running, "list").stdout
    result = run(running, "update", "1", "A disk.", "--status", "identified")
    assert "identified     A disk.  (admin)" in result.stdout
    result = run(running, "resolve", "1")
    assert "This incident has been resolved.  (admin)" in result.stdout
    assert run(running, "list").stdout == "No incident is open.\n"
    assert "Shop is down" in run(running, "list", "--all").stdout
    assert json.loads(run(running, "show", "1", "--json").stdout)["status"] == "resolved"


def test_an_incident_is_opened_by_hand(running: Daemon) -> None:
    result = run(running, "open", "Move", "We move.", "--impact", "none", "--component", "shop", "--json")
    found = json.loads(result.stdout)
    assert (found["name"], found["impact"], found["components"]) == ("Move", "none", ["shop"])
    assert run(running, "resolve", str(found["num"])).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "99"], 1, "incidents: expected one that is there, found '99'; see prober incidents list"),
        (["update", "1", " "], 2, "body: expected a text of 1 to 10000 characters, found ' '\n"),
        (["update", "1", "x" * 10_001], 2, f"body: expected a text of 1 to 10000 characters, found '{'x' * 59}...\n"),
        (["ack", "1", "--for", "soon"], 2, "duration: expected a duration such as \"30s\", found 'soon'\n"),
        (
            ["open", "x", "y", "--impact", "huge"],
            2,
            "impact: expected 'none', 'minor', 'major' or 'critical', found 'huge'\n",
        ),
    ],
)
def test_a_refusal_is_one_sentence(running: Daemon, arguments: list[str], status: int, said: str) -> None:
    result = run(running, *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert f"prober: {said}" in result.stderr


def test_a_wrong_key_and_a_missing_one_are_told(running: Daemon) -> None:
    assert "Expected a known key" in run(running, "list", key="unknown-key-0123456789").stderr
    assert "PROBER_KEY: expected a key" in run(running, "list", key="").stderr


def test_a_daemon_that_is_not_there_is_told(free_port: int) -> None:
    listener, socket = "the daemon's public listener", "a daemon that listens at its control socket"
    for server in (f"http://127.0.0.1:{free_port}", "http://[::", "nonsense", "/no/such/folder/control.sock", "\0"):
        result = CliRunner().invoke(app, ["incidents", "list", "--server", server], env={"PROBER_KEY": KEY})
        assert result.exit_code == 1
        wanted = listener if server.startswith("http") else socket
        assert f"prober: {server}: expected {wanted}, found: " in result.stderr


@pytest.mark.parametrize("said", ["one", "0", "1.5", "9" * 19, "\u0661"])
def test_what_is_no_number_is_bad_usage(said: str) -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["incidents", "show", said])
    assert result.exit_code == 2
    assert f"expected the number of an incident, found {said!r}; see prober incidents list" in result.stderr


def test_what_is_neither_a_url_of_the_web_nor_a_path_is_bad_usage() -> None:
    result = CliRunner().invoke(app, ["incidents", "list", "--server", "ftp://127.0.0.1"], env={"PROBER_KEY": KEY})
    assert result.exit_code == 2
    assert result.stderr == "prober: --server: expected an http or https URL, or a path, found 'ftp://127.0.0.1'\n"


def test_something_else_that_listens_there_is_told(tmp_path: Path) -> None:
    with served() as other:
        server = f"http://127.0.0.1:{other.server_address[1]}"
        result = CliRunner().invoke(app, ["incidents", "list", "--server", server], env={"PROBER_KEY": KEY})
    assert "expected the daemon's API, found something else" in result.stderr
