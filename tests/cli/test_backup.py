"""`prober backup` beside a daemon that runs, `prober restore` after it, and how both refuse."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.errors import StoreError
from tests.acceptance.scene import Daemon, daemon, eventually, served


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def incident(one: Daemon) -> str:
    (found,) = one.summary()["incidents"]
    return str(found["id"])


def test_a_backup_of_a_running_daemon_is_restored_and_goes_on(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        target.status = 500
        eventually(lambda: one.summary()["incidents"], "the outage")
        before, saved = incident(one), tmp_path / "saved.db"
        result = run("backup", "--config", one.config, saved)
        assert result.exit_code == 0, result.output
        assert f"bytes to {saved}; read through, and in order." in result.stdout
        head = result.stdout.rsplit(maxsplit=1)[-1]
        assert run("verify", saved, "--head", head).exit_code == 0
        refused = run("restore", "--config", one.config, saved, "--force")
        assert isinstance(refused.exception, StoreError)
        assert "found another prober" in str(refused.exception)
        one.kill()
        (tmp_path / "state" / "prober.db").write_text("spoilt")
        result = run("restore", "--state-dir", tmp_path / "state", saved, "--force")
        assert result.exit_code == 0, result.output
        assert f"What was there is kept as {tmp_path / 'state' / 'prober.db.old-1'}." in result.stdout
        one.start()
        assert incident(one) == before


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_nothing_there_is_one_sentence(tmp_path: Path, verb: str) -> None:
    result = run(verb, "--state-dir", tmp_path, tmp_path / "saved.db")
    assert isinstance(result.exception, StoreError)
    assert "found none" in str(result.exception)
