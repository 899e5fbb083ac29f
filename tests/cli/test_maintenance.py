"""`prober maintenance`: when planned work comes next by a file; and what is done about it, against a real daemon."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prober.cli.check_config import load_config
from prober.cli.main import app
from prober.cli.maintenance import coming
from tests.acceptance.scene import Daemon, daemon, eventually, served

KEY = "admin-secret-0123456789"

CONFIG = """
[components.shop]
[maintenance.once]
name = "Move"
start = 2998-01-01T10:00:00Z
end = 2998-01-01T12:00:00Z
[maintenance.weekly]
name = "Restart"
start = 2997-12-01T02:30:00
rrule = "FREQ=WEEKLY;BYDAY=SU"
zone = "Europe/Berlin"
duration = "20m"
"""


def run(folder: Path, text: str, *arguments: str) -> Result:
    (folder / "config.toml").write_text(text)
    return CliRunner().invoke(app, ["maintenance", "next", str(folder / "config.toml"), *arguments])


def test_windows_come_in_order_in_their_own_time(tmp_path: Path) -> None:
    result = run(tmp_path, CONFIG, "--count", "2")
    assert result.stdout.splitlines() == [
        "2997-12-03T02:30:00+01:00  to  2997-12-03T02:50:00+01:00  Restart",
        "2997-12-10T02:30:00+01:00  to  2997-12-10T02:50:00+01:00  Restart",
        "2998-01-01T10:00:00+00:00  to  2998-01-01T12:00:00+00:00  Move",
    ]


def test_alone_it_says_the_same(tmp_path: Path) -> None:
    said = run(tmp_path, CONFIG, "--count", "2").stdout
    arguments = ["maintenance", "--config", str(tmp_path / "config.toml"), "--next", "2"]
    assert CliRunner().invoke(app, arguments).stdout == said


def test_programs_get_one_object(tmp_path: Path) -> None:
    first, *_ = json.loads(run(tmp_path, CONFIG, "--json").stdout)["maintenances"]
    assert (first["name"], first["status"], first["components"]) == ("Restart", "planning", ["shop"])


def test_what_is_under_way_is_told_and_what_is_over_is_not(tmp_path: Path) -> None:
    run(tmp_path, CONFIG)
    config = load_config(tmp_path / "config.toml", {})
    start_ms = config.maintenance["once"].start_ms
    (row,) = [row for row in coming(config, start_ms, 1) if row["name"] == "Move"]
    assert row["status"] == "inprogress"
    assert [row for row in coming(config, start_ms + 7_200_000, 1) if row["name"] == "Move"] == []


def test_without_any_it_says_so(tmp_path: Path) -> None:
    assert run(tmp_path, "[components.shop]").stdout == "No maintenance is planned.\n"


def test_a_broken_configuration_is_told_and_refused(tmp_path: Path) -> None:
    result = run(tmp_path, "[component.shop]")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'did you mean "components"' in result.stderr


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with served() as target, daemon(tmp_path_factory.mktemp("prober"), target.server_address[1], 9) as one:
        eventually(lambda: one.component() == "operational", "the first answers")
        yield one


def order(running: Daemon, *arguments: str) -> Result:
    server = f"http://127.0.0.1:{running.public}"
    return CliRunner().invoke(app, ["maintenance", *arguments, "--server", server], env={"PROBER_KEY": KEY})


def test_work_is_planned_from_now_on_extended_and_ended(running: Daemon) -> None:
    result = order(running, "schedule", "Move", "--for", "1h", "--component", "shop", "--json")
    assert result.exit_code == 0, result.output
    work = json.loads(result.stdout)
    assert (work["status"], work["components"]) == ("inprogress", ["shop"])
    assert running.component() == "under_maintenance"
    assert "inprogress" in order(running, "list").stdout
    assert "extended until" in order(running, "extend", work["id"], "--by", "30m").stdout
    result = order(running, "end", work["id"], "It is done.")
    assert "completed   It is done.  (admin)" in result.stdout
    assert order(running, "list").stdout == "No maintenance is planned.\n"
    assert "Move" in order(running, "list", "--all").stdout
    assert "It is done." in order(running, "show", work["id"]).stdout
    eventually(lambda: running.component() == "operational", "the end of the work")


def test_work_is_started_by_hand_or_called_off(running: Daemon) -> None:
    ids = []
    for _ in range(2):
        result = order(running, "schedule", "Later", "--for", "2h", "--by-hand", "--remind-before", "5m", "--json")
        ids.append(json.loads(result.stdout)["id"])
    assert "inprogress  We begin.  (admin)" in order(running, "start", ids[0], "We begin.").stdout
    assert "cancelled" in order(running, "cancel", ids[1]).stdout
    result = order(running, "cancel", ids[0])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "prober: A maintenance that is inprogress can't be cancelled.\n"
    work = json.loads(order(running, "end", ids[0], "--json").stdout)
    assert (work["auto_start"], work["auto_end"], work["status"]) == (False, False, "completed")


def test_work_may_wait_until_nothing_fails(running: Daemon) -> None:
    arguments = ["--start", "2999-01-01T00:00:00Z", "--for", "1h"]
    result = order(running, "schedule", "Far", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "start: expected a moment to come, at most a year ahead" in result.stderr
    result = order(running, "schedule", "Green", "--for", "1h", "--extend-up-to", "1h", "--json")
    work = json.loads(result.stdout)
    assert work["auto_end"] == "when_green"
    assert order(running, "end", work["id"]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "ghost"], 1, "maintenance: expected one that is there, found 'ghost'; see prober maintenance list"),
        (
            ["extend", "ghost", "--by", "1h"],
            1,
            "maintenance: expected one that is there, found 'ghost'; see prober maintenance list",
        ),
        (["schedule", "Move"], 2, "end: expected a moment, or a duration in its place"),
        (["schedule", "Move", "--for", "soon"], 2, 'duration: expected a duration such as "30s"'),
    ],
)
def test_a_refusal_is_one_sentence(running: Daemon, arguments: list[str], status: int, said: str) -> None:
    result = order(running, *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert f"prober: {said}" in result.stderr
