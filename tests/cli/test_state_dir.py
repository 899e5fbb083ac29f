"""The state is found without what only the daemon knows, and what the daemon knows is taken from it."""

import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.cli.state_dir import directory_of, environment_at
from tests.acceptance.scene import Daemon, served


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[prober]\nstate_dir = "a/b"\n', "a/b"),
        ('[prober]\nstate_dir = "a"\n[checks.x]\nurl = "${NOBODY_HAS_THIS}"\n', "a"),
        ("[prober]\n", "prober-state"),
        ('nonsense = "x"\n', "prober-state"),
    ],
)
def test_the_file_need_not_be_good_for_it(text: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)
    (tmp_path / "prober-state").mkdir()
    assert directory_of(tmp_path / "config.toml", None) == tmp_path / found
    assert directory_of(tmp_path / "none.toml", Path("said")) == Path("said")


def test_as_systemd_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text("[prober]\n")
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'one'}:{tmp_path / 'two'}")
    assert directory_of(tmp_path / "config.toml", None) == tmp_path / "one"


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[prober]\nstate_dir = 3\n",
        '[prober]\nstate_dir = "${NOBODY}"\n',
        'prober = "x"\n',
        '[prober]\nstate_dir = "a\\u0000"\n',
        None,
    ],
)
def test_where_it_can_not_be_told_every_mistake_is(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "config.toml").write_text(text)
    with pytest.raises(typer.Exit) as ended:
        directory_of(tmp_path / "config.toml", None)
    assert ended.value.exit_code == 2


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_what_only_the_daemon_has_in_its_environment_is_taken_from_there(tmp_path: Path) -> None:
    with served() as target, served() as receiver:
        one = Daemon(tmp_path, target.server_address[1], receiver.server_address[1])
        hook = f'"http://127.0.0.1:{receiver.server_address[1]}/hook"'
        one.config.write_text(one.config.read_text().replace(hook, '"${HOOK_OF_THE_DAEMON}"'))
        one.start(HOOK_OF_THE_DAEMON=hook.strip('"'))
        try:
            assert "HOOK_OF_THE_DAEMON" not in os.environ
            assert run("check-config", one.config).exit_code == 2
            assert run("maintenance", "next", one.config).stdout == "No maintenance is planned.\n"
            new = tmp_path / "new.toml"
            new.write_text(one.config.read_text().replace('"Shop"', '"Store"'))
            planned = run("plan", new, "--running", one.config)
            assert (planned.exit_code, "name: Shop -> Store" in planned.stdout) == (0, True), planned.output
            new.replace(one.config)
            reloaded = run("reload", "--config", one.config)
            assert reloaded.stdout == "Reloaded: components: changed shop (name)\n", reloaded.output
            assert run("backup", "--config", one.config, tmp_path / "saved.db").exit_code == 0
        finally:
            one.kill()
    assert environment_at(tmp_path / "state") is os.environ
