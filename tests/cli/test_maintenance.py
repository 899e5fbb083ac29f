"""`prober maintenance` prints when planned work comes next."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from prober.cli.check_config import load_config
from prober.cli.main import app
from prober.cli.maintenance import coming

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
    return CliRunner().invoke(app, ["maintenance", "--config", str(folder / "config.toml"), *arguments])


def test_windows_come_in_order_in_their_own_time(tmp_path: Path) -> None:
    result = run(tmp_path, CONFIG, "--next", "2")
    assert result.stdout.splitlines() == [
        "2997-12-03T02:30:00+01:00  to  2997-12-03T02:50:00+01:00  Restart",
        "2997-12-10T02:30:00+01:00  to  2997-12-10T02:50:00+01:00  Restart",
        "2998-01-01T10:00:00+00:00  to  2998-01-01T12:00:00+00:00  Move",
    ]


def test_programs_get_one_list(tmp_path: Path) -> None:
    first, *_ = json.loads(run(tmp_path, CONFIG, "--json").stdout)
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
