"""`prober check-config` prints what will be watched, or every mistake of the file."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from prober.cli.check_config import check_config, load_config
from prober.cli.main import app

GOOD = """
[components.shop]
[components.idle]

[checks.shop]
kind = "http"
url = "https://monitor:${PASSWORD}@shop.example/${PASSWORD}"
interval = "30s"
timeout = "5s"
failures = 3

[channels.oncall]
kind = "webhook"
url = "https://hooks.example/prober"
"""

SIX_MISTAKES = """
[prober]
max_probes = 0

[components.shop]

[checks.shop]
kind = "http"
url = "https://shop.example"
intervall = "30s"
timeout = "0s"

[checks.db]
kind = "tpc"
component = "shpo"
port = 5432

[checks.shop]
kind = "tcp"
"""


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(check_config)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=env)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_six_mistakes_are_all_told_with_their_lines(file: Path) -> None:
    file.write_text(SIX_MISTAKES)
    result = run(file)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{file}:3: prober.max_probes: expected a number from 1 to 10000, found 0",
        f'{file}:10: checks.shop.intervall: expected one of the keys, found "intervall", did you mean "interval"?',
        f'{file}:11: checks.shop.timeout: expected a duration such as "30s", found "0s"',
        f'{file}:14: checks.db.kind: expected one of the kinds, found "tpc", did you mean "tcp"?',
        f'{file}:15: checks.db.component: expected one of the components, found "shpo", did you mean "shop"?',
        f"{file}:18: checks.shop: expected each table once, found [checks.shop] again, first on line 7",
        f"6 mistakes in {file}",
    ]


def test_mistakes_are_one_object_for_programs(file: Path) -> None:
    file.write_text(SIX_MISTAKES)
    result = run(file, "--json")
    assert result.exit_code == 2
    assert len(json.loads(result.stdout)["mistakes"]) == 6


def test_what_will_be_watched_is_printed_with_references_as_written(file: Path) -> None:
    file.write_text(GOOD)
    result = run(file, env={"PASSWORD": "hunter22"})
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    row = next(line for line in lines if line.lstrip().startswith("shop"))
    assert row.split() == ["shop", "shop", "http", "https://shop.example/${PASSWORD}", "30s", "3", "1m35s"]
    assert f"{file} is good: checks 1, components 2, sites 1" in lines
    assert "warning: components.idle has no check: only an operator can change what it shows" in lines
    assert "warning: there is no subscription: nobody will be told" in lines
    assert "hunter22" not in result.output


def test_everything_is_one_object_for_programs(file: Path) -> None:
    file.write_text(
        GOOD
        + '[subscriptions.all]\nchannel = "oncall"\ncomponents = ["shop"]\nmin_impact = "major"\n'
        + "[maintenance.night]\nstart = 2030-01-01T00:00:00Z\nend = 2030-01-01T01:00:00Z\n"
    )
    found = json.loads(run(file, "--json", env={"PASSWORD": "x"}).stdout)
    assert found["checks"][0]["detection"] == "1m35s"
    assert found["channels"][0]["kind"] == "webhook"
    assert found["subscriptions"][0]["limited_to"] == "components shop; impact major and up"
    assert found["maintenance"][0]["components"] == "all"
    (route,) = found["routes"]
    assert list(route.values()) == ["shop", "partial and up", "oncall", "all", "2m5s"]
    assert found["errors"] == []
    assert found["warnings"] == [
        "components.idle has no check: only an operator can change what it shows",
        "checks.shop: nobody is told before its certificate expires; set cert_expiring_within",
    ]


def test_a_component_that_can_never_page_is_an_error(file: Path) -> None:
    file.write_text(GOOD + '[subscriptions.all]\nchannel = "oncall"\ncomponents = ["idle"]\n')
    result = run(file, env={"PASSWORD": "x"})
    assert result.exit_code == 2
    assert "error: components.shop can never page: expected a subscription to its incidents" in result.stderr
    assert "is good" not in result.stdout
    assert run(file, "--json", env={"PASSWORD": "x"}).exit_code == 2
    file.write_text(file.read_text().replace("[components.shop]", '[components.shop]\nopen_incident_at = "never"'))
    assert run(file, env={"PASSWORD": "x"}).exit_code == 0


def test_sites_and_channels_without_use_are_warned_of(file: Path) -> None:
    file.write_text(GOOD + '[sites.a]\n[sites.b]\n[channels.other]\nkind = "webhook"\nurl = "https://h.example"\n'
                    '[subscriptions.all]\nchannel = "oncall"\n')  # fmt: skip
    file.write_text(file.read_text().replace("[components.shop]", '[components.shop]\nsite = "a"'))
    file.write_text(file.read_text().replace("[components.idle]", '[components.idle]\nsite = "b"'))
    warnings = json.loads(run(file, "--json", env={"PASSWORD": "x"}).stdout)["warnings"]
    assert "sites.b has no check: nothing on it is watched" in warnings
    assert "channels.other has no subscription: nothing is sent to it" in warnings


def test_other_verbs_end_with_status_2_if_the_file_is_not_good(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        load_config(file)
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{file}: expected a TOML file with at least one table, found: no such file or directory",
        f"1 mistake in {file}",
    ]


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_the_modules_of_a_blackbox_yml_are_judged_as_well(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "config.toml").write_text("[components.shop]")
    blackbox = tmp_path / "blackbox.yml"
    command = ["check-config", str(tmp_path / "config.toml"), "--blackbox-config", str(blackbox), *arguments]
    blackbox.write_text("modules: {web: {prober: http}}")
    assert CliRunner().invoke(app, command).exit_code == 0
    blackbox.write_text("modules: {web: {probr: http}}")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "blackbox.yml:1:17: modules.web.probr: expected one of prober, " in result.output
