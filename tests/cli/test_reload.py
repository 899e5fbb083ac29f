"""`prober reload` finds the daemon that runs, and never signals anything else."""

import os
from pathlib import Path

from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.errors import ProberError
from tests.acceptance.scene import daemon, eventually, served


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["reload", *map(str, arguments)])


def test_the_daemon_that_runs_is_told(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        assert one.process
        for n, arguments in enumerate((("--config", one.config), ("--state-dir", tmp_path / "state")), 1):
            one.config.write_text(one.config.read_text().replace("Shop", "Shop!"))
            result = run(*arguments)
            assert result.exit_code == 0, result.output
            assert result.stdout == "Reloaded: components: changed shop (name)\n"
            assert one.summary()["components"][0]["name"] == "Shop" + "!" * n


def test_a_file_with_mistakes_is_refused_before_anybody_is_told(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        one.config.write_text(one.config.read_text().replace('interval = "1s"', 'interval = "0s"'))
        result = run("--config", one.config)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "checks.shop.interval: expected a duration" in result.stderr
        assert "reloaded" not in one.log()


def test_what_the_daemon_refuses_is_told(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        one.config.write_text(one.config.read_text().replace('interval = "1s"', 'interval = "0s"'))
        result = run("--state-dir", tmp_path / "state")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "The configuration is not reloaded, what runs goes on:" in result.stderr
        assert "checks.shop.interval: expected a duration" in result.stderr


def test_a_daemon_without_a_control_socket_is_signalled(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        assert one.process
        (tmp_path / "state" / "control.sock").unlink()
        one.config.write_text(one.config.read_text().replace("Shop", "Shop!"))
        result = run("--config", one.config)
        assert result.exit_code == 0, result.output
        assert f"Process {one.process.pid} reads its configuration again" in result.stdout
        eventually(lambda: one.summary()["components"][0]["name"] == "Shop!", "the new name", one.log)


def test_where_no_daemon_runs_nobody_is_told(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"{os.getpid()}\n")  # left by one that has ended
    result = run("--state-dir", tmp_path)
    assert isinstance(result.exception, ProberError)
    assert str(result.exception) == f"{tmp_path}: expected a daemon that runs on this state, found none"
