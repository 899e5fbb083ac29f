"""`prober plan` tells what a reload would do, and does nothing."""

import json
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner, Result

from prober.cli.check_config import load_config
from prober.cli.main import app
from tests.worlds import answers, recording

RUNNING = """
[prober]
admin_key = "an-admin-key-of-old"
[components]
shop = {}
blog = {}
[checks]
shop = {kind = "tcp", host = "127.0.0.1", port = 9, interval = "30s"}
blog = {kind = "tcp", host = "127.0.0.1", port = 9}
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9/a-token"
"""
OTHER = (
    RUNNING.replace("of-old", 'of-new"\npublic = "127.0.0.1:8099')
    .replace('"30s"', '"1m30s"')
    .replace("blog", "mail")
    .replace("a-token", "another-token")
)


def run(folder: Path, text: str, *arguments: str) -> Result:
    (folder / "etc").mkdir(exist_ok=True)
    (folder / "etc" / "config.toml").write_text(RUNNING)
    (folder / "other.toml").write_text(text)
    running = str(folder / "etc" / "config.toml")
    return CliRunner().invoke(app, ["plan", str(folder / "other.toml"), "--running", running, *arguments])


def outage(folder: Path, *checks: str) -> None:
    """The state of a daemon on the running configuration: these checks are down."""

    async def make() -> None:
        (folder / "etc").mkdir()
        (folder / "etc" / "config.toml").write_text(RUNNING)
        config = load_config(folder / "etc" / "config.toml")
        async with recording(config.daemon.state_dir, config.policy()) as (recorder, _):
            for check in checks:
                recorder.observe(answers("down down", check=check))
            await recorder.flush()

    anyio.run(make)


def test_everything_that_differs_is_told_without_a_secret(tmp_path: Path) -> None:
    outage(tmp_path, "shop", "blog")
    result = run(tmp_path, OTHER)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "prober",
        "  ~ prober",
        "      public: 127.0.0.1:8080 -> 127.0.0.1:8099",
        "      admin_key: *** -> ***",
        "sites",
        "  ~ main",
        "      url: http://127.0.0.1:8080 -> http://127.0.0.1:8099",
        "components",
        "  + mail",
        "  - blog",
        "checks",
        "  + mail",
        "  ~ shop",
        "      interval: 30s -> 1m30s",
        "  - blog",
        "channels",
        "  ~ hook",
        "      url: http://127.0.0.1:9/... -> http://127.0.0.1:9/...",
        "incident 2 would close: blog is down",
        "A reload applies this, except prober.public: a restart does.",
    ]


def test_programs_get_one_object(tmp_path: Path) -> None:
    outage(tmp_path, "shop")
    text = RUNNING.replace("shop = {}", "shop = {open_incident_at = 'never'}").replace('"30s"', '"1m"')
    result = run(tmp_path, text, "--json", "--exit-code")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert (found["differs"], found["needs_restart"]) == (True, [])
    assert found["tables"]["checks"]["changed"] == {"shop": {"interval": {"before": "30s", "after": "1m"}}}
    assert found["incidents"] == {"opened": [], "closed": []}


def test_what_would_open_is_told(tmp_path: Path) -> None:
    outage(tmp_path, "shop")
    text = RUNNING.replace("shop = {}", "shop = {}\ncart = {}")
    moved = text.replace('port = 9, interval = "30s"', 'port = 9, component = "cart"')
    found = json.loads(run(tmp_path, moved, "--json").stdout)["incidents"]
    assert [one["name"] for one in found["opened"]] == ["cart is down"]
    assert [one["name"] for one in found["closed"]] == ["shop is down"]


def test_without_a_state_what_would_close_is_not_known(tmp_path: Path) -> None:
    assert "is not known: there is no state in" in run(tmp_path, OTHER).stdout
    assert json.loads(run(tmp_path, OTHER, "--json").stdout)["incidents"] is None
    (tmp_path / "etc" / "prober-state").mkdir()
    (tmp_path / "etc" / "prober-state" / "prober.db").write_text("nonsense, and long enough to be one")
    assert "found: file is not a database" in run(tmp_path, OTHER).stdout


def test_the_same_is_told_and_another_order_is_not_the_same(tmp_path: Path) -> None:
    result = run(tmp_path, f"# other words\n{RUNNING}", "--exit-code")
    assert (result.exit_code, result.stdout) == (0, "Nothing differs.\n")
    result = run(tmp_path, RUNNING.replace("shop = {}\nblog = {}", "blog = {}\nshop = {}"), "--exit-code")
    assert (result.exit_code, result.stdout.splitlines()[:2]) == (3, ["components", "  in another order"])


def test_a_file_with_mistakes_is_refused_with_each_of_them(tmp_path: Path) -> None:
    text = RUNNING.replace('"30s"', '"0s"')
    result = run(tmp_path, text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "other.toml:8: checks.shop.interval: expected a duration" in result.stderr
    result = run(tmp_path, text, "--json")
    assert (result.exit_code, len(json.loads(result.stdout)["mistakes"])) == (2, 1)


def test_a_module_that_comes_into_the_way_of_a_blackbox_yml_is_a_mistake(tmp_path: Path) -> None:
    blackbox = tmp_path / "blackbox.yml"
    blackbox.write_text("modules: {web: {prober: http}}")
    assert "Nothing differs." in run(tmp_path, RUNNING, "--blackbox-config", str(blackbox)).stdout
    result = run(tmp_path, RUNNING + '[modules.web]\nkind = "http"\n', "--blackbox-config", str(blackbox))
    assert result.exit_code == 2
    assert "blackbox.yml:1:11: modules.web: expected an id that " in result.stderr


def test_without_a_word_it_is_about_the_configuration_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, OTHER)
    monkeypatch.chdir(tmp_path / "etc")
    assert "blog" in CliRunner().invoke(app, ["plan", "../other.toml"]).stdout
    assert "config.toml is good" in CliRunner().invoke(app, ["check-config"]).output
