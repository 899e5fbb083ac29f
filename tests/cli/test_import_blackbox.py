"""`prober import blackbox`: what it prints is a configuration, and a line for each thing that has no equal."""

from pathlib import Path

from typer.testing import CliRunner, Result

from prober.cli.check_config import read_config
from prober.cli.main import app


def run(file: Path) -> Result:
    return CliRunner().invoke(app, ["import", "blackbox", str(file)])


def test_what_is_printed_is_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(
        "modules:\n  web: {prober: http, http: {fail_if_ssl: true, preferred_ip_protocol: ip4, method: HEAD}}\n"
        "  banner: {prober: unix}\n"
    )
    result = run(tmp_path / "b.yml")
    assert result.exit_code == 0
    assert [line.split(": ")[1] for line in result.stdout.splitlines() if line.startswith("#")] == [
        "modules.web.http.fail_if_ssl",
        "modules.banner.prober",
        "modules.web.http.preferred_ip_protocol",
    ]
    assert result.stderr == "1 modules; 2 things have no equal, see the first lines\n"
    (tmp_path / "config.toml").write_text(result.stdout)
    assert read_config(tmp_path / "config.toml", {}).modules["web"].kind == "http"


def test_a_file_with_mistakes_becomes_nothing(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("modules: {web: {probr: http}}")
    result = run(tmp_path / "b.yml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "b.yml:1:17: modules.web.probr: expected one of prober, " in result.stderr


def test_only_the_word_goes_before_a_second_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["import", "other", str(tmp_path)])
    assert result.exit_code == 2
