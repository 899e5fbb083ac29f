"""The examples of the original's page, as they are printed there, against a real daemon; compared key by key."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.scene import Daemon, alive
from tests.services import needs_service
from tests.statusapi.dialects.printed_answers import chosen, differences

PRINTED = json.loads((Path(__file__).parent / "printed" / "statusdashboard.json").read_text())
AUTH = 'curl --header "Authorization:ApiKey testuser:256ee09ded99b29036fac4de96acedb7e8af7bf7"'
JSON = 'curl --header "Content-Type: application/json" --header "Authorization:ApiKey testuser:256ee09ded99b29036fac4de96acedb7e8af7bf7"'  # noqa: E501
BASE = "https://www.statusdashboard.com/api/v1"
LIST = f"{AUTH} {BASE}/event/list/"
POST = f"""{JSON} -X POST --data '{{"start":"2015-09-21T09:00:00","status":"/api/v1/status/2/","description":"API Test event","type":"/api/v1/type/1/", "event_service":[{{"service":"/api/v1/service/151/"}},{{"service":"/api/v1/service/152/"}}]}}' {BASE}/event/list/"""  # noqa: E501
PUT = f"""{JSON} -X PUT --data '{{"event_update":[{{"update":"Test event update."}}],"notifications":{{"email":{{"enabled":true}},"hipchat":{{"enabled":true,"rooms":[21,22]}}}}}}' {BASE}/event/list/72/"""  # noqa: E501
DELETE = f"{AUTH} -X DELETE {BASE}/event/list/72/"

CONFIG = """
[accounts.testuser]
name = "Test"
key = "256ee09ded99b29036fac4de96acedb7e8af7bf7"
[sites.main]
name = "Main"
account = "testuser"
[groups.dc]
name = "North America DataCenter"
[channels]
mail = { kind = "email", host = "127.0.0.1", port = 9, sender = "a@acme.example", to = ["b@acme.example"], number = 1 }
ops = { kind = "hipchat", base_url = "http://127.0.0.1:9", room = "Ops", token = "hush", number = 21 }
dev = { kind = "hipchat", base_url = "http://127.0.0.1:9", room = "Dev", token = "hush", number = 22 }
[components.web]
name = "Web Site"
group = "dc"
[components.exchange]
name = "Exchange Server"
group = "dc"
description = "http://owa.domain.com"
[components.file]
name = "File Server"
group = "dc"
"""
SERVICES = {"150": "1", "151": "2", "152": "3"}  # their numbers there and here


class Shell:
    """Runs what is printed, at this daemon and with the numbers of its services."""

    def __init__(self, one: Daemon) -> None:
        self.one, self.event = one, "72"

    def run(self, command: str) -> tuple[int, Any]:
        """The status and what is answered, if it is anything."""
        told = command.replace("https://www.statusdashboard.com", f"http://127.0.0.1:{self.one.public}")
        told = re.sub("/service/([0-9]+)/", lambda found: f"/service/{SERVICES[found[1]]}/", told)
        told = told.replace("/event/list/72/", f"/event/list/{self.event}/")
        done = subprocess.run(
            f"{told} -s -w '\\n%{{http_code}}'", shell=True, capture_output=True, text=True, check=True
        )
        content, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(content) if content else None


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    needs_service("curl")
    one = Daemon(tmp_path, 9, 9)
    head = one.config.read_text().partition("[sites.main]")[0]
    one.config.write_text(head + CONFIG)
    with alive(one):
        yield Shell(one)


def in_an_hour(lasts_h: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(hours=1 + lasts_h)).strftime("%Y-%m-%dT%H:%M:%S")


def test_the_examples_work_as_printed_and_answer_in_the_printed_shape(shell: Shell) -> None:
    # What the list of the original has: a maintenance (70), and an incident (71).
    times = f'"start":"{in_an_hour()}","end":"{in_an_hour(1)}"'
    planned = POST.replace('"start":"2015-09-21T09:00:00"', times).replace("type/1", "type/2")
    assert shell.run(planned.replace("status/2", "status/1").replace("152", "150"))[0] == 201
    assert shell.run(POST)[0] == 201

    status, listed = shell.run(LIST)
    assert (status, [one["type"]["type"] for one in listed["objects"]]) == (200, ["incident", "maintenance"])
    assert [one["event_update"] for one in listed["objects"]] == [[], []]
    assert listed["meta"] == PRINTED["list"]["meta"]
    assert differences(listed, PRINTED["list"]) == chosen("GET /event/list/")

    status, made = shell.run(POST)
    shell.event = made["resource_uri"].split("/")[-2]
    assert (status, shell.run(LIST)[1]["objects"][0]) == (201, made)  # the newest stands first, as there
    assert differences(made, PRINTED["post"]) == chosen("POST /event/list/")
    told = ("description", "start", "end", "status", "type", "severity", "event_update")
    assert {key: made[key] for key in told} == {key: PRINTED["post"][key] for key in told}
    names = [one["service"]["service_name"] for one in made["event_service"]]
    assert names == [one["service"]["service_name"] for one in PRINTED["post"]["event_service"]]

    status, changed = shell.run(PUT)
    assert (status, differences(changed, PRINTED["put"])) == (201, chosen("PUT /event/list/72/"))
    assert changed["notifications"] == PRINTED["put"]["notifications"]
    (update,), (printed,) = changed["event_update"], PRINTED["put"]["event_update"]
    assert {key: update[key] for key in ("status", "update", "markdown")} == {
        key: printed[key] for key in ("status", "update", "markdown")
    }

    assert shell.run(DELETE) == (204, None)
    assert shell.run(DELETE) == (404, None)


def test_the_comparison_would_tell_a_difference() -> None:
    ours = {"a": [{"b": 1}], "c": None, "d": "x", "g": []}
    assert differences(ours, ours) == {}
    assert differences(ours, {"a": [{"b": "1"}, {"e": 1}], "c": {"h": 1}, "f": 1, "g": [1]}) == {
        "a[].b": "another",
        "a[].e": "missing",
        "d": "added",
        "f": "missing",
    }
