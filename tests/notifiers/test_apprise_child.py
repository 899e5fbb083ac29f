"""The child says in one line of JSON what became of a message."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from prober.notifiers import apprise_child


def _told(url: str) -> Any:
    told = {"url": url, "title": "t", "body": "b", "type": "info"}
    run = [sys.executable, "-P", str(Path(apprise_child.__file__))]
    ended = subprocess.run(run, input=json.dumps(told).encode(), capture_output=True, check=True)
    return json.loads(ended.stdout.rpartition(b"\n")[2])


def test_what_is_not_there_is_told_with_apprises_complaint() -> None:
    told = _told("json://127.0.0.1:9/x")
    assert told["ok"] is False
    assert "onnection" in told["why"]


def test_a_url_that_apprise_does_not_know_is_no_traceback() -> None:
    assert _told("nothing://x")["ok"] is False
