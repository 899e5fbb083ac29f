"""The examples of the original's README, as they are printed there, against a real daemon."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.scene import Daemon, daemon
from tests.services import needs_service
from tests.statusapi.dialects.printed_answers import chosen, differences

# What the README prints: the command, and the shape of its answer. 5010 is the listener's port there and here.
CREATE = 'curl -H "Auth: secret" -X PUT "http://localhost:5010/accounts/" -d @priv/account.json -v'
LIST = 'curl -H "Auth: secret" -X GET "http://localhost:5010/accounts/" ; echo'
SITES = 'curl -H "Auth: 01707128300216989000" -X GET "http://localhost:5010/sites/maxim-0012" ; echo'
SUBSCRIPTIONS = 'curl -H "Auth: 01707128300216989000" -X GET "http://localhost:5010/subscriptions/maxim-0012" ; echo'
ACCOUNT = {"id": "maxim-0012", "key": "01707128300216989000", "name": "Maksym Sokhatskyi", "sites": []}
PRINTED: dict[str, Any] = {
    CREATE: [{"id": "maxim-0012", "spec": "put", "type": "accounts"}],
    LIST: [{"result": [ACCOUNT], "spec": "lst", "type": "accounts"}],
    SITES: [{"result": [], "spec": "get", "type": "sites"}],
    SUBSCRIPTIONS: [{"result": [], "spec": "get", "type": "subscriptions"}],
}
ADMIN = "admin-secret-0123456789"


class Shell:
    """Runs what the README prints, with the keys and the port of this daemon in the place of those printed."""

    def __init__(self, folder: Path, one: Daemon) -> None:
        self.folder, self.one, self.port, self.key = folder, one, one.up, "01707128300216989000"

    def run(self, command: str) -> Any:
        told = command.replace("Auth: secret", f"Auth: {ADMIN}").replace("01707128300216989000", self.key)
        told = told.replace(":5010/", f":{self.port}/")
        done = subprocess.run(told, shell=True, cwd=self.folder, capture_output=True, text=True, check=True)
        assert re.search(r"^\[\n  \{\n    ", done.stdout), done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    needs_service("curl")
    (tmp_path / "priv").mkdir()
    (tmp_path / "priv" / "account.json").write_text(json.dumps(ACCOUNT))
    with daemon(tmp_path, 9, 9) as one:
        yield Shell(tmp_path, one)


def test_the_examples_work_as_printed_and_answer_in_the_printed_shape(shell: Shell) -> None:
    (made,) = shell.run(CREATE)
    assert {key: made[key] for key in ("id", "spec", "type")} == PRINTED[CREATE][0]
    assert differences(made, PRINTED[CREATE][0]) == chosen("PUT /accounts/")
    shell.key = made["result"]["key"]
    (listed,) = shell.run(LIST)
    listed["result"] = [account for account in listed["result"] if account["id"] == "maxim-0012"]
    assert differences(listed, PRINTED[LIST][0]) == chosen("GET /accounts/")
    assert shell.run(SITES) == PRINTED[SITES]
    assert shell.run(SUBSCRIPTIONS) == PRINTED[SUBSCRIPTIONS]


def test_what_was_made_is_there_after_a_kill_and_a_restart(shell: Shell) -> None:
    (made,) = shell.run(CREATE)
    shell.key = made["result"]["key"]
    (said,) = shell.run(
        "curl -H 'Auth: 01707128300216989000' -X PUT http://localhost:5010/sites/one -d '{\"name\": \"One\"}'"
    )
    assert said["result"]["account"] == "maxim-0012"
    components = "http://localhost:5010/components/api"
    shell.run(f"curl -H 'Auth: 01707128300216989000' -X PUT {components} -d '{{\"status\": \"MAJOROUTAGE\"}}'")
    shell.one.kill()
    shell.one.start()
    (said,) = shell.run(f"curl -H 'Auth: 01707128300216989000' {components}")
    assert [(one["site"], one["status"]) for one in said["result"]] == [("one", "MAJOROUTAGE")]
