"""`prober components`, against a real daemon."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app
from tests.acceptance.scene import Daemon, daemon, eventually, served

KEY = "admin-secret-0123456789"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with served() as target, daemon(tmp_path_factory.mktemp("prober"), target.server_address[1], 9) as one:
        eventually(lambda: one.component() == "operational", "the first answer")
        yield one


def run(running: Daemon, *arguments: str) -> Result:
    server = f"http://127.0.0.1:{running.public}"
    return CliRunner().invoke(app, ["components", *arguments, "--server", server], env={"PROBER_KEY": KEY})


def test_a_component_is_pinned_and_unpinned(running: Daemon) -> None:
    assert "shop                      operational   since " in run(running, "list").stdout
    result = run(running, "pin", "shop", "partial", "--for", "2h")
    assert "partial" in result.stdout
    assert "pinned to partial by admin until " in result.stdout
    assert running.component() == "partial_outage"
    assert "pinned to partial by admin" in run(running, "list").stdout
    result = run(running, "unpin", "shop", "--json")
    assert json.loads(result.stdout)["pin"] is None
    assert running.component() == "operational"
    assert json.loads(run(running, "list", "--json").stdout)["components"][0]["status"] == "operational"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ["pin", "ghost", "major"],
            1,
            "components: expected one that is there, found 'ghost'; see prober components list",
        ),
        (
            ["pin", "shop", "awful"],
            2,
            "status: expected 'operational', 'maintenance', 'degraded', 'partial' or 'major'",
        ),
        (["pin", "shop", "major", "--for", "soon"], 2, 'duration: expected a duration such as "30s"'),
    ],
)
def test_a_refusal_is_one_sentence(running: Daemon, arguments: list[str], status: int, said: str) -> None:
    result = run(running, *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert f"prober: {said}" in result.stderr
