"""`prober keys`, against a real daemon."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from prober.cli.main import app
from tests.acceptance.scene import daemon

KEY = "admin-secret-0123456789"


def test_a_key_is_made_listed_and_revoked(tmp_path: Path) -> None:
    with daemon(tmp_path, 9, 9) as one:

        def run(*arguments: str, key: str = KEY) -> Result:
            server = f"http://127.0.0.1:{one.public}"
            return CliRunner().invoke(app, ["keys", *arguments, "--server", server], env={"PROBER_KEY": key})

        assert run("list").stdout == "No key was made.\n"
        made = run("create", "bot", "--scope", "admin", "--expires-in", "90d")
        key = made.stdout.strip()
        assert (made.exit_code, len(key)) == (0, 40), made.output
        assert "every account: this is told once" in made.stderr
        (listed,) = json.loads(run("list", "--json", key=key).stdout)["keys"]
        assert "admin  every account  bot  used " in run("list", key=key).stdout
        assert "bot, revoked " in run("revoke", listed["id"]).stdout
        assert run("list", key=key).exit_code == 1
        assert run("create", "bot", "--scope", "none").exit_code == 2
