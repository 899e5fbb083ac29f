"""`prober explain`, against a real daemon."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from prober.cli.explain import told
from prober.cli.main import app
from tests.acceptance.scene import Daemon, daemon, eventually, served

KEY = "admin-secret-0123456789"


def run(running: Daemon, *arguments: str) -> Result:
    server = f"http://127.0.0.1:{running.public}"
    return CliRunner().invoke(app, ["explain", *arguments, "--server", server], env={"PROBER_KEY": KEY})


def test_an_outage_is_explained_from_answer_to_delivery(tmp_path: Path) -> None:
    with served() as receiver, served() as target:
        target.status = 500
        with daemon(tmp_path, target.server_address[1], receiver.server_address[1]) as one:
            eventually(lambda: receiver.posts, "the notice")
            eventually(lambda: b'result="delivered"} 1\n' in one.get("/metrics"), "its receipt")
            text = run(one, "shop").stdout
            found = json.loads(run(one, "shop", "--json").stdout)
            missing = run(one, "none")
            bad = run(one, "shop", "--at", "yesterday")
    assert "major since " in text.splitlines()[0]
    assert "check shop: down since " in text
    assert "by rule failures_in_a_row" in text
    assert "http_status: expected status 200-299, found 500" in text
    assert "as the verdict changed: down  http_status" in text
    assert "      addresses: 127.0.0.1\n" in text
    assert "      header server: " in text
    assert "opened owed to ops by channel ops: delivered" in text
    assert "arrived (HTTP 200)" in text
    assert found["component"] == "shop"
    assert missing.exit_code == 1
    assert (
        missing.stderr == "prober: components: expected one that is there, found 'none'; see prober components list\n"
    )
    assert (bad.exit_code, "at: expected a date and time with its zone" in bad.stderr) == (2, True)


def test_what_never_happened_is_said_as_well() -> None:
    nothing: dict[str, Any] = {
        "name": "Shop",
        "at": "2026-03-01T12:00:00.000Z",
        "shown": None,
        "maintenance": [],
        "checks": [],
    }
    lines = told(nothing | {"changes": [], "incidents": []})
    assert lines == [
        "Shop at 2026-03-01 12:00:00 UTC: not known yet",
        "  no incident was open about it by then",
    ]


@pytest.mark.parametrize(
    "key",
    [None, "notifications", "topics", "sites", "components", "severity", "min_impact", "escalate_after", "hours"],
)
def test_who_was_not_told_is_said_with_the_key_that_kept_it(key: str | None) -> None:
    incident = {"num": 1, "name": "Shop is down", "opened": AT, "resolved": None, "notices": []}
    routing = [{"subscription": "night", "channel": "ops", "told": False, "kept_by": key}]
    about: dict[str, Any] = {"name": "Shop", "at": AT, "shown": None, "maintenance": [], "checks": [], "changes": []}
    *_, line = told(about | {"incidents": [incident | {"routing": routing}]})
    assert line.startswith("    night was not told: ")
    assert key is None or f"{key}" in line.partition("(")[2]
    kept = told(about | {"incidents": [incident | {"routing": [routing[0] | {"told": True}]}]})
    assert not any("was not told" in one for one in kept)


AT = "2026-03-01T12:00:00.000Z"
