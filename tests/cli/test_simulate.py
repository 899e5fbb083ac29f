"""`prober simulate`: for people and for programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.main import app

SCRIPT = """
check shop failures=3
01:00 down/http_status for 10m
02:00 network down for 5m
03:00 down for 20s
"""
CONFIG = """
[components.shop]
[checks.shop]
kind = "tcp"
host = "127.0.0.1"
port = 1
failures = 1
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:1/"
[subscriptions.all]
channel = "hook"
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "outage.txt"
    path.write_text(SCRIPT)
    return path


def test_people_read_what_was_told_and_what_was_missed(script: Path) -> None:
    result = run(script)
    assert result.exit_code == 0, result.output
    assert "2026-01-01 01:02:47  shop is down  (9 min)" in result.stdout
    for line in (
        "notices      opened 2, resolved 2",
        "outages      2: detected 1, within an incident 0, missed 1",
        "to detect    2 min 47 s at least, 2 min 47 s in the middle, 2 min 47 s at most",
        "false pages  1",
        "  2026-01-01 03:00:00  shop  20 s: no verdict: too short, or not watched",
    ):
        assert line in result.stdout.splitlines()


def test_programs_get_one_object(script: Path) -> None:
    found = json.loads(run(script, "--json", "--from", "2026-03-01").stdout)
    assert (found["checks"], found["outages"], found["detected"], found["joined"]) == (1, 2, 1, 0)
    assert found["notices"] == {"opened": 2, "resolved": 2}
    assert [incident["impact"] for incident in found["incidents"]] == ["critical", "critical"]
    assert found["from_ms"] == 1_772_323_200_000
    assert found["missed"][0]["why"].startswith("no verdict")


def test_a_world_without_trouble_and_one_whose_trouble_goes_on_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("01:00 reload")
    (tmp_path / "b.txt").write_text("01:00 down")
    assert "notices      none" in run(tmp_path / "a.txt").stdout
    assert "shop is down  (still open)" in run(tmp_path / "b.txt").stdout


def test_a_seed_is_a_world_that_can_be_printed_kept_and_run(tmp_path: Path) -> None:
    text = run("--seed", 5, "--days", 2, "--print").stdout
    (tmp_path / "seed-5").write_text(text)
    assert run("--seed", 5, "--days", 2).stdout == run(tmp_path / "seed-5", "--days", 2).stdout


def test_a_configuration_says_what_is_watched(tmp_path: Path, script: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    config = ("--config", tmp_path / "config.toml")
    (tmp_path / "a.txt").write_text("01:00 down for 10m")
    assert "probes, checks 1\n" in run(tmp_path / "a.txt", *config).stdout
    assert " shop " in run("--seed", 1, "--days", 30, "--print", *config).stdout
    refused = run(script, *config)
    assert refused.exit_code == 2
    assert 'outage.txt:2: expected a moment, found "check": the configuration says what is watched' in refused.stderr


def test_every_mistake_of_a_script_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("00:01 shop dwon\n00:02 shop up fast\n")
    result = run(tmp_path / "a.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("a.txt:") == 2
    assert result.stderr.endswith(f"2 mistakes in {tmp_path / 'a.txt'}\n")


def test_a_script_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    missing = run(tmp_path / "none.txt")
    assert missing.exit_code == 2
    assert "expected a script, found: no such file or directory" in missing.stderr
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    assert "found: it is not UTF-8" in run(tmp_path / "bad.txt").stderr


def test_a_script_or_a_seed_is_needed_and_not_both(script: Path) -> None:
    assert run().exit_code == 2
    assert run(script, "--seed", 1).exit_code == 2
