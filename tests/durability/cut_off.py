"""A real daemon in a network of its own that is hurt in every way that is not the target's fault, then by the target.

Run in new namespaces of network and mounts: `python -m tests.durability.cut_off FOLDER ROUNDS`. Prints one JSON
object: what was observed of each check and how often, until the target failed; and whether that was found in the end.
"""

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.durability.far_side import FAR, LINK, NAME, NEAR

CONFIG = f"""
[prober]
state_dir = "state"
public = "127.0.0.1:8080"
up = "off"

[sites.main]
name = "Cut off"

[components.named]
name = "By name"

[components.numbered]
name = "By address"

[checks.named]
component = "named"
kind = "http"
url = "http://{NAME}/"
interval = "1s"
timeout = "1s"

[checks.numbered]
component = "numbered"
kind = "http"
url = "http://{FAR}/"
interval = "1s"
timeout = "1s"
"""
LINK_HERE = "near0"
OBSERVED = "SELECT check_id, outcome, reason, count(*) FROM observation WHERE check_id NOT LIKE '@%' GROUP BY 1, 2, 3"
PATIENCE_S = 40


def run(*words: str) -> None:
    subprocess.run(words, check=True)


class Near:
    """The daemon, and the far side."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "state" / "prober.db"
        (folder / "config.toml").write_text(CONFIG, "utf-8")
        self.far = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-m", "tests.durability.far_side"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._wire(folder)
        command = [sys.executable, "-m", "prober", "run", "--config", str(folder / "config.toml")]
        with (folder / "log").open("wb") as log:
            self.daemon = subprocess.Popen(command, stdout=log, stderr=log)

    def _wire(self, folder: Path) -> None:
        for name, text in (("resolv.conf", f"nameserver {FAR}\n"), ("nsswitch.conf", "hosts: files dns\n")):
            (folder / name).write_text(text, "utf-8")
            run("mount", "--bind", str(folder / name), f"/etc/{name}")
        words = ("link", "add", LINK_HERE, "type", "veth", "peer", "name", LINK, "netns", str(self.far.pid))
        until = time.monotonic() + PATIENCE_S
        while subprocess.run(["ip", *words], check=False, capture_output=True).returncode:  # it has no network yet
            assert time.monotonic() < until
            time.sleep(0.05)
        run("ip", "link", "set", "lo", "up")
        run("ip", "addr", "add", f"{NEAR}/24", "dev", LINK_HERE)
        run("ip", "link", "set", LINK_HERE, "up")
        assert self.far.stdout is not None
        assert self.far.stdout.readline() == "ready\n"

    def tell(self, word: str) -> None:
        assert self.far.stdin is not None
        assert self.far.stdout is not None
        self.far.stdin.write(f"{word}\n")
        self.far.stdin.flush()
        assert self.far.stdout.readline() == f"{word}\n"

    def ways(self) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
        """What hurts, and what mends it."""
        pid = self.daemon.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)

        def limit(descriptors: tuple[int, int]) -> None:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, descriptors)

        return {
            "link down": (lambda: run("ip", "link", "set", LINK_HERE, "down"),
                          lambda: run("ip", "link", "set", LINK_HERE, "up")),
            "cable pulled": (lambda: self.tell("pull"), lambda: self.tell("plug")),
            "names unheard": (lambda: self.tell("silent"), lambda: self.tell("hear")),
            "names fail": (lambda: self.tell("servfail"), lambda: self.tell("hear")),
            "names gone": (lambda: self.tell("gone"), lambda: self.tell("hear")),
            "no descriptors": (lambda: limit((3, limits[1])), lambda: limit(limits)),
            "stopped": (lambda: os.kill(pid, signal.SIGSTOP), lambda: os.kill(pid, signal.SIGCONT)),
        }  # fmt: skip

    def asked(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query).fetchall()

    def await_rows(self, query: str) -> bool:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                if self.asked(query):
                    return True
            except sqlite3.OperationalError:
                pass  # it is not there yet
            time.sleep(0.1)
        return False

    def settle(self) -> None:
        """Until both checks have been seen to be well after this moment."""
        latest = max(int(str(row[0] or 0)) for row in self.asked("SELECT max(scheduled_ms) FROM observation"))
        for check in ("named", "numbered"):
            well = f"check_id = '{check}' AND outcome = 'up' AND scheduled_ms > {latest} + 400"
            assert self.await_rows(f"SELECT 1 FROM observation WHERE {well} LIMIT 1"), f"{check} is not up again"


def hurt(near: Near, rounds: int) -> list[object]:
    dice = random.Random(0)
    assert near.await_rows("SELECT 1 FROM transition WHERE id = 'numbered'"), "no first verdict"
    for name, (harm, mend) in near.ways().items():
        for _ in range(rounds):
            harm()
            time.sleep(dice.uniform(0.3, 2.5))
            mend()
            time.sleep(dice.uniform(0.0, 1.2))
        near.settle()
        print(f"{name}: {near.asked(OBSERVED)}", file=sys.stderr)  # noqa: T201
    seen: list[object] = list(near.asked(OBSERVED))
    return seen


def main(folder: Path, rounds: int) -> None:
    near = Near(folder)
    try:
        seen = hurt(near, rounds)
        near.tell("fail")
        found = near.await_rows("SELECT 1 FROM observation WHERE outcome = 'down' AND reason = 'http_status' LIMIT 1")
        print(json.dumps({"seen": seen, "found": found}))  # noqa: T201
    finally:
        for process in (near.daemon, near.far):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
