"""The command as a whole: its verbs, and how our own trouble ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import typer
from typer.testing import CliRunner

from prober import __version__
from prober.cli.main import app, main
from prober.errors import ProberError, StoreError
from tests.worlds import answers, recording

VERBS = (
    "run",
    "check-config",
    "plan",
    "reload",
    "probe",
    "explain",
    "maintenance",
    "incidents",
    "notices",
    "channels",
    "backup",
    "restore",
    "export",
    "import",
    "simulate",
    "demo",
    "demo-target",
    "version",
)


def test_help_names_every_verb() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert [verb for verb in VERBS if verb not in result.output] == []


RUNNERS = {"run", "demo"}  # print what happens, for as long as they run
WITHOUT_DAEMON = {
    "backup STATE saved.db": {"path", "bytes", "head"},
    "verify STATE": {"path", "first", "links", "rows", "head"},
    "restore STATE --force saved.db": {"path", "bytes", "aside"},
    "migrate STATE": {"before", "after", "saved"},
    "export STATE state.jsonl": {"path", "bytes"},
    "import STATE --force state.jsonl": {"path", "bytes", "aside"},
    "import blackbox blackbox.yml": {"toml", "modules", "refused", "noted"},
    "audit STATE": {"orders"},
    "maintenance next config.toml": {"maintenances"},
    "version": {"version"},
}


def verbs(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each verb of the command line, by what is typed."""
    if hasattr(command, "commands"):
        for name, one in command.commands.items():
            yield from verbs(one, f"{path} {name}".strip())
    else:
        yield path, command


def test_every_verb_that_prints_something_does_so_for_programs_too() -> None:
    found = dict(verbs(typer.main.get_command(app)))
    assert len(found) > 40
    without = {path for path, one in found.items() if not any("--json" in option.opts for option in one.params)}
    assert without - RUNNERS == {"schema"}  # which is one object


def test_what_is_printed_for_programs_is_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def live() -> None:
        async with recording(tmp_path / "state") as (recorder, _):
            recorder.observe(answers("down down"))
            await recorder.flush()

    anyio.run(live)
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text('[components.shop]\nname = "Shop"\nopen_incident_at = "never"\n')
    Path("blackbox.yml").write_text("modules: {web: {prober: http}, socket: {prober: unix}}")
    for line, keys in WITHOUT_DAEMON.items():
        done = CliRunner().invoke(app, [*line.replace("STATE", "--state-dir state").split(), "--json"])
        assert (done.exit_code, done.stderr) == (0, ""), (line, done.output, done.exception)
        assert set(json.loads(done.stdout)) == keys, line


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("version", 0, ""),
        ("backup --state-dir . saved.db", 1, "prober: .: expected a state to save, found none\n"),
        ("reload --state-dir .", 1, "prober: .: expected a daemon that runs on this state, found none\n"),
        (
            "incidents list --server /nowhere",
            1,
            "prober: /nowhere: expected a daemon that listens at its control socket",
        ),
        ("verify --head x", 2, "expected a head as `prober verify`"),
        (
            "check-config",
            2,
            "config.toml: expected a TOML file with at least one table, found: no such file or directory",
        ),
        ("incidents ack one", 2, "expected the number of an incident, found 'one'"),
        ("plan b.toml --running a.toml", 0, ""),
        ("plan b.toml --running a.toml --exit-code", 3, ""),
        ("probe http://127.0.0.1:1/", 1, ""),
        ("probe http://127.0.0.1:1/ --json", 1, ""),
    ],
)
def test_exit_statuses_are_those_of_the_docs(tmp_path: Path, line: str, status: int, said: str) -> None:
    (tmp_path / "a.toml").write_text('[components.shop]\nname = "Shop"\nopen_incident_at = "never"\n')
    (tmp_path / "b.toml").write_text('[components.shop]\nname = "Shop 2"\nopen_incident_at = "never"\n')
    command = [sys.executable, "-m", "prober", *line.split()]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PROBER_")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "\x1b[" not in done.stdout + done.stderr


def test_the_shell_completes_verbs() -> None:
    asked = {"_PROBER_COMPLETE": "complete_bash", "COMP_WORDS": "prober incidents a", "COMP_CWORD": "2"}
    code = "import sys; sys.argv[0] = 'prober'; from prober.cli import main; main()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["ack"]


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["version"]).output == f"{__version__}\n"


def test_an_unknown_verb_is_bad_usage() -> None:
    result = CliRunner().invoke(app, ["rnu"])
    assert result.exit_code == 2
    assert "rnu" in result.output


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreError("the disk is full"), "prober: the disk is full\n"),
        (
            ExceptionGroup("x", [StoreError("one"), ExceptionGroup("y", [ProberError("two")])]),
            "prober: one\nprober: two\n",
        ),
    ],
)
def test_our_own_trouble_is_a_sentence_each_and_exit_status_1(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(sys.modules["prober.cli.main"], "app", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (1, said)


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ExceptionGroup("x", [StoreError("one"), ZeroDivisionError()])

    monkeypatch.setattr(sys.modules["prober.cli.main"], "app", fail)
    with pytest.raises(ExceptionGroup):
        main()
