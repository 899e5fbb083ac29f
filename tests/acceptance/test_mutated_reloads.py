"""A configuration that is edited by the clumsiest hand, again and again: monitoring goes on, and nothing is forgotten.

RELOADS_FROM=<number> begins elsewhere. What has once gone wrong is kept in KEPT, and tried first for ever.
"""

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.scene import Daemon, daemon, eventually, served

KEPT: tuple[int, ...] = ()
PART = """
[components.c{n}]
name = "Component {n}"
group = "g{group}"

[checks.c{n}]
kind = "{kind}"
interval = "1s"
timeout = "500ms"
{keys}

"""
TAIL = """
[groups.g0]
name = "Group 0"

[groups.g1]
name = "Group 1"

[channels.chat]
kind = "webhook"
url = "http://127.0.0.1:{receiver}/chat"
format = "up"

[subscriptions.chat]
channel = "chat"
topics = ["maintenance"]
groups = ["g1"]

[maintenance.nightly]
name = "Nightly"
components = ["c1"]
start = 2026-01-06T02:30:00
rrule = "FREQ=DAILY"
zone = "Europe/Kyiv"
duration = "30m"

"""
KINDS = (
    ("http", 'url = "http://127.0.0.1:{target}/"\nexpect_status = [200, 204]\nheaders = {{ X-A = "b" }}'),
    ("tcp", 'host = "127.0.0.1"\nport = {target}'),
    ("http", 'url = "http://127.0.0.1:{target}/"\nexpect_body = "a"\nfailures = 3'),
)
VALUES = (
    '""', "0", "-1", "1e999", "nan", "true", "[]", "{}", '"\\u0000"', '"1s"', '"0s"', '"9999d"', '"no such thing"',
    '["a", 1]', '"' + "x" * 5_000 + '"', '"\\ud800"', "2026-01-01", '"http://[::1"', '"http://user:secret@127.0.0.1:1/"',
    '"c1"', '"127.0.0.1:99999"', "0x7fffffffffffffffff", '"(((((a+)+)+)+)+$"', '"$.."', "'''", "[[[[[]]]]]",
    '"\N{RIGHT-TO-LEFT OVERRIDE}"',
)  # fmt: skip
LINES = (
    "[checks.c1]",
    "[[checks]]",
    "[components.new]\nname = 'New'",
    "unknown = 1",
    "= 3",
    "[prober]",
    "interval",
    '"',
    "\x00",
)
GROWTH = 64 * 1024  # kilobytes of memory


def edited(tail: str, number: int) -> bytes:
    """The text after one to three clumsy edits; the same number, the same text."""
    dice = random.Random(number)
    lines = tail.split("\n")
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(lines))
        key, _, _ = lines[at].partition("=")
        match dice.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, dice.choice(lines))
            case 2 | 3 | 4:
                lines[at] = f"{key}= {dice.choice(VALUES)}"
            case 5:
                lines.insert(at, dice.choice(LINES))
            case 6:
                lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
            case _:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
        lines = lines or [""]
    text = bytearray("\n".join(lines).encode("utf-8", "surrogatepass"))
    if text and dice.random() < 0.1:
        text[dice.randrange(len(text))] = dice.randrange(256)
    return bytes(text)


@contextmanager
def visited(one: Daemon) -> Iterator[Counter[object]]:
    """Somebody looks at the page and the figures all the while: how often each status was the answer."""
    statuses: Counter[object] = Counter()
    over = threading.Event()

    def visit() -> None:
        while not over.wait(0.02):
            for path in ("/", "/metrics", "/api/v2/summary.json"):
                statuses[one.status(path)] += 1

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        yield statuses
    finally:
        over.set()
        visitor.join()


def figure(one: Daemon, name: str) -> int:
    """A line of what the kernel tells of its memory, in kilobytes."""
    assert one.process
    lines = Path(f"/proc/{one.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def numbers(count: int) -> Iterator[int]:
    yield from KEPT
    start = int(os.environ.get("RELOADS_FROM", "0"))
    yield from range(start, start + count)


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(60, marks=pytest.mark.timeout(300)),
        pytest.param(1_000, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)]),
    ],
)
def test_reloads_of_clumsy_edits_stop_and_forget_nothing(count: int, tmp_path: Path) -> None:
    with served() as receiver, served() as broken, served() as target:
        broken.status = 500
        ports = {"target": target.server_address[1], "receiver": receiver.server_address[1]}
        with daemon(tmp_path, broken.server_address[1], ports["receiver"]) as one, visited(one) as statuses:
            assert one.process
            eventually(lambda: len(receiver.posts) == 1, "the notice of the outage", one.log)
            (incident,) = [incident["id"] for incident in one.summary()["incidents"]]
            head, tail = one.config.read_bytes(), TAIL.format(**ports)
            for n in range(6):
                kind, keys = KINDS[n % len(KINDS)]
                tail += PART.format(n=n, group=n % 2, kind=kind, keys=keys.format(**ports))
            one.reload_bytes(head + tail.encode())
            assert "not reloaded" not in one.log(), one.log()
            before = one.series()
            descriptors, memory = one.descriptors_open(), figure(one, "VmRSS")
            for number in numbers(count):
                one.reload_bytes(head + edited(tail, number))
                assert one.process.poll() is None, f"edit {number} ended it"
                assert "Traceback" not in one.log(), f"edit {number}"
            one.reload_bytes(head + tail.encode())
            after = one.series()
            assert incident in [incident["id"] for incident in one.summary()["incidents"]]
            shop = 'uptime_probes_total{check="shop",component="shop",site="main"}'
            assert after[shop] > before[shop]
            assert len([body for _, body in receiver.posts if incident in json.dumps(body)]) == 1
            eventually(lambda: one.descriptors_open() <= descriptors + 2, "descriptors to be given back")
            assert figure(one, "VmRSS") - memory < GROWTH
        refused = one.log().count("the configuration is not reloaded")
        assert set(statuses) == {200}, statuses
        print(f"{count} edits, {refused} refused; {after[shop] - before[shop]:.0f} probes of what was not edited")  # noqa: T201
        assert 0 < refused < count, "edits of both kinds, else they are too dull"
