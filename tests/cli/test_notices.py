"""`prober notices`, against a real daemon."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app
from tests.acceptance.scene import Daemon, Server, daemon, eventually, served
from tests.ports import free_port

KEY = "admin-secret-0123456789"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    receiver = Server(free_port())
    try:
        with served() as target:
            target.status = 500
            with daemon(tmp_path_factory.mktemp("prober"), target.server_address[1], receiver.server_address[1]) as one:
                eventually(lambda: receiver.posts, "a notice")
                yield one
    finally:
        receiver.stop()


def run(running: Daemon, *arguments: str) -> Result:
    server = f"http://127.0.0.1:{running.public}"
    return CliRunner().invoke(app, [*arguments, "--server", server], env={"PROBER_KEY": KEY})


def test_a_notice_is_listed_shown_and_sent_again(running: Daemon) -> None:
    eventually(lambda: "delivered" in run(running, "notices", "list").stdout, "the delivery")
    assert "incident:1  delivered" in run(running, "notices", "list", "--progress", "delivered").stdout
    assert run(running, "notices", "list", "--progress", "failed").stdout == "There is no such notice.\n"
    id_ = json.loads(run(running, "notices", "list", "--json").stdout)["notices"][0]["id"]
    assert "ms  delivered" in run(running, "notices", "show", id_).stdout
    assert run(running, "notices", "replay", id_).exit_code == 0
    eventually(
        lambda: len(json.loads(run(running, "notices", "show", id_, "--json").stdout)["deliveries"]) == 2, "the replay"
    )
    assert (
        "notices: expected one that is there, found 'msg_unknown'; see prober notices list"
        in run(running, "notices", "show", "msg_unknown").stderr
    )


def test_channels_are_listed_and_enabled(running: Daemon) -> None:
    found = run(running, "channels", "list").stdout
    assert "webhook" in found
    assert "well" in found
    name = json.loads(run(running, "channels", "list", "--json").stdout)["channels"][0]["id"]
    assert f"{name} is served" in run(running, "channels", "enable", name).stdout
