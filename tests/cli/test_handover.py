"""`prober handover`, against a real daemon."""

import json

from tests.acceptance.scene import Daemon
from tests.cli.test_status import run, running

__all__ = ["running"]


def test_what_the_next_one_must_know_is_told(running: Daemon) -> None:
    found = json.loads(run(running, "handover", "--json").stdout)
    assert [one["num"] for one in found["unacknowledged"]] == [1]
    assert [one["component"] for one in found["failing"]] == ["shop"]
    assert found["withheld"] == []
    assert "incidents that nobody has acknowledged: 1" in run(running, "handover").stdout


def test_an_acknowledgement_is_told_with_its_end(running: Daemon) -> None:
    assert run(running, "incidents", "ack", "1", "--for", "2h").exit_code == 0
    lines = run(running, "handover").stdout.splitlines()
    assert lines[:2] == ["incidents that nobody has acknowledged: none", "acknowledged incidents: 1"]
    assert "  until 20" in lines[2]
    assert "components that fail: 1" in lines
    assert "undelivered notices: 0" not in lines
