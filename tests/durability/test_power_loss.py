"""The power is cut at any moment, and nothing that was acknowledged is lost, nothing is corrupt and nothing is half.

A real daemon's own writes and syncs are recorded; what a disk may have after each of them is then made of the record.
"""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.scene import eventually
from tests.durability.disk import Mode
from tests.durability.mutants import Mutant, mutated
from tests.durability.replay import Plan
from tests.durability.town import KEY, ROOT, SUBSCRIPTIONS, Guard, guarded, town
from tests.durability.tracing import has_ended, recording, tracer

CHECKS = ("shop", "mail", "wiki", "blog")
FLAPS_AFTER = 3  # answers: with a new one each 200 ms, four checks change about seven times a second
NORMAL = Mutant(
    "prober/store/engine.py",
    '"synchronous": ("FULL", 2),\n    "foreign_keys"',
    '"synchronous": ("NORMAL", 1),\n    "foreign_keys"',
)
INCIDENTS = "/api/prober/v1/incidents"


def asked_of(address: str, key: str, fields: object = None) -> Any:
    """What an API answers to a GET, or to a POST of these fields."""
    content = None if fields is None else json.dumps(fields).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, content, headers), timeout=20) as answer:
        return json.load(answer)


class Recorded(Guard):
    """A daemon that is recorded, with marks after its commits."""

    module = "tests.durability.marked"

    def live(self, trace: Path, messages: int, *, is_killed: bool) -> None:
        """One life, until so many more messages have come; an operator opens an incident in it, and somebody reads."""
        self.before = recording(trace)
        enough = len(self.town.received) + messages
        self.start(PYTHONPATH=str(ROOT))  # where the marks are made, also if the program is another
        assert isinstance(self.process, subprocess.Popen)
        eventually(lambda: self.town.answered(self.town.life), "an answer", self.log)
        server = f"http://127.0.0.1:{self.public}"
        asked_of(server + INCIDENTS, KEY, {"site": "main", "name": trace.name, "body": "By hand."})
        while (count := len(self.town.received)) < enough:
            asked_of(server + INCIDENTS, KEY)
            eventually(lambda count=count: len(self.town.received) > count, "a message")  # type: ignore[misc]
        recorder = tracer(self.process.pid)
        self.process.kill() if is_killed else self.process.terminate()
        self.process.wait()
        eventually(lambda: has_ended(recorder), "the end of the record")


def record(folder: Path, lives: Sequence[int], moments: int, code: Path = ROOT) -> Plan:
    """Of a daemon that lives so often, each time until so many messages came: killed, but for the last time."""
    traces = [folder / f"trace-{number}" for number in range(len(lives))]
    with town(FLAPS_AFTER) as place, guarded(Recorded(folder, place, CHECKS, code=code)) as one:
        for number, (trace, messages) in enumerate(zip(traces, lives, strict=True)):
            one.live(trace, messages, is_killed=number < len(lives) - 1)
    return Plan([str(trace) for trace in traces], str(one.state_dir), SUBSCRIPTIONS, moments, 1)


def replayed(folder: Path, plan: Plan) -> Any:
    """What was found."""
    file = folder / "plan"
    file.write_text(json.dumps(plan._asdict()))
    subprocess.run([sys.executable, "-m", "tests.durability.replay", str(file)], cwd=ROOT, check=True)
    return json.loads(file.with_suffix(".found").read_text())


def told(found: Any) -> str:
    points = ", ".join(f"{count} {mode}" for mode, count in found["points"].items())
    return f"{found['events']} events, {found['commits']} commits, {found['told']} ids told of; cut: {points}"


def holds(found: Any, moments: int) -> None:
    print(told(found))  # noqa: T201 - the figure is what pytest -rP shows
    assert found["wrong"] == []
    assert found["told"] > len(SUBSCRIPTIONS)
    assert found["points"] == dict.fromkeys(Mode, moments)


@pytest.mark.timeout(300)
def test_a_power_loss_loses_nothing_acknowledged(tmp_path: Path) -> None:
    holds(replayed(tmp_path, record(tmp_path, (6, 14), 75)), 75)


@pytest.mark.timeout(300)
def test_without_full_syncs_a_power_loss_is_seen_to_lose_what_was_acknowledged(tmp_path: Path) -> None:
    code = mutated(tmp_path / "code", NORMAL)
    found = replayed(tmp_path, record(tmp_path, (12,), 50, code))
    lost = Counter(fault.partition(",")[0] for fault in found["wrong"] if ": lost: " in fault)
    print(f"{told(found)}; lost: {dict(lost)}")  # noqa: T201 - the figure is what pytest -rP shows
    assert lost[Mode.KEPT] == 0
    assert lost[Mode.DROPPED] > 0
    assert lost[Mode.HALF] + lost[Mode.TORN] > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_20_000_power_losses_lose_nothing_acknowledged(tmp_path: Path) -> None:
    holds(replayed(tmp_path, record(tmp_path, (20, 20, 100), 5_000)), 5_000)
