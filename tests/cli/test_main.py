"""The command as a whole: its verbs, and how our own trouble ends."""

import sys

import pytest
from typer.testing import CliRunner

from prober import __version__
from prober.cli.main import app, main
from prober.errors import ProberError, StoreError

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
